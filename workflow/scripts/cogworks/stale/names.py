"""Which encoders, data sets and protocols a spec names that another one does not, and back."""

from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

# What the specs of the report call lists of them. Those of `ScoreFiles.names` are in this order.
KINDS = {"encoders": "encoder", "columns": "data set", "protocols": "protocol"}
NEW, GONE = "new", "gone"
# What tells the entries of a list apart, where they are mappings.
_NAMES = ("name", "anchor", "id")


class News(NamedTuple):
    """A name that came or went: of what kind it is, and which of the two."""

    kind: str
    word: str
    name: str


def news(before: Any, now: Any, key: str = "") -> list[News]:
    """Return the names that came or went, each once, those of one kind together."""
    return sorted(dict.fromkeys(_news(before, now, key)), key=_order)


def in_words(found: list[News]) -> Iterator[tuple[str, list[str], str]]:
    """Yield for each kind its word in the singular or plural, the names, and what is with them."""
    for (kind, word), some in groupby(found, key=lambda one: (one.kind, one.word)):
        names = [one.name for one in some]
        many = len(names) > 1
        yield f"{kind}{'s' * many}", names, f"{'are' if many else 'is'} {word}"


def by_name(value: Any) -> dict[str, Any] | None:
    """Return the entries of a list by their names, where each has one of its own; else None.

    An entry is a mapping with its name, or a pair of a heading and a value.
    """
    if not isinstance(value, list) or not value:
        return None
    for name in _NAMES:
        if all(isinstance(entry, dict) and isinstance(entry.get(name), str) for entry in value):
            return _unique([(entry[name], entry) for entry in value])
    if all(isinstance(entry, list) and [*map(type, entry)] == [str, str] for entry in value):
        return _unique(value)
    return None


def by_names(before: Any, now: Any) -> tuple[Any, Any]:
    """Return two values with names in place of positions, where that tells what differs."""
    if _is_scores(before) and _is_scores(now):
        return _with_tables(before), _with_tables(now)
    old, new = by_name(before), by_name(now)
    if old is None or new is None or [n for n in old if n in new] != [n for n in new if n in old]:
        return before, now
    return old, new


def without(names: Collection[str], entries: list[Any]) -> list[Any]:
    """Return the entries of a list that hold none of some names, nor a path with one of them."""
    return [entry for entry in entries if not _holds(entry, names)]


def _holds(entry: Any, names: Collection[str]) -> bool:
    if isinstance(entry, str):
        return any(part in names for part in (*Path(entry).parts, Path(entry).stem))
    inner = entry.values() if isinstance(entry, dict) else entry
    return isinstance(entry, list | dict) and any(_holds(part, names) for part in inner)


def _is_scores(value: Any) -> bool:
    """Say whether a value is of `ScoreFiles`: names, and jobs by the positions of their names."""
    return isinstance(value, dict) and {"names", "jobs"} <= value.keys()


def _with_tables(scores: dict[str, Any]) -> dict[str, Any]:
    names, jobs = scores["names"], scores["jobs"]
    tables = ["/".join(names[part][place] for part, place in enumerate(job)) for job in jobs]
    return {key: value for key, value in scores.items() if key != "names"} | {"jobs": tables}


def _news(before: Any, now: Any, key: str) -> Iterator[News]:
    if _is_scores(before) and _is_scores(now):
        for kind, old, new in zip(KINDS.values(), before["names"], now["names"], strict=True):
            yield from _differing(kind, old, new)
    elif isinstance(before, dict) and isinstance(now, dict):
        for name in before.keys() & now.keys():
            yield from _news(before[name], now[name], name)
    elif key in KINDS:
        yield from _differing(KINDS[key], list(by_name(before) or ()), list(by_name(now) or ()))


def _differing(kind: str, old: list[str], new: list[str]) -> Iterator[News]:
    yield from (News(kind, NEW, name) for name in new if name not in old)
    yield from (News(kind, GONE, name) for name in old if name not in new)


def _order(found: News) -> tuple[int, bool]:
    return [*KINDS.values()].index(found.kind), found.word == GONE


def _unique(pairs: list[Any]) -> dict[str, Any] | None:
    found = dict(pairs)
    return found if len(found) == len(pairs) else None
