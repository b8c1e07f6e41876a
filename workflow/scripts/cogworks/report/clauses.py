"""Clauses on what differs from the thesis, a few of them in one sentence.

Imported while the DAG is planned: the standard library only.
"""

from collections.abc import Iterable

# So many are named; of the rest their number is told.
NAMED = 3


def told(start: str, clauses: Iterable[str]) -> str:
    """Return `start: a. b. c. And 2 more.`, each clause once; empty where there is none."""
    found = list(dict.fromkeys(filter(None, clauses)))
    if not found:
        return ""
    more = f" And {len(found) - NAMED} more." if len(found) > NAMED else ""
    return f"{start}: {'. '.join(found[:NAMED])}.{more}"
