"""Which data set and which encoder plays which part in the report, and what each is called.

Imported while the DAG is planned: no numpy, no pandas.
"""

import re
from typing import Any

from cogworks.config.published import models as published_models
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.images import plan as images
from cogworks.probes import plan as probes
from cogworks.report import recipes
from cogworks.report.reference import DATASETS, TEST_SETS

Config = dict[str, Any]


@derived
def levels(config: Config) -> list[str]:
    """Return the data sets of the levels, nearest first; empty where none is evaluated."""
    given = config["report"]["levels"]
    if given is not None:
        names = [given] if isinstance(given, str) else given
        return [member for name in names for member in expand(config, name)]
    for entry in config["evaluations"].values():
        for name in entry["datasets"]:
            section = config["images"].get(name)
            if section and section["classes"]["part"] == "levels" and entry["pool"] is None:
                return images.expand(config, name)
    return []


def seen(config: Config) -> str | None:
    """Return the data set of the seen concepts, None where none is evaluated."""
    given: str | None = config["report"]["seen"]
    if given is not None:
        return given
    for name in evaluated(config):
        section = config["images"].get(name)
        if section and section["classes"]["part"] == "seen":
            return name
    return None


@derived
def axis(config: Config) -> list[str]:
    """Return the seen data set (if any) and the levels: the horizontal axis of figure 3.4."""
    first = seen(config)
    return levels(config) if first is None else [first, *levels(config)]


@derived
def transfer(config: Config) -> list[str]:
    """Return the data sets over which the transfer score is taken."""
    given = config["report"]["transfer"]
    if given is not None:
        return [member for name in given for member in expand(config, name)]
    plain = images.known(config)
    trained = [n for n in evaluated(config) if n in plain and _is_linear(config, n)]
    return [name for name in trained if name != seen(config)]


@derived
def expand(config: Config, name: str) -> list[str]:
    """Return the evaluated data sets that a name stands for, groups of a pool included.

    Raises:
        InputError: no evaluation has such a data set.
    """
    known = evaluated(config)
    if name in config["images"]:
        members = images.expand(config, name)
        if all(member in known for member in members):
            return members
    if name in known:
        return [name]
    members = [member for member in known if re.fullmatch(rf"{re.escape(name)}_l?\d+", member)]
    if members:
        return members
    raise InputError(f"{name!r} is no evaluated data set; evaluated are {listed(known)}")


@derived
def evaluated(config: Config) -> list[str]:
    """Return every data set on which something is evaluated, groups of pools included."""
    return list(dict.fromkeys(dataset for _, dataset, _ in probes.jobs(config)))


@derived
def protocol(config: Config, dataset: str) -> str | None:
    """Return the protocol whose scores stand for a data set.

    That is `report.protocol` where it is evaluated on the data set, else the first one there that
    trains a linear classifier, else the first one.
    """
    found = list(dict.fromkeys(p for _, name, p in probes.jobs(config) if name == dataset))
    linear = [name for name in found if probes.kind(config, name).tuned]
    wanted = [name for name in found if name == config["report"]["protocol"]]
    return next(iter([*wanted, *linear, *found]), None)


@derived
def baseline(config: Config) -> str | None:
    """Return the encoder that others are compared with, by default the first on the levels."""
    given: str | None = config["report"]["baseline"]
    if given is not None:
        return given
    return next(iter(scored(config, axis(config)) or scored(config, evaluated(config))), None)


def scored(config: Config, datasets: list[str]) -> list[str]:
    """Return the encoders that have a score on one of `datasets`, as the evaluations name them."""
    wanted = {(name, protocol(config, name)) for name in datasets}
    found = [encoder for encoder, name, p in probes.jobs(config) if (name, p) in wanted]
    return list(dict.fromkeys(found))


def label(config: Config, name: str) -> str:
    """Return how the report calls an encoder or a data set."""
    given: str | None = config["report"]["labels"].get(name)
    if given is not None:
        return given
    members = levels(config)
    if name in members:
        return f"L{members.index(name) + 1}"
    return "seen" if name == seen(config) else name


def published_name(config: Config, dataset: str) -> str | None:
    """Return what the thesis's tables call a data set or test set, None where they have none."""
    given: str | None = config["report"]["published_as"].get(dataset)
    if given is not None:
        return given
    members = levels(config)
    if dataset == seen(config):
        return "in1k"
    name = f"cog_l{members.index(dataset) + 1}" if dataset in members else dataset
    return name if name in (*DATASETS, *TEST_SETS) else None


def encoders(config: Config, names: list[str]) -> list[dict[str, Any]]:
    """Return name, label, category and recipe of encoders, as the scripts take them."""
    return [
        {
            "name": name,
            "label": label(config, name),
            "category": _category(config, name),
            "recipe": recipe,
        }
        for name, recipe in zip(names, recipes.recipes(config, names), strict=True)
    ]


def columns(config: Config, datasets: list[str]) -> list[dict[str, Any]]:
    """Return name, label, protocol and published name of data sets, as the scripts take them."""
    return [
        {
            "name": name,
            "label": label(config, name),
            "protocol": protocol(config, name),
            "published": published_name(config, name),
        }
        for name in datasets
    ]


def pictured(config: Config) -> list[str]:
    """Return the data sets of the axis that have manifests of their own: all but pools' groups."""
    known = images.known(config)
    return [name for name in axis(config) if name in known]


def few_shot_sets(config: Config) -> list[str]:
    """Return the data sets of the few-shot figure: by default the first, middle and last level."""
    given = config["report"]["few_shot"]
    if given is not None:
        return [member for name in given for member in expand(config, name)]
    members = levels(config) or axis(config)
    picked = [members[0], members[(len(members) - 1) // 2], members[-1]] if members else []
    return [name for name in dict.fromkeys(picked) if shots(config, name) > 1]


def has_transfer(config: Config) -> bool:
    """Say whether there is a training task and a transfer task to compare."""
    return seen(config) is not None and bool(transfer(config))


def compared(config: Config) -> list[str]:
    """Return the encoders scored on the seen or a transfer data set."""
    first = seen(config)
    return scored(config, [*([] if first is None else [first]), *transfer(config)])


def shots(config: Config, dataset: str) -> int:
    """Return how many numbers of shots the scores of a data set have."""
    name = protocol(config, dataset)
    return len(config["probes"][name]["shots"]) if name else 0


def pools(config: Config, *, drawn: bool) -> dict[str, list[str]]:
    """Return the groups of each pool: random ones (`drawn`), or those of another ranking."""
    result: dict[str, list[str]] = {}
    for entry in config["evaluations"].values():
        pool = entry["pool"]
        if pool is not None and (pool["benchmark"] is None) == drawn:
            result[pool["name"]] = expand(config, pool["name"])
    return result


def _category(config: Config, encoder: str) -> str | None:
    model = config["encoders"][encoder]["registry"]
    return published_models()[model].category if model is not None else None


def _is_linear(config: Config, dataset: str) -> bool:
    """Whether a data set's scores are those of linear classifiers: what the benchmark measures."""
    name = protocol(config, dataset)
    return name is not None and probes.kind(config, name).tuned


def listed(names: list[str]) -> str:
    """Return names as a text for an error."""
    return ", ".join(names) or "none"
