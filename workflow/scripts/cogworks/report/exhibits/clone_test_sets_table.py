"""Test sets of ImageNet for encoders that were trained on real and drawn images (table 5.2)."""

from collections.abc import Mapping

from cogworks.plan.jobs import Job
from cogworks.report import eval_sets
from cogworks.report.clone_lacks import of_test_sets
from cogworks.report.clone_rows import (
    absent,
    classifier_row,
    classifiers,
    has_clones,
    jobs_of,
    of_table,
    ordered,
    paper_of,
)
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CloneSetsSpec, EvalSet, SharedSet

NUMBER = "5.2"
BASELINES = ("PyTorch", "RSB-A1")


def _needs(roles: Roles) -> Found:
    """Yield one where classifiers that were learned from clones are scored on real images."""
    jobs = classifiers(roles)
    sets = {
        (job.dataset, job.protocol_name): eval_sets.test_sets(roles, job.dataset, job.protocol_name)
        for job in jobs.values()
    }
    whole = _on_all_sets(jobs)
    entries = of_table(ordered(roles, whole), NUMBER)
    if not has_clones(entries):
        return
    baselines = absent(roles, entries, BASELINES)
    rows = [classifier_row(entry, whole, entry.compared(own_classifier=True)) for entry in entries]
    spec = CloneSetsSpec(
        scores=roles.score_files({j.key for entry in entries for j in jobs_of(entry, whole)}),
        paper=paper_of("sd_imagenet_sets", rows, baselines),
        published=baselines,
        rows=rows,
        test_sets=_merged(roles, sets),
    )
    yield Exhibit("clone_test_sets", spec, number=NUMBER)


def _on_all_sets(jobs: Mapping[str, Job]) -> dict[str, Job]:
    """Return the jobs that score on as many test sets as any other on their data set."""
    most: dict[str, int] = {}
    for job in jobs.values():
        most[job.dataset] = max(most.get(job.dataset, 0), len(job.test_sets))
    return {n: job for n, job in jobs.items() if len(job.test_sets) == most[job.dataset]}


def _merged(roles: Roles, sets: Mapping[tuple[str, str], list[EvalSet]]) -> list[SharedSet]:
    """Return the columns of several data sets as one list, in the thesis's order and words."""
    found: dict[str, SharedSet] = {}
    for (dataset, _), members in sets.items():
        for entry in members:
            label = eval_sets.called(roles, entry, dataset)
            new = SharedSet(label=label, published=entry.published, parts={})
            found.setdefault(entry.published or entry.label, new).parts.setdefault(dataset, entry)
    return eval_sets.in_order(found.values())


def _make(spec: CloneSetsSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import test_set_table
    from cogworks.report.scores import read_scores

    return test_set_table(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "test_sets",
    "Test sets by training set",
    CloneSetsSpec,
    _needs,
    _make,
    lacks=lambda roles: {NUMBER: of_test_sets(roles)},
)
