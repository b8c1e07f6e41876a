"""Errors in a config, one line per problem: key, value, what was expected, file and line.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import copy
import difflib
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from cogworks.config import schema
from cogworks.config.base import LONGEST_NAME
from cogworks.config.schema import dotted
from cogworks.config.yaml_file import KeyPath, lines_of, load_yaml

HEADING = "the config has errors:"
# Texts become parts of command lines, which Linux limits to 131,072 bytes.
LONGEST_TEXT = 10_000
_LOCATED = re.compile(r", line \d+\)")
_LAST = re.compile(r"(\.[^.\[]*|\[\d+\])$")
_QUOTED = re.compile(r"'([^']+)'")
# An error of a place in the config: the place, and what is wrong there.
Problem = tuple[KeyPath, str]


def unreadable(given: Any, place: KeyPath = ()) -> Iterator[Problem]:
    """Yield values that YAML reads differently than meant, and numbers that are not finite."""
    if isinstance(given, dict):
        for name, child in given.items():
            here = (*place, str(name))
            if not isinstance(name, str):
                kind = type(name).__name__
                yield here, f"YAML reads this key as {kind} {name!r}; put it in quotes"
            elif not name.strip() or not name.isprintable():
                fault = "a key that is empty, or has a line break or control character"
                yield (*place, repr(name)), fault
            yield from unreadable(child, here)
    elif isinstance(given, list):
        for index, child in enumerate(given):
            yield from unreadable(child, (*place, index))
    elif isinstance(given, float) and not math.isfinite(given):
        yield place, f"{given} is not a finite number"
    elif isinstance(given, str):
        yield from ((place, fault) for fault in _faults(given))
    elif given is not None and not isinstance(given, int | float):
        yield place, f"YAML reads {given} as a {type(given).__name__}; put it in quotes"


def _faults(given: str) -> Iterator[str]:
    if len(given) > LONGEST_TEXT:
        yield f"a text of {len(given)} characters; expected at most {LONGEST_TEXT}"
    elif any("\ud800" <= character <= "\udfff" for character in given):
        yield f"{_short(given)} holds half of a pair of characters, which no file can hold"


def explained(error: ValidationError, given: dict[str, Any]) -> list[Problem]:
    """Return one problem for each place that a config's classes refuse."""
    found: dict[KeyPath, str] = {}
    for detail in error.errors(include_url=False):
        place = _place(given, detail["loc"], missing=detail["type"] == "missing")
        found.setdefault(place, _words(place, dict(detail)))
    return [(place, text) for place, text in found.items() if not _is_outer(place, found)]


def as_meant(error: ValidationError, given: dict[str, Any]) -> dict[str, Any] | None:
    """Return a config whose unknown keys alone are refused without them; None for another.

    One that is like a known key takes that key's place: what depends on it shall not be missing.
    """
    details = error.errors(include_url=False)
    if any(detail["type"] != "extra_forbidden" for detail in details):
        return None
    meant = copy.deepcopy(given)
    for place in (_place(given, detail["loc"], missing=False) for detail in details):
        section, close = _value(meant, place[:-1]), _meant(place)
        value = section.pop(place[-1])
        if close is not None:
            section.setdefault(close, value)
    return meant


class _File(NamedTuple):
    path: Path
    lines: dict[KeyPath, int]
    content: Any


def text(
    problems: Iterable[Problem], given: dict[str, Any], files: Iterable[str | Path] = ()
) -> str:
    """Return problems as lines, each with the last file and line that sets the value.

    Args:
        problems: what is wrong, and where.
        given: the merged config; a value in none of the files is from the command line.
        files: the files that it was merged from.
    """
    read = _read(files)
    return "\n".join(
        f"{dotted(place)}: {words}{_where(place, given, read)}" if place else f"the config: {words}"
        for place, words in problems
    )


def located(
    lines: Iterable[str], given: dict[str, Any], files: Iterable[str | Path]
) -> Iterator[str]:
    """Yield lines that begin with a dotted key, each with the file and line that sets it.

    A line that names one already, or whose key is in no file, stays as it is.

    Args:
        lines: as `KEY: WORDS`. If the words begin with a name of a list, its own line is told.
        given: as for `text`.
        files: as for `text`.
    """
    read = _read(files)
    places = {dotted(place): place for file in read for place in file.lines}
    for line in lines:
        place = () if _LOCATED.search(line) else _place_of(line, places, given)
        yield line + _where(place, given, read)


def _place_of(line: str, places: dict[str, KeyPath], given: dict[str, Any]) -> KeyPath:
    """Return the place that a line is about, or the nearest enclosing one below its section."""
    key, _, words = line.partition(": ")
    while key not in places and (outer := _LAST.sub("", key)) != key:
        key = outer
    place = places.get(key, ())
    if len(place) < 2 and not line.startswith(f"{key}:"):
        return ()
    name, value = _QUOTED.match(words), _value(given, place)
    if name and isinstance(value, list) and name[1] in value:
        return (*place, value.index(name[1]))
    return place


def _read(files: Iterable[str | Path]) -> list[_File]:
    return [_File(Path(file), lines_of(file), load_yaml(file)) for file in files]


def _where(place: KeyPath, given: dict[str, Any], files: list[_File]) -> str:
    """Return the file and line of a place, or of the nearest enclosing place that is written."""
    for end in range(len(place), 0, -1):
        here = place[:end]
        value = _value(given, here)
        for file in reversed(files):
            if here in file.lines:
                same = isinstance(value, dict) or value == _value(file.content, here)
                return f" ({file.path}, line {file.lines[here]})" if same else ""
        if value is not None:
            return ""
    return ""


def _value(config: Any, place: KeyPath) -> Any:
    """Return the value at a place; None if there is none."""
    for part in place:
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            return None
    return config


def _place(given: Any, loc: tuple[int | str, ...], *, missing: bool) -> KeyPath:
    """Return where an error is, without Pydantic's own marks, such as those of alternatives."""
    place: list[int | str] = []
    value = given
    for part in loc:
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if inside:
            value = value[part]
            place.append(part)
    if missing:
        place.append(loc[-1])
    return tuple(place)


def _is_outer(place: KeyPath, found: dict[KeyPath, str]) -> bool:
    """Say whether a place is refused only because something inside it is."""
    return any(other != place and other[: len(place)] == place for other in found)


def _words(place: KeyPath, detail: dict[str, Any]) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown(place)
    if detail["loc"][-1] == "[key]":
        return (
            f"not a valid name; expected at most {LONGEST_NAME} letters, digits, _, . and -, "
            "beginning with a letter or digit"
        )
    described = schema.at(place) or {}
    expected = f"expected {schema.kind(described)}"
    if detail["type"] == "missing":
        return f"missing; {expected}.{_meaning(described)}"
    value = _short(detail["input"])
    if detail["type"] == "value_error":
        return f"{value} {detail['ctx']['error']}"
    return f"{expected}, not {value}{_hint(detail['input'], described)}.{_meaning(described)}"


def _meaning(described: schema.Schema) -> str:
    """Return the first sentence of a key's description."""
    words = " ".join(described.get("description", "").split())
    # No sentence begins as what follows an abbreviation does.
    first = re.match(r".*?\.(?= [^0-9a-z]|$)", words)
    return f" {first[0] if first else words}" if words else ""


def _short(value: Any, longest: int = 60) -> str:
    words = {None: "null", True: "true", False: "false"}
    plain = words[value] if value is None or isinstance(value, bool) else repr(value)
    return plain if len(plain) <= longest else f"{plain[: longest - 4]} ..."


def _hint(value: Any, described: schema.Schema) -> str:
    if not isinstance(value, str):
        return ""
    if close := difflib.get_close_matches(value, schema.texts(described), n=1):
        return f" (did you mean {close[0]}?)"
    if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", value):
        return " (YAML reads an exponent without a point as text: write 1.0e-4, not 1e-4)"
    if re.fullmatch(r"[-+]?[0-9.]+", value):
        return " (a number in quotes is text: remove the quotes)"
    return ""


def _unknown(place: KeyPath) -> str:
    close = _meant(place)
    known = ", ".join(sorted(schema.known_keys(place[:-1])))
    return f"unknown key; did you mean {close}?" if close else f"unknown key; known keys: {known}"


def _meant(place: KeyPath) -> str | None:
    """Return the known key that an unknown one is most like, if it is like one."""
    known = schema.known_keys(place[:-1])
    return next(iter(difflib.get_close_matches(str(place[-1]), known, n=1)), None)
