"""What a config lacks for exhibits of encoders that were trained on clones, and at which key.

Each function returns a clause such as `sd_c in evaluations.levels.encoders`, and is asked only
where the config does not give the exhibit. Where there are no clones at all, it returns an empty
text: then `thesis.EXHIBITS` says enough.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cogworks.plan.evaluations import asked
from cogworks.report.ablations import ablations
from cogworks.report.clone_rows import Trained, classifiers, in1k, transfer_sets
from cogworks.report.reference import SD_TRANSFER
from cogworks.report.specs import Series

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

# Keys of a clone by what reports call them.
_KEYS = {"size": "multiple", "guidance": "guidance", "steps": "steps"}


def of_transfer(roles: "Roles") -> str:
    """Return what is lacking for table 5.3."""
    sets = transfer_sets(roles)
    if not on_clones(roles):
        return _encoders(roles)
    if sets:
        return _scores(roles, on_clones(roles), sets)
    known = [name for name in roles.plan.datasets if roles.published_name(name) in SD_TRANSFER]
    if known:
        return f"an evaluation of {_named(known)} with {_one(roles)}"
    return (
        "transfer sets in images (such as Pets, with source.kind: torchvision), and an evaluation "
        f"of them with {_one(roles)}"
    )


def of_levels(roles: "Roles") -> str:
    """Return what is lacking for table 5.4."""
    if not on_clones(roles):
        return _encoders(roles)
    if not roles.levels:
        return (
            "levels in images (classes.part: levels; a benchmark in concepts), and an evaluation "
            f"of them with {_one(roles)}"
        )
    seen = in1k(roles)
    sets = [*([seen] if seen in roles.evaluated else []), *roles.levels]
    return _scores(roles, on_clones(roles), sets)


def of_number(roles: "Roles", *headings: str) -> str:
    """Return what is lacking for figure 5.4 or 5.5, which are along numbers of clones.

    Args:
        roles: of the part of the report.
        headings: of the numbers; any of them gives the figure.
    """
    encoders = on_clones(roles)
    if not encoders:
        return _encoders(roles)
    found = ablations(roles.plan, list(roles.groups(encoders)))
    given = [heading for heading in headings if heading in found]
    if not given:
        keys = " or ".join(_KEYS[heading] for heading in headings)
        return (
            f"clones in synthesis.clones that differ in {keys} alone, each with a run of the same "
            "recipe and an encoder"
        )
    names = _of_series(found[given[0]][0])
    told = f"{_named(names)}, which differ in {given[0]} alone"
    if roles.seen is None or not roles.transfer:
        key = "report.seen" if roles.seen is None else "report.transfer"
        return f"evaluations of a seen data set and of transfer sets ({key}) with {told}"
    return f"{told}, in {_places(roles, _usual(roles, [roles.seen, *roles.transfer]))}"


def of_features(roles: "Roles") -> str:
    """Return what is lacking for figure 5.6."""
    if not on_clones(roles):
        return _encoders(roles)
    entries = [name for name, e in roles.plan.config.analysis.items() if len(e.metrics) > 1]
    if entries:
        keys = " or ".join(f"analysis.{name}.encoders" for name in entries)
        return f"{_one(roles)} in {keys}"
    return f"an entry in analysis with {_one(roles)}"


def of_augmentations(roles: "Roles") -> str:
    """Return what is lacking for table 5.1."""
    encoders = on_clones(roles)
    if not encoders:
        return _encoders(roles)
    own = classifiers(roles)
    scored = [name for name in encoders if name in own]
    if not scored:
        return _own_classifier(roles)
    first = Trained(roles, scored[0])
    run, job = first.encoder.run, own[first.name]
    assert run is not None, "an encoder on a clone has a run"
    other = "dino" if run.numbers.augmentation.recipe == "pytorch" else "pytorch"
    return (
        f"a run like {run.name} with augmentation.recipe: {other}, and its encoder in "
        f"{_places(roles, [(job.dataset, job.protocol_name)])}"
    )


def of_test_sets(roles: "Roles") -> str:
    """Return what is lacking for table 5.2."""
    return _own_classifier(roles) if on_clones(roles) else _encoders(roles)


def on_clones(roles: "Roles") -> list[str]:
    """Return the encoders that were trained on clones, evaluated or not."""
    return [name for name in roles.plan.encoders if Trained(roles, name).clone is not None]


def _encoders(roles: "Roles") -> str:
    """Return what is lacking where there is no encoder that was trained on a clone."""
    plan = roles.plan
    if not plan.clones:
        return ""
    runs = [run for run in plan.runs.values() if run.dataset.name in plan.clones]
    if not runs:
        return f"a run on a clone (training.NAME.dataset: {next(iter(plan.clones))})"
    return f"an encoder that was trained on a clone (encoders.NAME.run: {runs[0].declared})"


def _own_classifier(roles: "Roles") -> str:
    entry = Trained(roles, on_clones(roles)[0])
    return f"an evaluation of {entry.origin} with {entry.name} by a protocol of kind classifier"


def _scores(roles: "Roles", encoders: Sequence[str], datasets: Sequence[str]) -> str:
    """Return where one of the encoders has to be evaluated, to be scored on all data sets."""
    pairs = _usual(roles, datasets)
    lacking = {name: [p for p in pairs if (name, *p) not in roles.jobs] for name in encoders}
    first = min(lacking, key=lambda name: len(lacking[name]))
    several = "" if len(encoders) == 1 else " or another encoder on a clone"
    return f"{first}{several} in {_places(roles, lacking[first])}"


def _usual(roles: "Roles", datasets: Sequence[str]) -> list[tuple[str, str]]:
    """Return data sets, each with the protocol whose scores stand for it."""
    return [(name, roles.protocols[name]) for name in datasets]


def _places(roles: "Roles", wanted: Collection[tuple[str, str]]) -> str:
    """Return the keys of the evaluations of some pairs of data set and protocol."""
    sections, shown = roles.plan.config.evaluations, roles.section.evaluations
    found = [
        f"evaluations.{name}.encoders"
        for name in (sections if shown is None else shown)
        if not {(d, p) for (_, d, p), _ in asked(roles.plan, sections[name])}.isdisjoint(wanted)
    ]
    return " and ".join(found)


def _of_series(series: Series) -> list[str]:
    return [point.encoder for point in series.points]


def _one(roles: "Roles") -> str:
    first, *others = on_clones(roles)
    return f"an encoder on a clone (such as {first})" if others else first


def _named(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
