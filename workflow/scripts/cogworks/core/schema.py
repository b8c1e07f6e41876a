"""Reading the config strictly: YAML without its traps, a closed schema, defaults filled in."""

import difflib
import functools
import math
import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml
from referencing import Registry, Resource

from cogworks.core.errors import InputError
from cogworks.core.inputs import read_text

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
ROOT_SCHEMA = "config.schema.yaml"


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a duplicate key, an octal-looking and a base-60 number are errors."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise InputError(f"{_place(key_node)}: a list or mapping cannot be a key")
        if key in seen:
            raise InputError(f"{_place(key_node)}: the key {key!r} is given twice")
        seen.add(key)
    # Only now the merge keys (`<<`): what they bring in may be overridden, as YAML has it.
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
    return {key: loader.construct_object(value, deep=True) for key, value in pairs}


def _number(loader: _StrictLoader, node: yaml.ScalarNode) -> int | float:
    text = node.value.lstrip("+-").replace("_", "")
    if ":" in text or re.fullmatch(r"0[0-9]+", text):
        raise InputError(
            f"{_place(node)}: YAML reads {node.value} as a base-60 or octal number; "
            "quote it if it is text, else write it in plain decimal"
        )
    if node.tag.endswith(":int"):
        return loader.construct_yaml_int(node)
    return loader.construct_yaml_float(node)


def _place(node: yaml.Node) -> str:
    return f"{node.start_mark.name}, line {node.start_mark.line + 1}"


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _number)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _number)


def load_yaml(path: str | Path) -> Any:
    """Read a YAML file; duplicate keys and misleading numbers raise InputError with their line.

    So does a file that is missing, no YAML, or not UTF-8 text.
    """
    loader = _StrictLoader(read_text(path))
    loader.name = str(path)
    try:
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML ({error})") from error


def validate(config: dict[str, Any], *, schemas: Path = SCHEMAS) -> dict[str, Any]:
    """Return `config` with every default of the schema filled in.

    Raises:
        InputError: one line for each unknown key, wrong type, value out of range or non-finite
            number, each naming the dotted key and what was expected there.
    """
    problems = list(_non_text_keys(config, ""))
    if problems:
        raise InputError("\n".join(["the config has errors:", *problems]))
    problems = list(_non_finite(config, ""))
    registry = _registry(schemas)
    root = registry.contents(ROOT_SCHEMA)
    filled = _fill(config, root, registry.resolver(ROOT_SCHEMA))
    checker = jsonschema.Draft202012Validator(root, registry=registry)
    errors = sorted(checker.iter_errors(filled), key=lambda error: list(map(str, error.path)))
    problems.extend(line for error in errors for line in _explain(error))
    if problems:
        raise InputError("\n".join(["the config has errors:", *dict.fromkeys(problems)]))
    return filled


class Described(NamedTuple):
    """A value of the config with its place and its schema.

    Attributes:
        path: the keys and positions that lead to it, from the root.
        value: the value itself.
        schema: what the schema says of it, with references followed.
    """

    path: tuple[str | int, ...]
    value: Any
    schema: dict[str, Any]


def described(config: dict[str, Any], *, schemas: Path = SCHEMAS) -> Iterator[Described]:
    """Yield each value of a config that the schema knows, parents before children."""
    registry = _registry(schemas)
    root = registry.contents(ROOT_SCHEMA)
    yield from _described((), config, root, registry.resolver(ROOT_SCHEMA))


def _described(
    path: tuple[str | int, ...], value: Any, schema: Any, resolver: Any
) -> Iterator[Described]:
    own = schema
    while "$ref" in schema:
        resolved = resolver.lookup(schema["$ref"])
        schema, resolver = resolved.contents, resolved.resolver
        own = {**schema, **own}
    yield Described(path, value, own)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _described((*path, index), item, schema["items"], resolver)
    if isinstance(value, dict):
        for name, child in value.items():
            sub = _schema_of(name, schema)
            if sub is not None:
                yield from _described((*path, name), child, sub, resolver)


def _schema_of(name: str, schema: dict[str, Any]) -> Any:
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    patterns = schema.get("patternProperties", {}).items()
    return next((sub for pattern, sub in patterns if re.search(pattern, name)), None)


@functools.cache
def _registry(schemas: Path) -> Registry[Any]:
    resources = [
        (path.name, Resource.from_contents({"$schema": _DIALECT} | load_yaml(path)))
        for path in sorted(schemas.glob("*.schema.yaml"))
    ]
    return Registry().with_resources(resources)


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _fill(value: Any, schema: Any, resolver: Any) -> Any:
    """Return a copy of `value` with the defaults of `properties`, however deep, filled in.

    Follows `$ref`, `properties`, `patternProperties` and `items`; alternatives (`anyOf` and the
    like) hold no defaults in our schemas, since which of them applies is not known here.
    """
    if not isinstance(schema, dict):
        return value
    if "$ref" in schema:
        resolved = resolver.lookup(schema["$ref"])
        value = _fill(value, resolved.contents, resolved.resolver)
    if isinstance(value, list) and "items" in schema:
        return [_fill(item, schema["items"], resolver) for item in value]
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for key, sub in schema.get("properties", {}).items():
        if key not in result:
            found, default = _default(sub, resolver)
            if not found:
                continue
            result[key] = default
        result[key] = _fill(result[key], sub, resolver)
    for pattern, sub in schema.get("patternProperties", {}).items():
        for key in [key for key in result if isinstance(key, str) and re.search(pattern, key)]:
            result[key] = _fill(result[key], sub, resolver)
    return result


def _default(schema: Any, resolver: Any) -> tuple[bool, Any]:
    if "default" in schema:
        return True, schema["default"]
    if "$ref" in schema:
        resolved = resolver.lookup(schema["$ref"])
        return _default(resolved.contents, resolved.resolver)
    return False, None


def _non_text_keys(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from _non_text_keys(child, f"{key}[{index}]")
    elif isinstance(value, dict):
        for name, child in value.items():
            full = f"{key}.{name}" if key else str(name)
            if not isinstance(name, str):
                kind = type(name).__name__
                yield f"{full}: YAML reads this key as {kind} {name!r}; put it in quotes"
            elif not name.isprintable():
                yield f"{full!r}: a key with a line break or control character"
            yield from _non_text_keys(child, full)


def _non_finite(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _non_finite(child, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _non_finite(child, f"{key}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{key}: {value} is not a finite number"
    elif value is not None and not isinstance(value, str | int | float):
        yield f"{key}: YAML reads {value} as a {type(value).__name__}; put it in quotes"


def _explain(error: jsonschema.ValidationError) -> Iterator[str]:
    """Yield one line per problem: the dotted key, what is wrong, what was expected."""
    key = dotted(error.absolute_path)
    schema: Any = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(schema.get("properties", {}))
        patterns = list(schema.get("patternProperties", {}))
        for name in error.instance:
            if name not in known and not any(re.search(p, str(name)) for p in patterns):
                yield _unknown_key(key, str(name), known, patterns)
        return
    text = f"{key or 'the config'}: {error.message}"
    if error.validator == "type" and isinstance(error.instance, str):
        if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", error.instance):
            text += " (YAML reads an exponent without a point as text: write 1.0e-4, not 1e-4)"
        elif re.fullmatch(r"[-+]?[0-9.]+", error.instance):
            text += " (a number in quotes is text: remove the quotes)"
    expected = schema.get("description") if isinstance(schema, dict) else None
    yield f"{text}. Expected: {expected}" if expected and key else text


def _unknown_key(key: str, name: str, known: list[str], patterns: list[str]) -> str:
    full = f"{key}.{name}" if key else name
    if not known and patterns:
        return f"{full}: not a valid name; expected {' or '.join(patterns)}"
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(sorted(known))}"
    return f"{full}: unknown key; {hint}"


def dotted(path: Any) -> str:
    """Return a JSON path as a dotted config key, such as `concepts.cog.levels.count`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
