"""The errors of the report section that a schema cannot see.

Imported while the DAG is planned: no numpy, no pandas.
"""

from collections.abc import Iterator

from cogworks.core.derived import Config
from cogworks.core.errors import InputError
from cogworks.images import plan as images
from cogworks.plan import datasets, evaluations
from cogworks.report import roles
from cogworks.synthesis import plan as synthesis
from cogworks.training import plan as training


def check(config: Config) -> list[str]:
    """Return the errors of the report section that a schema cannot see."""
    if any(_broken(config)):
        return []  # Those rooms name what is wrong; nothing can be expanded before.
    problems = [
        *_check_sets(config),
        *_check_name(config, "protocol", list(config["probes"]), "protocol of probes"),
        *_check_groups(config),
    ]
    return problems or [
        *_check_baseline(config),
        *_check_labels(config),
        *_check_named(config),
    ]


def _broken(config: Config) -> Iterator[str]:
    yield from datasets.problems(config.plan)
    yield from synthesis.check(config)
    yield from training.check(config)
    yield from config.plan.encoder_problems
    yield from evaluations.problems(config.plan)


def _check_sets(config: Config) -> Iterator[str]:
    section = config["report"]
    for key in ("seen", "levels", "few_shot", "transfer"):
        value = section[key]
        for name in [value] if isinstance(value, str) else value or []:
            try:
                roles.expand(config, name)
            except InputError as error:
                yield f"report.{key}: {error}"
    known = images.known(config)
    for name in section["samples"] or []:
        if name not in known:
            yield f"report.samples: {name!r} is no data set; known: {roles.listed(known)}"


def _check_name(config: Config, key: str, known: list[str], what: str) -> Iterator[str]:
    value = config["report"][key]
    if value is not None and value not in known:
        yield f"report.{key}: {value!r} is no {what}; known: {roles.listed(known)}"


def _check_groups(config: Config) -> Iterator[str]:
    known = images.known(config)
    for group, members in config["report"]["test_set_groups"].items():
        for name in members:
            if name not in known:
                yield (
                    f"report.test_set_groups.{group}: {name!r} is no data set; "
                    f"known: {roles.listed(known)}"
                )


def _check_baseline(config: Config) -> Iterator[str]:
    value = config["report"]["baseline"]
    yield from _check_name(config, "baseline", list(config["encoders"]), "encoder")
    if value not in config["encoders"]:
        return
    for name in roles.axis(config):
        protocol = roles.protocol(config, name)
        if (value, name, protocol) not in config.plan.jobs:
            yield (
                f"report.baseline: {value} has no scores on {name} with {protocol}, "
                "so nothing can be shown relative to it; evaluate it there or name another one"
            )


def _check_named(config: Config) -> Iterator[str]:
    """Yield the names that are given a text to show, or a published name, and that nothing has."""
    section = config["report"]
    pools = [entry["pool"]["name"] for entry in config["evaluations"].values() if entry["pool"]]
    sets = [*images.known(config), *roles.evaluated(config), *section["test_set_groups"], *pools]
    shown = [*config["encoders"], *sets, *training.runs(config)]
    for key, known, what in (
        ("labels", shown, "encoder, data set, group or training run"),
        ("published_as", sets, "data set or group of test sets"),
    ):
        for name in section[key]:
            if name not in known:
                names = roles.listed(list(dict.fromkeys(known)))
                yield f"report.{key}.{name}: {name!r} is no {what}; known: {names}"


def _check_labels(config: Config) -> Iterator[str]:
    """Yield an error where two encoders, or two data sets, would look the same."""
    for what, names in (
        ("encoders", roles.scored(config, roles.evaluated(config))),
        ("data sets", roles.evaluated(config)),
    ):
        owners: dict[str, str] = {}
        for name in names:
            text = roles.label(config, name)
            if text in owners:
                yield (
                    f"report.labels: the {what} {owners[text]} and {name} would both be called "
                    f"{text!r}; give one of them another label"
                )
            owners[text] = name
