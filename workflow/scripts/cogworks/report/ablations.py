"""Runs along one number of the recipe: what varies, and which encoders make a line.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cogworks.core.spec import canonical
from cogworks.plan.plan import Plan
from cogworks.report.recipes import (
    SEEDS,
    Properties,
    properties,
    real_properties,
    switched_by,
    text_of,
    without,
)
from cogworks.report.specs import Measure, Point, Series


@dataclass(frozen=True)
class Axis:
    """A number along which a figure can be drawn.

    Attributes:
        key: its dotted key in a run; empty for a number of a clone.
        number: of the thesis's figure along it, if there is one.
        measures: what that figure shows.
    """

    key: str = ""
    number: str = ""
    measures: tuple[Measure, ...] = ("train", "transfer")


_TOP1: tuple[Measure, ...] = ("train", "transfer_top1")
# By heading.
AXES = {
    "local crops": Axis("augmentation.local_crops", "4.4"),
    "hidden layers": Axis("projector.layers"),
    "hidden width": Axis("projector.hidden"),
    "bottleneck": Axis("projector.bottleneck"),
    "memory": Axis("loss.memory"),
    "EMA": Axis("loss.ema_momentum"),
    "epochs": Axis("optimizer.epochs"),
    "size": Axis(number="5.4", measures=("transfer_top1",)),
    "guidance": Axis(number="5.5 (a)", measures=_TOP1),
    "steps": Axis(number="5.5 (b)", measures=_TOP1),
}


def ablations(plan: Plan, encoders: Sequence[str]) -> dict[str, list[Series]]:
    """Return the numbers along which some encoders differ and agree in all the rest.

    Args:
        plan: what the config stands for.
        encoders: of those that differ in their seed alone, one.

    Returns:
        The series for each such heading of `AXES`.
    """
    found = {encoder: properties(plan, encoder) for encoder in encoders}
    trained = {encoder: entry for encoder, entry in found.items() if entry}
    result = {}
    for name, axis in AXES.items():
        groups = [g for g in _groups(trained, name, axis) if len({e[name] for e in g.values()}) > 1]
        if groups:
            labels = _labels(groups, name)
            result[name] = [
                Series(
                    label=label,
                    points=list(_points(group, name)),
                    reference=None if axis.key else _reference(plan, trained, next(iter(group))),
                )
                for label, group in zip(labels, groups, strict=True)
            ]
    return result


# Encoders with their properties.
_Group = dict[str, Properties]


def _groups(trained: _Group, name: str, axis: Axis) -> Iterator[_Group]:
    """Yield the encoders that agree in all but one number.

    Where a number switches others off (without local crops their scale does nothing), an encoder
    that lacks those agrees with whatever the others have.
    """
    having = {encoder: entry for encoder, entry in trained.items() if name in entry}
    switched = switched_by(axis.key)
    for group in _split(having, lambda entry: without(entry, {name, *SEEDS, *switched})):
        whole = {encoder: entry for encoder, entry in group.items() if switched & entry.keys()}
        lacking = {encoder: entry for encoder, entry in group.items() if encoder not in whole}
        for part in _split(whole, lambda e: without(e, e.keys() - switched)) or [{}]:
            yield lacking | part


def _split(group: _Group, key: Callable[[Properties], Properties]) -> list[_Group]:
    """Return the encoders in groups that agree in their `key`."""
    parts: dict[str, _Group] = {}
    for encoder, entry in group.items():
        parts.setdefault(canonical(key(entry)), {})[encoder] = entry
    return list(parts.values())


def _points(group: _Group, name: str) -> Iterator[Point]:
    """Yield the points of a series in ascending order; of equal encoders the first counts."""
    for value in sorted({entry[name] for entry in group.values()}):
        yield Point(value=value, encoder=next(e for e, p in group.items() if p[name] == value))


def _labels(groups: list[_Group], name: str) -> list[str]:
    """Name each series by the properties in which it differs from the others."""
    shared = [_shared(group, name) for group in groups]
    headings = dict.fromkeys(heading for entry in shared for heading in entry)
    told = [h for h in headings if len({str(entry[h]) for entry in shared if h in entry}) > 1]
    return [_label({h: entry[h] for h in told if h in entry}) for entry in shared]


def _label(entry: Properties) -> str:
    """Return properties as one text; what holds goes without saying beside a number."""
    texts = [_told(heading, value) for heading, value in entry.items() if value is not True]
    return ", ".join(texts or entry)


def _told(heading: str, value: Any) -> str:
    return f"no {heading}" if value is False else f"{heading} {text_of(heading, value)}"


def _shared(group: _Group, name: str) -> Properties:
    """Return the properties of a series: those of the encoder that has most, without the number."""
    entry = max(group.values(), key=len)
    return without(entry, {name, *SEEDS})


def _reference(plan: Plan, trained: _Group, encoder: str) -> str | None:
    """Return the encoder of the same recipe on the real images of a clone, if there is one."""
    wanted = without(real_properties(plan, encoder), SEEDS)
    found = (e for e, p in trained.items() if wanted and without(p, SEEDS) == wanted)
    return next(found, None)
