"""Configs with one to three changes, as Hypothesis draws them."""

import copy
import datetime
import math
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from cogworks.config import schema

Values = dict[str, Any]
# A mapping or list, and a key or position in it.
Place = tuple[Any, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

NUMBERS = [0, 1, -1, 3, 0.5, 1.5, 1e-300, 1e300, 2**31, 2**63, 10**18, math.nan, -math.inf]
TEXTS = [
    *("", " ", "x", "all", "none", "no such name", "é", "a\nb", "\ud800", "\x00", "\u202e"),
    *("{dataset}", "{wildcards.x}", "{", "}}", "$(touch x)", "$HOME", "'", '"', "a b", "-x", "--"),
    *("..", "../x", "/", "/dev/null", "a//b", "~", "~nobody/x", "<", "<x>", "<x>/y", "results/x"),
    *("*", "[", "x[0-9", "{000..003}", "{0..99999999999}", "\\", "(", "n00000000", "n02123045"),
    *("1e-4", "012", "timm:", "hf:x", "cogworks:x", "x.py:f", "os:f", ".:f", "a..b:f", "package:x"),
    *("x" * 81, "x" * 300, "x" * 200_000),
]
OTHERS: list[Any] = [None, True, False, [], {}, [[]], [None], {"x": 1}, {"x": {}}, ["x", "x"]]
OTHERS += [{1: 2}, {None: None}, datetime.date(2020, 1, 1), b"x", {"y"}]
ODD = [*NUMBERS, *TEXTS, *OTHERS]


def places(value: Any) -> Iterator[Place]:
    """Yield every place of a config, outer ones first."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def names(config: Values) -> list[str]:
    """Return the names in a config, and those that its families and sweeps may stand for."""
    found = dict.fromkeys(
        text
        for outer, key in places(config)
        for text in (key, outer[key])
        if isinstance(text, str) and len(text) < 30
    )
    return [*found, *(f"{name}_{end}" for name in list(found)[:20] for end in ("l1", "1", "base"))]


def allowed(draw: Draw, described: schema.Schema, known: list[str]) -> Any:
    """Return a value of the kind that a schema describes, though perhaps not one that it takes."""
    option = draw(st.sampled_from(schema.options(described)))
    match option.get("type"):
        case _ if "enum" in option:
            return draw(st.sampled_from(option["enum"]))
        case _ if "const" in option:
            return option["const"]
        case "boolean":
            return draw(st.booleans())
        case "integer" | "number":
            low = option.get("minimum", option.get("exclusiveMinimum", 0))
            return draw(st.sampled_from([low, low + 1, 0.5, 2, 8, 1000, 10**9]))
        case "array":
            length = draw(st.integers(option.get("minItems", 0), option.get("maxItems", 3)))
            return [allowed(draw, option.get("items", {}), known) for _ in range(length)]
        case "object":
            keys = dict.fromkeys(option.get("required", []))
            inner = option.get("properties", {})
            if inner:
                keys |= {draw(st.sampled_from(list(inner))): None}
            found = {key: allowed(draw, inner[key], known) for key in keys}
            for sub in schema.named(option):
                found[draw(st.sampled_from(known))] = allowed(draw, sub, known)
            return found
    return draw(st.sampled_from(known))


def delete(draw: Draw, config: Values, place: Place) -> None:
    outer, key = place
    del outer[key]


def replace(draw: Draw, config: Values, place: Place) -> None:
    outer, key = place
    outer[key] = copy.deepcopy(draw(st.sampled_from(ODD)))


def rename(draw: Draw, config: Values, place: Place) -> None:
    outer, key = place
    if isinstance(outer, dict):
        outer[draw(st.sampled_from([*TEXTS, *names(config), 1, None, True]))] = outer.pop(key)


def refer(draw: Draw, config: Values, place: Place) -> None:
    """Name something else, or the same thing twice; of whatever kind, also itself."""
    outer, key = place
    known = draw(st.sampled_from(names(config)))
    outer[key] = [known, *outer[key]] if isinstance(outer[key], list) else known


def repeat(draw: Draw, config: Values, place: Place) -> None:
    """Give a section a second time, under another name of the config or one like a family's."""
    outer, key = place
    if isinstance(outer, dict):
        outer[draw(st.sampled_from(names(config)))] = copy.deepcopy(outer[key])


def swap(draw: Draw, config: Values, place: Place) -> None:
    """Exchange two sub-trees, or put one into another's place."""
    outer, key = place
    other, other_key = draw(st.sampled_from(list(places(config))))
    value, other_value = copy.deepcopy(outer[key]), copy.deepcopy(other[other_key])
    outer[key] = other_value
    if draw(st.booleans()) and other_key in (
        other if isinstance(other, dict) else range(len(other))
    ):
        other[other_key] = value


def add(draw: Draw, config: Values, place: Place) -> None:
    """Give a known key of some section, with a value that suits it, or almost."""
    where: list[tuple[Any, ...]] = [()]
    where += [path for path, value in paths(config) if isinstance(value, dict)]
    path = draw(st.sampled_from(where))
    described = schema.at(path)
    inner = [option.get("properties", {}) for option in schema.options(described or {})]
    keys = {key: sub for found in inner for key, sub in found.items()}
    if keys:
        key = draw(st.sampled_from(list(keys)))
        section = config
        for part in path:
            section = section[part]
        section[key] = allowed(draw, keys[key], names(config))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every value of a config with the keys and positions that lead to it."""
    for outer, key in [(value, key) for key in (value if isinstance(value, dict) else ())]:
        yield (*path, key), outer[key]
        yield from paths(outer[key], (*path, key))


MUTATIONS = [delete, replace, replace, rename, refer, refer, repeat, swap, add, add, add]


@st.composite
def mutated(draw: Draw, config: Values) -> Values:
    """A config with one to three changes."""
    result = copy.deepcopy(config)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(result))
        if found:
            draw(st.sampled_from(MUTATIONS))(draw, result, draw(st.sampled_from(found)))
    return result
