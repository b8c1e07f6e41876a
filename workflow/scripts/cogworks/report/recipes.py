"""How an encoder of this run was trained: all that tells it from others, by heading.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Sequence
from typing import Any

from cogworks.config import training as config
from cogworks.config.base import Applies
from cogworks.encoders.specs import ComputeSpec, ImageSpec
from cogworks.plan.clones import Clone
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run

# Number, text or list by heading.
Properties = dict[str, Any]

ALWAYS = "trained on"
# Two encoders that differ in these alone are two draws of the same thing.
SEEDS = ("seed", "clone seed")
# What the report calls a key of a run; any other goes by its last part.
HEADINGS = {
    "augmentation.recipe": "augmentation",
    "backbone.name": "backbone",
    "loss.ema_momentum": "EMA",
    "loss.kind": "loss",
    "projector.enabled": "projector",
    "projector.hidden": "hidden width",
    "projector.layers": "hidden layers",
    "projector.normalize_input": "l2 input",
    "start.checkpoint": "start from",
    "start.run": "start from",
}
# The same for a clone; any other key goes by its name with "clone" in front.
CLONE_HEADINGS = {
    "prompt": "prompt",
    "guidance": "guidance",
    "multiple": "size",
    "steps": "steps",
}


def properties(plan: Plan, encoder: str) -> Properties:
    """Return all that decides what an encoder's run gave, by heading; empty for others' work.

    Numbers that do nothing in a run are left out. A run on a clone names the real data set, and
    the clone's prompt, size (a multiple of the real one's), guidance scale, steps and so on.
    """
    found = plan.encoders[encoder]
    if found.run is None:
        return {}
    clone = plan.clones.get(found.run.dataset.name)
    data = {ALWAYS: found.run.dataset.name} if clone is None else _synthetic(clone)
    return data | _own(found, found.run)


def real_properties(plan: Plan, encoder: str) -> Properties:
    """Return the properties of an encoder on a clone if its run were on the real data set.

    They are empty for all other encoders.
    """
    found = plan.encoders[encoder]
    clone = None if found.run is None else plan.clones.get(found.run.dataset.name)
    if found.run is None or clone is None or clone.section.like is None:
        return {}
    return {ALWAYS: clone.section.like} | _own(found, found.run)


def clone_recipe(clone: Clone) -> dict[str, str]:
    """Return heading and text of how a clone is drawn."""
    entry = _synthetic(clone)
    return {"clone of": _origin(clone)} | {h: text_of(h, entry[h]) for h in CLONE_HEADINGS.values()}


def recipes(plan: Plan, groups: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Return headings and texts for encoders that are shown together: only what tells them apart.

    A heading on which all that have it agree is left out, except for the training set.

    Args:
        plan: what the config stands for.
        groups: the encoders, those together that differ in their seed alone and are shown as one.
    """
    found = [_together([properties(plan, encoder) for encoder in group]) for group in groups]
    headings = list(dict.fromkeys(heading for entry in found for heading in entry))
    kept = [
        heading
        for heading in headings
        if heading == ALWAYS or len({str(e[heading]) for e in found if heading in e}) > 1
    ]
    return [{h: text_of(h, entry[h]) for h in kept if h in entry} for entry in found]


def _together(entries: Sequence[Properties]) -> Properties:
    """Return what runs have in common that differ in their seed alone, and the seeds of all."""
    seeds = {
        seed: ", ".join(dict.fromkeys(str(entry[seed]) for entry in entries))
        for seed in SEEDS
        if seed in entries[0]
    }
    return entries[0] | (seeds if len(entries) > 1 else {})


def without(entry: Properties, headings: Collection[str]) -> Properties:
    """Return properties but those under some headings."""
    return {heading: value for heading, value in entry.items() if heading not in headings}


def switched_by(key: str) -> set[str]:
    """Return the headings of the keys that do nothing at some values of a dotted key of a run."""
    group, _, name = key.rpartition(".")
    if not group:
        return set()
    fields = type(config.Numbers.model_fields[group].default).model_fields
    return {
        heading_of(f"{group}.{field}")
        for field, info in fields.items()
        for mark in info.metadata
        if isinstance(mark, Applies) and any(name in found for found in mark.conditions)
    }


def heading_of(key: str) -> str:
    """Return what the report calls a dotted key of a run."""
    return HEADINGS.get(key, key.rpartition(".")[2].replace("_", " "))


def text_of(heading: str, value: Any) -> str:
    """Return a property as it is shown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " to ".join(text_of(heading, item) for item in value)
    shown = f"{value:.12g}" if isinstance(value, float) else str(value)
    return f"{shown}×" if heading == "size" else shown


def _origin(clone: Clone) -> str:
    return clone.section.like or str(clone.section.classes)


def _synthetic(clone: Clone) -> Properties:
    """Return what decides the images of a clone."""
    specs = clone.prompt_spec.model_dump() | clone.draw_spec.model_dump()
    specs["multiple"] = clone.section.multiple
    named = {shown: specs.pop(key) for key, shown in CLONE_HEADINGS.items()}
    others = {key: value for key, value in specs.items() if key not in ("name", "like", "classes")}
    return (
        {ALWAYS: f"clone of {_origin(clone)}"}
        | named
        | {f"clone {key.replace('_', ' ')}": v for key, v in others.items() if v is not None}
    )


def _own(encoder: Encoder, run: Run) -> Properties:
    """Return the numbers of a run, and how images are prepared for its encoder."""
    numbers = run.effective.items()
    result = {heading_of(key): value for key, value in numbers if value is not None}
    prepared = {*ImageSpec.model_fields, *ComputeSpec.model_fields}
    own = encoder.section.model_dump(include=prepared, exclude_defaults=True)
    return result | {f"features {key.replace('_', ' ')}": value for key, value in own.items()}
