"""YAML without its traps: the workflow reads what a person reads.

Imported while the DAG is planned: PyYAML and the standard library only.
"""

import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from cogworks.core.errors import InputError
from cogworks.core.inputs import read_text

KeyPath = tuple[str | int, ...]
LONGEST_NUMBER = 400


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
    # Merge keys (`<<`) come last: what they bring in may be overridden, as YAML defines.
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
    if len(text) > LONGEST_NUMBER:
        raise InputError(f"{_place(node)}: a number of {len(text)} digits; is it text? Quote it")
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

    So does a file that is missing, is not valid YAML, or is not UTF-8 text.
    """
    loader = _StrictLoader(read_text(path))
    loader.name = str(path)
    try:
        return loader.get_single_data()
    except RecursionError as error:
        raise InputError(f"{path}: lists or mappings are nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        context = f" ({error.context})" if error.context else ""
        raise InputError(f"{path}{line}: not valid YAML: {error.problem}{context}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error


def lines_of(path: str | Path) -> dict[KeyPath, int]:
    """Return the line, from 1, of each key and list item of a valid YAML file, by its place."""
    return dict(_lines((), yaml.compose(read_text(path), Loader=yaml.SafeLoader)))


def _lines(place: KeyPath, node: yaml.Node | None) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, key.value), key.start_mark.line + 1
            yield from _lines((*place, key.value), value)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*place, index), value.start_mark.line + 1
            yield from _lines((*place, index), value)
