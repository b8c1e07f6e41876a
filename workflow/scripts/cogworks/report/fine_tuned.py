"""Which runs fine-tune which evaluated encoder, for the comparison of figure 3.6.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import TYPE_CHECKING

from cogworks.report.specs import FineTuningSpec, OwnJob, TunedEncoder

if TYPE_CHECKING:
    from cogworks.report.roles import Roles


def comparison(roles: "Roles") -> FineTuningSpec | None:
    """Return the encoders of the axis from which others were fine-tuned that are scored there too.

    An encoder was fine-tuned from the one with whose weights its run began. None where there are
    no such encoders.
    """
    own = [job for job in roles.jobs.values() if job.dataset in roles.axis and job.kind.own]
    encoders = []
    for name in roles.scored(roles.axis):
        weights = roles.plan.encoders[name].files[:1]
        tuned = {
            job.dataset: OwnJob(encoder=job.encoder_name, protocol=job.protocol_name)
            for job in own
            if weights and job.encoder.run and job.encoder.run.start_file == weights
        }
        if tuned:
            encoders.append(TunedEncoder(name=name, label=roles.label(name), tuned=tuned))
    if not encoders:
        return None
    columns = roles.columns(roles.axis)
    cells = roles.cells([encoder.name for encoder in encoders], columns)
    cells |= {(j.encoder, n, j.protocol) for e in encoders for n, j in e.tuned.items()}
    scores = roles.score_files(cells, apart=True)
    return FineTuningSpec(scores=scores, encoders=encoders, columns=columns)
