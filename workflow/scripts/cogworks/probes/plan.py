"""What the report still asks of jobs by functions; it goes when the report reads the plan itself.

Imported while the DAG is planned: standard library only.
"""

from typing import Any

from cogworks.probes.kinds import KINDS, Kind


def jobs(config: Any) -> list[tuple[str, str, str]]:
    """Return every (encoder, data set, protocol) that the evaluations ask for, each once."""
    return list(config.plan.jobs)


def test_sets(config: Any, encoder: str, dataset: str, protocol: str) -> list[str]:
    """Return the further data sets on whose test images a job is scored."""
    return [found.name for found in config.plan.jobs[encoder, dataset, protocol].test_sets]


def kind(config: Any, protocol: str) -> Kind:
    """Return the kind of a protocol."""
    return KINDS.load(config["probes"][protocol]["kind"])


def crossings(config: Any) -> list[tuple[str, str, str, str]]:
    """Return every (encoder, data set, other, protocol) whose classifiers are applied crosswise."""
    return list(config.plan.crossings)
