"""Training recipes: what `workflow/recipes/training.yaml` sets, and the numbers that come of it.

Imported while the DAG is planned: PyYAML, Pydantic and the standard library only.
"""

import functools
import json
from collections.abc import Iterator
from typing import Literal, TypeVar

from cogworks.config.base import Section
from cogworks.config.training import Numbers
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.core.place import ROOT
from cogworks.training import specs

BOOK = ROOT / "workflow" / "recipes" / "training.yaml"
Kind = Literal["scales", "recipes"]
Group = TypeVar("Group", bound=Section)
# A recipe or scale in words: its name, what it is and what it sets.
Described = tuple[str, str, str]


class Entry(Section):
    """One recipe or scale: what it is, which other one it changes, and what it sets."""

    about: str
    like: str | None = None
    set: Numbers = Numbers()


class Book(Section):
    """All recipes and scales, and what holds where they are silent."""

    defaults: Numbers
    scales: dict[str, Entry]
    recipes: dict[str, Entry]


def names(kind: Kind) -> dict[str, str]:
    """Return the names of all `recipes` or `scales`, each with what it is."""
    return {name: entry.about for name, entry in _entries(kind).items()}


def tables() -> dict[str, list[Described]]:
    """Return all recipes and scales as tables for the documentation, by their headings."""
    return {"Recipes": _described(_book().recipes), "Scales": _described(_book().scales)}


def numbers(scale: str, recipe: str, own: Numbers | None = None) -> specs.Numbers:
    """Return all numbers of a recipe at a scale, with a run's own in their place.

    Raises:
        InputError: there is no such scale or recipe.
    """
    found = _override(_set(scale, recipe), own or Numbers()).model_dump()
    found["backbone"]["image_size"] = found["augmentation"]["global_size"]
    return specs.Numbers.model_validate(found)


@functools.cache
def _set(scale: str, recipe: str) -> Numbers:
    layers = [*_lineage("scales", scale), *_lineage("recipes", recipe)]
    return functools.reduce(_override, layers, _book().defaults)


@functools.cache
def _book() -> Book:
    return Book.model_validate(load_yaml(BOOK))


def _entries(kind: Kind) -> dict[str, Entry]:
    return _book().scales if kind == "scales" else _book().recipes


def _described(entries: dict[str, Entry]) -> list[Described]:
    return [(name, entry.about, ", ".join(_sets(entry))) for name, entry in entries.items()]


def _sets(entry: Entry) -> Iterator[str]:
    """Yield which other entry this one changes, and the dotted keys that it sets, as in YAML."""
    if entry.like is not None:
        yield f"as {entry.like}"
    for group, value in entry.set.model_dump(exclude_unset=True).items():
        keys = {f"{group}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {}
        for key, number in (keys or {group: value}).items():
            yield f"{key}: {json.dumps(number)}"


def _lineage(kind: Kind, name: str) -> list[Numbers]:
    """Return what an entry sets, after what those set that it is like."""
    entries = _entries(kind)
    if name not in entries:
        raise InputError(f"{name!r} is not one of the {kind}; known: {', '.join(entries)}")
    entry = entries[name]
    return [*(_lineage(kind, entry.like) if entry.like else []), entry.set]


def _override(base: Group, changes: Group) -> Group:
    """Return `base` with the values of `changes` that are not null, group by group.

    `options` are replaced as a whole: they are arguments of one architecture alone.
    """
    given = {}
    for key in type(base).model_fields:
        old, new = getattr(base, key), getattr(changes, key)
        if new is not None:
            given[key] = _override(old, new) if isinstance(old, Section) else new
    return base.model_copy(update=given)
