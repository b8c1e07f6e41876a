"""Which runs fine-tune which evaluated encoder, for the comparison of figure 3.6.

Imported while the DAG is planned: no numpy, no pandas.
"""

from typing import Any

from cogworks.probes import plan as probes
from cogworks.report import roles
from cogworks.training import plan as training

Config = dict[str, Any]


def comparisons(config: Config) -> list[dict[str, Any]]:
    """Return the encoders of the axis of which fine-tuned ones are scored there too.

    Returns:
        For each: `name`, `label`, and `tuned`, by data set the `encoder` that a run with the
        encoder's weights as `start` gave and the `protocol` of its own classifier.
    """
    found = []
    for name in roles.scored(config, roles.axis(config)):
        files = config.plan.encoders[name].files  # type: ignore[attr-defined]
        tuned = _tuned(config, files[0]) if files else {}
        if tuned:
            found.append({"name": name, "label": roles.label(config, name), "tuned": tuned})
    return found


def spec(config: Config) -> dict[str, Any]:
    """Return what the comparison depends on, besides the scores."""
    return {
        "encoders": comparisons(config),
        "columns": roles.columns(config, roles.axis(config)),
    }


def _tuned(config: Config, weights: str) -> dict[str, dict[str, str]]:
    """Return, by data set of the axis, the encoder whose run began with the file `weights`."""
    axis = roles.axis(config)
    result = {}
    for encoder, dataset, protocol in probes.jobs(config):
        run = config["encoders"][encoder]["run"]
        if (
            dataset in axis
            and probes.kind(config, protocol).own
            and training.start_file(config, run) == [weights]
        ):
            result[dataset] = {"encoder": encoder, "protocol": protocol}
    return result
