"""Why a job would run again: its causes, each with its subject and what changed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.stale.code import changed_definitions
from cogworks.stale.job import Job, Made

VALUE_LENGTH = 32
LIST_SHOWN = 3
NOT_SET = "not set"
_DIGEST = re.compile("[0-9a-f]{16,}")
# What `spec.packed` gives: zlib and base64.
_PACKED = re.compile(r"eN[A-Za-z0-9+/]{40,}={0,2}")


class Cause(NamedTuple):
    """One cause: its subject, which many jobs may share, and what changed, which may differ."""

    about: str
    change: str = ""


def causes(job: Job, codes: Path) -> list[Cause]:
    """Return a job's own causes; none if it only runs because of other jobs.

    Args:
        job: a job that would run.
        codes: the folder of `code.record`.
    """
    if job.new:
        return [Cause("new")]
    found = []
    if job.begun:
        found.append(Cause("stopped before its end"))
    if job.missing:
        found.append(Cause("output missing", f"({enumerated(job.missing)})"))
    if job.before is not None:
        found += _compare(job.before, job.now, codes)
    if job.edited:
        found.append(Cause("input changed", f"({enumerated(job.edited)})"))
    if job.command:
        found.append(Cause("command line changed"))
    if job.environment:
        found.append(Cause("software environment changed"))
    return found


def _compare(before: Made, now: Made, codes: Path) -> Iterator[Cause]:
    yield from (Cause(key, words) for key, words in spec_changes(before.spec, now.spec))
    if before.code != now.code:
        definitions = changed_definitions(before.code, now.code, codes)
        yield Cause("code changed", f"({enumerated(definitions)})" if definitions else "")
    yield from _compare_others(before.others, now.others)
    yield from _compare_inputs({*before.inputs, *before.files}, {*now.inputs, *now.files})


def _compare_others(before: dict[str, str], now: dict[str, str]) -> Iterator[Cause]:
    gone, come = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    for text in come:
        told = len(gone) == len(come) == 1 and len(gone[0] + text) <= VALUE_LENGTH
        yield Cause(now[text], f"{gone[0]} -> {text}" if told else "changed")
    if gone and not come:
        yield Cause("parameter gone", f"({_text(', '.join(gone))})")


def _compare_inputs(before: set[str], now: set[str]) -> Iterator[Cause]:
    if now - before:
        yield Cause("also reads", enumerated(sorted(now - before)))
    if before - now:
        yield Cause("no longer reads", enumerated(sorted(before - now)))


def spec_changes(before: Any, now: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each dotted key whose value differs, with old and new value in words."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in sorted(before.keys() | now.keys()):
            inner = f"{key}.{name}" if key else name
            if name not in before:
                yield inner, f"{NOT_SET} -> {_value(now[name])}"
            elif name not in now:
                yield inner, f"{_value(before[name])} -> {NOT_SET}"
            else:
                yield from spec_changes(before[name], now[name], inner)
    elif _same(before, now):
        return
    elif isinstance(before, list) and isinstance(now, list):
        yield key, _list_change(before, now)
    elif _value(before) == _value(now) or (_is_opaque(before) and _is_opaque(now)):
        yield key, "changed"
    else:
        yield key, f"{_value(before)} -> {_value(now)}"


def enumerated(names: Any) -> str:
    """Return a few of the names, and how many more there are."""
    names = list(names)
    rest = len(names) - LIST_SHOWN
    shown = ", ".join(names[:LIST_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _same(before: Any, now: Any) -> bool:
    return bool(before == now) and json.dumps(before) == json.dumps(now)


def _is_opaque(value: Any) -> bool:
    """Say whether a value tells a reader nothing: a digest, or something packed."""
    return isinstance(value, str) and any(p.fullmatch(value) for p in (_DIGEST, _PACKED))


def _list_change(before: list[Any], now: list[Any]) -> str:
    old, new = ([_value(entry) for entry in some] for some in (before, now))
    if len(words := f"[{', '.join(old)}] -> [{', '.join(new)}]") <= 2 * VALUE_LENGTH:
        return words
    come = [entry for entry in new if entry not in old]
    gone = [entry for entry in old if entry not in new]
    parts = [f"with {enumerated(come)}"] * bool(come) + [f"without {enumerated(gone)}"] * bool(gone)
    return ", ".join(parts) or "in another order"


def _value(value: Any) -> str:
    return _text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _text(text: str) -> str:
    """Shorten a text in its middle, since the end of a path says most."""
    if len(text) <= VALUE_LENGTH:
        return text
    half = VALUE_LENGTH // 2
    return f"{text[: half - 1]}…{text[-half:]}"
