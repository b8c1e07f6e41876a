"""The config's classes as one JSON schema, and what it says about a place in the config.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import functools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cogworks.config.base import Applies, PathMark
from cogworks.config.root import Config
from cogworks.config.yaml_file import KeyPath

Schema = dict[str, Any]


@functools.cache
def whole() -> Schema:
    """Return the JSON schema of the config, as editors read it; each definition once."""
    return Config.model_json_schema()


def resolved(schema: Schema) -> Schema:
    """Return a schema merged over what its `$ref` names."""
    if "$ref" not in schema:
        return schema
    target = resolved(whole()["$defs"][schema["$ref"].rpartition("/")[2]])
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def options(schema: Schema) -> list[Schema]:
    """Return the alternatives that a value may have, including null."""
    full = resolved(schema)
    return [resolved(option) for option in full.get("anyOf", [full])]


def at(place: KeyPath) -> Schema | None:
    """Return the schema of a place in the config; None where there is no such key."""
    found: Schema | None = whole()
    for part in place:
        found = _child(found, part) if found is not None else None
    return found


def _child(schema: Schema, part: str | int) -> Schema | None:
    for option in options(schema):
        if isinstance(part, int) and "items" in option:
            return resolved(option["items"])
        if part in option.get("properties", {}):
            return resolved(option["properties"][part])
        for sub in named(option):
            return resolved(sub)
    return None


def named(option: Schema) -> Iterator[Schema]:
    """Yield the schema of a mapping's values where its keys are names of the user's choice."""
    yield from option.get("patternProperties", {}).values()
    if isinstance(option.get("additionalProperties"), dict):
        yield option["additionalProperties"]


def known_keys(place: KeyPath) -> list[str]:
    """Return the keys that a section at `place` may have; none for a mapping of names."""
    schema = at(place)
    found = [] if schema is None else options(schema)
    return [key for option in found for key in option.get("properties", {})]


def kind(schema: Schema) -> str:
    """Return a short text of what a value may be, such as `whole number ≥ 1 or null`."""
    kinds = [_kind(option) for option in options(schema)]
    return " or ".join(dict.fromkeys(text for text in kinds if text))


def texts(schema: Schema) -> list[str]:
    """Return the texts of which a value must be one, where it may be a text."""
    found = [v for option in options(schema) for v in option.get("enum", [option.get("const")])]
    return [value for value in found if isinstance(value, str)]


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "const" in schema:
        return json.dumps(schema["const"]) if schema["const"] is None else str(schema["const"])
    name = schema.get("type", "")
    if name == "array":
        inner = kind(schema["items"]) if schema.get("items") else ""
        return f"list of {inner}{_length(schema)}" if inner else f"list{_length(schema)}"
    words = {"integer": "whole number", "boolean": "true or false", "string": "text"}
    words |= {"object": "section"}
    return words.get(name, str(name)) + _bounds(schema)


def _length(schema: Schema) -> str:
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low is None:
        return ""
    return f" ({low})" if low == high else f" (at least {low})"


def _bounds(schema: Schema) -> str:
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    parts = [f"{sign} {schema[word]:g}" for word, sign in words.items() if word in schema]
    if "multipleOf" in schema:
        parts.append(f"a multiple of {schema['multipleOf']}")
    return f" {', '.join(parts)}" if parts else ""


class Described(NamedTuple):
    """A value of the config as the user wrote it, with the marks of its type.

    Attributes:
        place: the keys and positions that lead to it, from the root.
        value: the value itself.
        marks: the marks on its type: `Applies`, `PathMark`.
    """

    place: KeyPath
    value: Any
    marks: tuple[Any, ...]


def described(given: dict[str, Any]) -> Iterator[Described]:
    """Yield each value of a config as written, parents before children; unknown keys are left out.

    Args:
        given: the config as its files have it, or as `Config.model_dump` gives it.
    """
    yield from _described((), given, whole())


def _described(place: KeyPath, value: Any, schema: Schema) -> Iterator[Described]:
    marks = tuple(_marks(schema))
    yield Described(place, value, marks)
    children: Any = ()
    if isinstance(value, list):
        children = enumerate(value)
    elif isinstance(value, dict):
        children = value.items()
    for part, child in children:
        sub = _child(schema, part)
        if sub is not None:
            yield from _described((*place, part), child, sub)


def _marks(schema: Schema) -> Iterator[Any]:
    if "applies" in schema:
        yield Applies(*schema["applies"])
    if any(option.get("format") == "path" for option in options(schema)):
        yield PathMark()


def dotted(place: Any) -> str:
    """Return a place as a dotted config key, such as `concepts.cog.levels.count`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def given_paths(config: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the place and the text of each path; names of lists and models may be among them."""
    for place, value, marks in described(config):
        if isinstance(value, str) and any(isinstance(mark, PathMark) for mark in marks):
            yield place, value
