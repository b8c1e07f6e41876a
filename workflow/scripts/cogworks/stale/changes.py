"""Why a job would run again: its causes, each with its subject and what changed."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.stale import names
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
    news = names.news(before.spec, now.spec)
    for kind, some, words in names.in_words(news):
        yield Cause(f"{kind} {enumerated(some)}", words)
    told = {one.name for one in news}
    found = list(spec_changes(before.spec, now.spec, told))
    # What tells a reader nothing, only where nothing else is told.
    opaque = [key for key in before.spec if _is_opaque(before.spec[key])]
    clear = [change for change in found if change[0] not in opaque]
    yield from (Cause(key, words) for key, words in (clear or (() if news else found)))
    if before.code != now.code:
        definitions = changed_definitions(before.code, now.code, codes)
        yield Cause("code changed", f"({enumerated(definitions)})" if definitions else "")
    yield from _compare_others(before.others, now.others)
    yield from _compare_inputs({*before.inputs, *before.files}, {*now.inputs, *now.files}, told)


def _compare_others(before: dict[str, str], now: dict[str, str]) -> Iterator[Cause]:
    gone, come = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    for text in come:
        told = len(gone) == len(come) == 1 and len(gone[0] + text) <= VALUE_LENGTH
        yield Cause(now[text], f"{gone[0]} -> {text}" if told else "changed")
    if gone and not come:
        yield Cause("parameter gone", f"({_text(', '.join(gone))})")


def _compare_inputs(before: set[str], now: set[str], told: Collection[str]) -> Iterator[Cause]:
    """Yield which files come and go, besides those of names that are told already."""
    for words, files in (("also reads", now - before), ("no longer reads", before - now)):
        if others := names.without(told, sorted(files)):
            yield Cause(words, enumerated(others))


def spec_changes(
    before: Any, now: Any, told: Collection[str] = (), key: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield each dotted key whose value differs, with old and new value in words.

    Args:
        before: a value of a spec.
        now: the same of another spec.
        told: names that came or went; what differs by them alone is left out.
        key: the key of the value.
    """
    before, now = names.by_names(before, now)
    if isinstance(before, dict) and isinstance(now, dict):
        common = before.keys() & now.keys()
        for name in sorted((before.keys() | now.keys()) - (set(told) - common)):
            inner = ".".join(filter(None, (key, name)))
            if name in common:
                yield from spec_changes(before[name], now[name], told, inner)
            else:
                old, new = (_value(d[name]) if name in d else NOT_SET for d in (before, now))
                yield inner, f"{old} -> {new}"
    elif _same(before, now):
        return
    elif isinstance(before, list) and isinstance(now, list):
        before, now = (names.without(told, some) for some in (before, now))
        if not _same(before, now):
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
    come = [_value(entry) for entry in now if entry not in before]
    gone = [_value(entry) for entry in before if entry not in now]
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
