"""What the analysis section of the config stands for: jobs, their inputs and specs, errors.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from typing import Any

from cogworks.core import paths
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.images import plan as images

Config = dict[str, Any]
ALL = "all"


@derived
def jobs(config: Config) -> list[tuple[str, str, str]]:
    """Return every (encoder, data set, split) whose features are analysed, each once."""
    section = config["analysis"]
    found = [
        (encoder, dataset, section["split"])
        for encoder in _encoders(config)
        for name in section["datasets"]
        for dataset in images.expand(config, name)
    ]
    return list(dict.fromkeys(found))


def output(encoder: str, dataset: str, split: str) -> str:
    """Return the table of measures of one job."""
    return f"results/analysis/{encoder}/{dataset}/{split}.parquet"


def targets(config: Config) -> list[str]:
    """Return every table that the section asks for."""
    return [output(*job) for job in jobs(config)]


def features(encoder: str, dataset: str, split: str, part: int) -> list[str]:
    """Return the feature arrays (part 0) or their indices (part 1) that a job reads."""
    splits = ("train", "test") if split == ALL else (split,)
    return [paths.features(encoder, dataset, name)[part] for name in splits]


def spec(config: Config, encoder: str, dataset: str, split: str) -> dict[str, Any]:
    """Return what the measures of a job depend on, besides the features."""
    keys = ("metrics", "sparsity_threshold", "coding_eps2")
    section = config["analysis"]
    job = {"encoder": encoder, "dataset": dataset, "split": split}
    return job | {key: section[key] for key in keys}


def groups(config: Config) -> dict[str, list[str]]:
    """Return the groups of data sets over which measures are averaged, by their name to show.

    Where the config names none, every data set is a group of its own.
    """
    given = config["analysis"]["groups"]
    if given:
        return {
            name: [member for entry in members for member in images.expand(config, entry)]
            for name, members in given.items()
        }
    return {dataset: [dataset] for dataset in dict.fromkeys(job[1] for job in jobs(config))}


def check(config: Config) -> list[str]:
    """Return the errors of the section that a schema cannot see."""
    return [*_check_encoders(config), *_check_datasets(config)]


def _encoders(config: Config) -> list[str]:
    given = config["analysis"]["encoders"]
    return list(config["encoders"]) if given == ALL else list(given)


def _check_encoders(config: Config) -> Iterator[str]:
    for name in _encoders(config):
        if name not in config["encoders"]:
            known = ", ".join(config["encoders"]) or "none"
            yield f"analysis.encoders: {name!r} is no encoder; known: {known}"


def _check_datasets(config: Config) -> Iterator[str]:
    section = config["analysis"]
    analysed = set()
    for name in section["datasets"]:
        try:
            analysed.update(images.expand(config, name))
        except InputError as error:
            yield f"analysis.datasets: {error}"
    for group, members in section["groups"].items():
        for name in members:
            try:
                missing = set(images.expand(config, name)) - analysed
            except InputError as error:
                yield f"analysis.groups.{group}: {error}"
                continue
            if missing:
                yield (
                    f"analysis.groups.{group}: {name!r} is not analysed; add it to "
                    "analysis.datasets"
                )
