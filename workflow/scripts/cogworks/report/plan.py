"""What the report shows: which data set plays which part, the specs of the rules, the errors.

All of it follows from the config, so that the graph is known before anything has run. Imported
while the DAG is planned: no numpy, no pandas.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cogworks.analysis import plan as analysis
from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.encoders import plan as encoders_plan
from cogworks.images import plan as images
from cogworks.probes import plan as probes
from cogworks.report import recipes
from cogworks.report.reference import DATASETS, TEST_SETS
from cogworks.synthesis import plan as synthesis
from cogworks.training import plan as training

Config = dict[str, Any]

# Kinds of probes that train a linear classifier anew: what the benchmark measures.
LINEAR = ("sgd", "lbfgs", "sklearn")
VALIDATION = "val"


def levels(config: Config) -> list[str]:
    """Return the data sets of the levels, nearest first; empty where none is evaluated."""
    given = config["report"]["levels"]
    if given is not None:
        names = [given] if isinstance(given, str) else given
        return [member for name in names for member in expand(config, name)]
    for entry in config["evaluations"]:
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


def axis(config: Config) -> list[str]:
    """Return the seen data set (if any) and the levels: the horizontal axis of figure 3.4."""
    first = seen(config)
    return levels(config) if first is None else [first, *levels(config)]


def transfer(config: Config) -> list[str]:
    """Return the data sets over which the transfer score is taken."""
    given = config["report"]["transfer"]
    if given is not None:
        return [member for name in given for member in expand(config, name)]
    plain = images.known(config)
    trained = [n for n in evaluated(config) if n in plain and _kind(config, n) in LINEAR]
    return [name for name in trained if name != seen(config)]


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
    raise InputError(f"{name!r} is no evaluated data set; evaluated are {_listed(known)}")


def evaluated(config: Config) -> list[str]:
    """Return every data set on which something is evaluated, groups of pools included."""
    return list(dict.fromkeys(dataset for _, dataset, _ in probes.jobs(config)))


def protocol(config: Config, dataset: str) -> str | None:
    """Return the protocol whose scores stand for a data set.

    That is `report.protocol` where it is evaluated on the data set, else the first one there that
    trains a linear classifier, else the first one.
    """
    found = list(dict.fromkeys(p for _, name, p in probes.jobs(config) if name == dataset))
    linear = [name for name in found if config["probes"][name]["kind"] in LINEAR]
    wanted = [name for name in found if name == config["report"]["protocol"]]
    return next(iter([*wanted, *linear, *found]), None)


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


def score_files(config: Config) -> list[str]:
    """Return the probe tables from which the scores are collected."""
    return [paths.scores(*job) for job in probes.jobs(config)]


def collect_spec(config: Config) -> dict[str, Any]:
    """Return which probe tables to collect: names, and a triple of positions for each table.

    Thousands of paths would not fit on a command line; positions do.
    """
    jobs = probes.jobs(config)
    names = [list(dict.fromkeys(job[part] for job in jobs)) for part in range(3)]
    return {
        "names": names,
        "jobs": [[names[part].index(job[part]) for part in range(3)] for job in jobs],
    }


def pattern(names: Iterable[str]) -> str:
    """Return a regular expression for exactly these names; none at all matches nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def summary_spec(config: Config) -> dict[str, Any]:
    """Return what the summary depends on, besides the scores."""
    return {"baseline": baseline(config)}


def scores_spec(config: Config) -> dict[str, Any]:
    """Return what the table of all scores depends on, besides the summary."""
    names = {name for job in probes.jobs(config) for name in job[:2]}
    return {"labels": {name: label(config, name) for name in sorted(names)}}


def levels_spec(config: Config) -> dict[str, Any]:
    """Return what tables and figures by level depend on, besides the scores."""
    return {
        "baseline": baseline(config),
        "encoders": encoders(config, scored(config, axis(config))),
        "columns": columns(config, axis(config)),
    }


def pictured(config: Config) -> list[str]:
    """Return the data sets of the axis that have manifests of their own: all but pools' groups."""
    known = images.known(config)
    return [name for name in axis(config) if name in known]


def image_counts_spec(config: Config) -> dict[str, Any]:
    """Return what the figure of images per concept depends on, besides the manifests."""
    return {"labels": [label(config, name) for name in pictured(config)]}


def few_shot_spec(config: Config) -> dict[str, Any]:
    """Return what the few-shot figure depends on, besides the scores."""
    return levels_spec(config) | {"columns": columns(config, few_shot_sets(config))}


def few_shot_sets(config: Config) -> list[str]:
    """Return the data sets of the few-shot figure: by default the first, middle and last level."""
    given = config["report"]["few_shot"]
    if given is not None:
        return [member for name in given for member in expand(config, name)]
    members = levels(config) or axis(config)
    picked = [members[0], members[(len(members) - 1) // 2], members[-1]] if members else []
    return [name for name in dict.fromkeys(picked) if _shots(config, name) > 1]


def published_sets(config: Config) -> list[str]:
    """Return the published names of the axis: one table of the layout of B.1 to B.6 for each."""
    if not config["report"]["published"]:
        return []
    return [name for name in _published_axis(config) if name is not None]


def transfer_spec(config: Config) -> dict[str, Any]:
    """Return what the training-versus-transfer tables and figure depend on, besides scores."""
    first = seen(config)
    sets = transfer(config)
    return {
        "baseline": baseline(config),
        "encoders": encoders(config, _compared(config)),
        "seen": columns(config, [first])[0] if first else None,
        "transfer": columns(config, sets),
        "published": config["report"]["published"],
    }


def has_transfer(config: Config) -> bool:
    """Say whether there is a training task and a transfer task to compare."""
    return seen(config) is not None and bool(transfer(config))


def ablations(config: Config) -> list[str]:
    """Return the properties of training runs along which a figure can be drawn."""
    if not has_transfer(config):
        return []
    return list(recipes.ablations(config, _compared(config)))


def ablation_spec(config: Config, name: str) -> dict[str, Any]:
    """Return what the figure along one property depends on, besides the scores."""
    series = recipes.ablations(config, _compared(config))[name.replace("_", " ")]
    return transfer_spec(config) | {"property": name.replace("_", " "), "series": series}


def rankings(config: Config) -> dict[str, list[str]]:
    """Return the families that regroup the levels' concepts by another ranking, by pool."""
    return _pools(config, drawn=False)


def rankings_spec(config: Config) -> dict[str, Any]:
    """Return what the figure of other rankings depends on, besides the scores."""
    first, others = seen(config), rankings(config)
    names = [name for members in others.values() for name in members]
    families = {"as ranked": levels(config)} | others
    drawn = [name for members in _pools(config, drawn=True).values() for name in members]
    return {
        "encoders": encoders(config, scored(config, names)),
        "seen": columns(config, [first])[0] if first else None,
        "rankings": [
            {"label": label(config, name), "columns": columns(config, members)}
            for name, members in families.items()
            if members
        ],
        "random": columns(config, drawn),
    }


def feature_files(config: Config) -> list[str]:
    """Return the tables of measures that the analysis room makes."""
    return analysis.targets(config)


def features_spec(config: Config) -> dict[str, Any]:
    """Return what tables and figures of feature measures depend on, besides the measures."""
    names = list(dict.fromkeys(encoder for encoder, _, _ in analysis.jobs(config)))
    given = config["analysis"]["groups"]
    return {
        "baseline": config["report"]["baseline"],
        "encoders": encoders(config, names),
        "groups": [
            {"name": name if given else label(config, name), "datasets": members}
            for name, members in analysis.groups(config).items()
        ],
    }


def test_protocols(config: Config) -> list[str]:
    """Return the protocols under which the seen classes are tested on several test sets.

    Those of kind classifier count in any case: the encoder and its classifier as one model.
    """
    found = dict.fromkeys(p for _, dataset, p in probes.jobs(config) if dataset == seen(config))
    return [
        name
        for name in found
        if config["probes"][name]["kind"] == "classifier" or len(_test_sets(config, name)) > 1
    ]


def test_sets_spec(config: Config, name: str) -> dict[str, Any]:
    """Return what the table of test sets under protocol `name` depends on, besides the scores."""
    jobs = [job for job in probes.jobs(config) if job[2] == name and job[1] == seen(config)]
    return {
        "protocol": name,
        "encoders": encoders(config, list(dict.fromkeys(encoder for encoder, _, _ in jobs))),
        "test_sets": _test_sets(config, name),
    }


def check(config: Config) -> list[str]:
    """Return the errors of the report section that a schema cannot see."""
    if any(_broken(config)):
        return []  # Those rooms name what is wrong; nothing can be expanded before.
    problems = [
        *_check_sets(config),
        *_check_name(config, "protocol", list(config["probes"]), "protocol of probes"),
        *_check_groups(config),
    ]
    return problems or [*_check_baseline(config), *_check_labels(config)]


def _published_axis(config: Config) -> list[str | None]:
    return [published_name(config, name) for name in axis(config)]


def _pools(config: Config, *, drawn: bool) -> dict[str, list[str]]:
    """Return the groups of each pool: random ones (`drawn`), or those of another ranking."""
    result: dict[str, list[str]] = {}
    for entry in config["evaluations"]:
        pool = entry["pool"]
        if pool is not None and (pool["benchmark"] is None) == drawn:
            result[pool["name"]] = expand(config, pool["name"])
    return result


def _compared(config: Config) -> list[str]:
    first = seen(config)
    return scored(config, [*([] if first is None else [first]), *transfer(config)])


def _category(config: Config, encoder: str) -> str | None:
    model = config["encoders"][encoder]["registry"]
    return encoders_plan.registry()[model]["category"] if model is not None else None


def _kind(config: Config, dataset: str) -> str | None:
    name = protocol(config, dataset)
    return config["probes"][name]["kind"] if name else None


def _shots(config: Config, dataset: str) -> int:
    name = protocol(config, dataset)
    return len(config["probes"][name]["shots"]) if name else 0


def _test_sets(config: Config, name: str) -> list[dict[str, Any]]:
    """Return the columns of the table of test sets: the seen set's own first, groups merged."""
    first = seen(config)
    members: dict[str, list[list[str]]] = {}
    for encoder, dataset, p in probes.jobs(config):
        if p == name and dataset == first:
            for test_set in [dataset, *probes.test_sets(config, encoder, dataset, p)]:
                pairs = members.setdefault(_group(config, test_set), [])
                if [dataset, test_set] not in pairs:
                    pairs.append([dataset, test_set])
    return [
        {
            "label": label(config, key),
            "published": VALIDATION if key == first else _published_test(config, key),
            "members": pairs,
        }
        for key, pairs in members.items()
    ]


def _published_test(config: Config, name: str) -> str | None:
    published = published_name(config, name)
    return published if published in TEST_SETS else None


def _group(config: Config, test_set: str) -> str:
    groups = config["report"]["test_set_groups"]
    return next((name for name, members in groups.items() if test_set in members), test_set)


def _broken(config: Config) -> Iterator[str]:
    yield from images.check(config)
    yield from synthesis.check(config)
    yield from training.check(config)
    yield from encoders_plan.check(config)
    yield from probes.check(config)


def _check_sets(config: Config) -> Iterator[str]:
    section = config["report"]
    for key in ("seen", "levels", "few_shot", "transfer"):
        value = section[key]
        for name in [value] if isinstance(value, str) else value or []:
            try:
                expand(config, name)
            except InputError as error:
                yield f"report.{key}: {error}"
    known = images.known(config)
    for name in section["samples"] or []:
        if name not in known:
            yield f"report.samples: {name!r} is no data set; known: {_listed(known)}"


def _check_name(config: Config, key: str, known: list[str], what: str) -> Iterator[str]:
    value = config["report"][key]
    if value is not None and value not in known:
        yield f"report.{key}: {value!r} is no {what}; known: {_listed(known)}"


def _check_groups(config: Config) -> Iterator[str]:
    known = images.known(config)
    for group, members in config["report"]["test_set_groups"].items():
        for name in members:
            if name not in known:
                yield (
                    f"report.test_set_groups.{group}: {name!r} is no data set; "
                    f"known: {_listed(known)}"
                )


def _check_baseline(config: Config) -> Iterator[str]:
    value = config["report"]["baseline"]
    yield from _check_name(config, "baseline", list(config["encoders"]), "encoder")
    if value not in config["encoders"]:
        return
    for name in axis(config):
        if (value, name, protocol(config, name)) not in probes.jobs(config):
            yield (
                f"report.baseline: {value} has no scores on {name} with {protocol(config, name)}, "
                "so nothing can be shown relative to it; evaluate it there or name another one"
            )


def _check_labels(config: Config) -> Iterator[str]:
    """Yield an error where two encoders, or two data sets, would look the same."""
    for what, names in (
        ("encoders", scored(config, evaluated(config))),
        ("data sets", evaluated(config)),
    ):
        owners: dict[str, str] = {}
        for name in names:
            text = label(config, name)
            if text in owners:
                yield (
                    f"report.labels: the {what} {owners[text]} and {name} would both be called "
                    f"{text!r}; give one of them another label"
                )
            owners[text] = name


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
