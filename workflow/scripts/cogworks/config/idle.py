"""Keys that have no effect: `Applies` says on which other keys each one depends.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Sequence
from typing import Any

from cogworks.config.base import Applies, Condition
from cogworks.config.schema import described, dotted


def idle_keys(given: dict[str, Any], filled: dict[str, Any]) -> dict[str, str]:
    """Return the keys that are written but have no effect, each with a line that says why.

    Args:
        given: the config as the user wrote it, without defaults. Null and empty values are
            never reported.
        filled: the same with all defaults; conditions are checked against it.
    """
    lines: dict[str, str] = {}
    for place, value, marks in described(given):
        key = dotted(place)
        conditions = [c for mark in marks if isinstance(mark, Applies) for c in mark.conditions]
        if not conditions or is_blank(value) or _within(key, lines):
            continue
        section = _at(filled, place[:-1])
        if not any(_holds(condition, section) for condition in conditions):
            lines[key] = (
                f"{key}: does nothing here; it applies only {in_words(conditions, section)}"
            )
    return lines


def in_words(conditions: Sequence[Condition], section: dict[str, Any] | None = None) -> str:
    """Return conditions as text; with `section`, also the current values of their keys."""
    texts = [
        " and ".join(_in_words(key, wanted) for key, wanted in condition.items())
        for condition in conditions
    ]
    text = ", or ".join(texts)
    if section is not None:
        keys = dict.fromkeys(key for condition in conditions for key in condition)
        found = ", ".join(f"{key} is {_plain(_at(section, key.split('.')))}" for key in keys)
        text += f" ({found}). Remove it"
    return text


def is_blank(value: Any) -> bool:
    """Whether a value is null, empty, or a section that holds only such values."""
    if isinstance(value, dict):
        return all(map(is_blank, value.values()))
    return value in (None, "", [])


def _holds(condition: Condition, section: Any) -> bool:
    return all(_matches(_at(section, key.split(".")), w) for key, w in condition.items())


def _matches(value: Any, wanted: Any) -> bool:
    if wanted == "given":
        return not is_blank(value)
    if isinstance(wanted, dict):
        return bool(value is not None and value > wanted["above"])
    values = value if isinstance(value, list) else [value]
    return any(item in wanted for item in values)


def _in_words(key: str, wanted: Any) -> str:
    if wanted == "given":
        return f"if {key} is given"
    if isinstance(wanted, dict):
        return f"if {key} is above {wanted['above']}"
    if wanted == [None]:
        return f"if {key} is not given"
    *others, last = map(_plain, wanted)
    return f"if {key} is {', '.join(others)}{' or ' * bool(others)}{last}"


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return ", ".join(map(_plain, value)) or "[]" if isinstance(value, list) else str(value)


def _at(value: Any, path: Any) -> Any:
    for part in path:
        if value is None:
            return None
        value = value[part] if isinstance(part, int) else value.get(part)
    return value


def _within(key: str, lines: dict[str, str]) -> bool:
    return any(key.startswith((f"{outer}.", f"{outer}[")) for outer in lines)
