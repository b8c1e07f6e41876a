"""How an encoder of this run was trained: the row heads of tables 4.1 and 5.2, and what varies.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cogworks.plan.clones import Clone
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run
from cogworks.report.specs import Point, Series
from cogworks.training.losses import TOLD

# Number or text by heading.
Properties = dict[str, Any]

# Properties along which a figure can be drawn: heading, and the figure of the thesis.
NUMERIC = {
    "local crops": "figure 4.4",
    "hidden layers": "table 4.1",
    "hidden width": "table 4.1",
    "bottleneck": "section 4.4.1",
    "memory": "section 4.4.1",
    "epochs": "",
    "size": "figure 5.4",
    "guidance": "figure 5.5",
    "steps": "figure 5.5",
}
ALWAYS = "trained on"
NO_PROJECTOR = "none"


def properties(plan: Plan, encoder: str) -> Properties:
    """Return what an encoder's training run was like, by heading; empty for others' work.

    A run on a clone names the real data set, and the clone's prompt, size (a multiple of the real
    one's), guidance scale and steps.
    """
    run = plan.encoders[encoder].run
    if run is None:
        return {}
    clone = plan.clones.get(run.dataset.name)
    return ({ALWAYS: run.dataset.name} if clone is None else _synthetic(clone)) | _numbers(run)


def clone_recipe(clone: Clone) -> dict[str, str]:
    """Return heading and text of how a clone is drawn."""
    texts = {heading: _text(heading, value) for heading, value in _synthetic(clone).items()}
    return {"clone of": _origin(clone)} | {h: text for h, text in texts.items() if h != ALWAYS}


def recipes(plan: Plan, encoders: Sequence[str]) -> list[dict[str, str]]:
    """Return headings and texts for encoders that are shown together: only what tells them apart.

    A heading on which all that have it agree is left out, except for the training set.
    """
    found = [properties(plan, encoder) for encoder in encoders]
    headings = list(dict.fromkeys(heading for entry in found for heading in entry))
    kept = [
        heading
        for heading in headings
        if heading == ALWAYS or len({str(e[heading]) for e in found if heading in e}) > 1
    ]
    return [{h: _text(h, entry[h]) for h in kept if h in entry} for entry in found]


def ablations(plan: Plan, encoders: Sequence[str]) -> dict[str, list[Series]]:
    """Return the properties along which some encoders differ and agree in all the rest.

    Returns:
        The series for each such heading of `NUMERIC`.
    """
    found = {encoder: properties(plan, encoder) for encoder in encoders}
    trained = {encoder: entry for encoder, entry in found.items() if entry}
    result = {}
    for heading in NUMERIC:
        series = [s for s in _series(trained, heading) if len(s.points) > 1]
        if series:
            result[heading] = _labelled(series)
    return result


def _origin(clone: Clone) -> str:
    return clone.section.like or str(clone.section.classes)


def _synthetic(clone: Clone) -> Properties:
    return {
        ALWAYS: f"clone of {_origin(clone)}",
        "prompt": clone.section.prompt,
        "guidance": clone.section.guidance,
        "size": clone.section.multiple,
        "steps": clone.section.steps,
    }


def _numbers(run: Run) -> Properties:
    spec = run.spec
    crops, loss, projector = spec.augmentation, spec.loss, spec.projector
    result = {
        "augmentation": crops.recipe,
        "local crops": crops.local_crops,
        "loss": loss.kind,
        "epochs": spec.optimizer.epochs,
        "batch": spec.optimizer.batch,
        "backbone": spec.backbone.name,
        "seed": spec.seed,
    }
    result |= {heading: getattr(loss, key) for heading, key in TOLD.get(loss.kind, {}).items()}
    if not projector.enabled:
        return result | {"projector": NO_PROJECTOR}
    return result | {
        "hidden layers": projector.layers,
        "hidden width": projector.hidden,
        "bottleneck": projector.bottleneck,
        "l2 input": projector.normalize_input,
    }


@dataclass
class _Group:
    """Encoders that agree in all but one heading: the rest, and their values there."""

    rest: Properties
    points: list[tuple[float, str]]


def _series(trained: dict[str, Properties], heading: str) -> Iterator[_Group]:
    """Yield the groups of encoders that agree in all but `heading`."""
    groups: dict[str, _Group] = {}
    for encoder, entry in trained.items():
        if heading in entry:
            rest = {key: value for key, value in entry.items() if key != heading}
            group = groups.setdefault(repr(sorted(rest.items())), _Group(rest, []))
            group.points.append((entry[heading], encoder))
    yield from groups.values()


def _labelled(groups: list[_Group]) -> list[Series]:
    """Name each series by the properties in which it differs from the others."""
    headings = dict.fromkeys(heading for group in groups for heading in group.rest)
    told = [h for h in headings if len({str(g.rest.get(h)) for g in groups}) > 1]
    return [
        Series(
            label=", ".join(f"{h} {_text(h, g.rest.get(h, NO_PROJECTOR))}" for h in told),
            points=[Point(value=value, encoder=name) for value, name in sorted(g.points)],
        )
        for g in groups
    ]


def _text(heading: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return f"{text}×" if heading == "size" else text
