"""Training runs that differ in their seed alone: which they are, and what they are called together.

The thesis trains each recipe once. Where a config trains it with several seeds, what shows training
runs has one row or point for all of them: the mean, with the spread over them.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from cogworks.core.spec import canonical
from cogworks.plan.plan import Plan
from cogworks.report.recipes import SEEDS, properties, without
from cogworks.report.specs import Named


def firsts(plan: Plan) -> dict[str, str]:
    """Return for each encoder the first of those that differ from it in their seed alone.

    Of two with the same seed the second stands for itself: it is the same thing once more.
    """
    result: dict[str, str] = {}
    groups: dict[str, list[dict[str, str]]] = {}
    for name in plan.encoders:
        entry = properties(plan, name)
        seeds = canonical([entry.get(seed) for seed in SEEDS])
        alike = groups.setdefault(canonical(without(entry, SEEDS)) if entry else name, [])
        group = next((found for found in alike if seeds not in found), None)
        if group is None:
            alike.append(group := {})
        group[seeds] = name
        result[name] = next(iter(group.values()))
    return result


def shared_name(names: Sequence[str]) -> str:
    """Return what the names of such runs begin with, to the end of a word; else the first name."""
    if len(names) == 1:
        return names[0]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    shared = "".join(letters[0] for letters in alike)
    if any(name[len(shared) :][:1].isalnum() for name in names):
        shared = re.sub(r"[^\W_]+$", "", shared)
    return shared.rstrip(" _.-") or names[0]


def told(repeats: Mapping[str, str], rows: Iterable[Named]) -> str:
    """Return a sentence on the rows that stand for several runs, after a space; else ''.

    Args:
        repeats: see `specs.ScoreFiles`.
        rows: what is shown.
    """
    counts = Counter(repeats.values())
    found = [f"{row.label} ({counts[row.name]} runs)" for row in rows if counts[row.name] > 1]
    return f" Means over runs that differ in their seed alone: {', '.join(found)}." if found else ""
