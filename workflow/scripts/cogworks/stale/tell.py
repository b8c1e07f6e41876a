"""What would run again, and why: one line per stage."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cogworks.core.words import counted
from cogworks.stale.changes import LIST_SHOWN, Cause, causes, enumerated
from cogworks.stale.code import CODES
from cogworks.stale.job import Job
from cogworks.stale.kept import kept

NOTHING = "nothing would run again"
CHANGES_SHOWN = 2
CAUSES_SHOWN = 5


def tell(jobs: Sequence[Job], *, codes: Path = CODES) -> list[str]:
    """Return what would run again, and why: stages with causes of their own, then the others.

    Args:
        jobs: all jobs, in the order of the stages.
        codes: the folder of `code.record`.
    """
    needed = [job for job in jobs if job.needed]
    if not needed:
        return [f"{NOTHING}: {counted(len(jobs), 'job')}, all up to date"]
    own = {place: causes(job, codes) for place, job in enumerate(jobs) if job.needed}
    lines = list(_own_lines(jobs, {place: found for place, found in own.items() if found}))
    lines += _following_lines(jobs, own)
    return [*lines, f"{len(needed)} of {counted(len(jobs), 'job')} would run"]


def _own_lines(jobs: Sequence[Job], own: dict[int, list[Cause]]) -> Iterator[str]:
    """Yield a line for each stage and set of causes, and one for all entirely new stages."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, found in own.items():
        groups[jobs[place].rule, *(cause.about for cause in found)].append(place)
    sizes = Counter(job.rule for job in jobs)
    stages = []
    for (rule, *abouts), places in groups.items():
        new = abouts == ["new"]
        chosen = [jobs[place] for place in places]
        words = [] if new else list(_merged([own[place] for place in places]))
        words += kept(chosen, jobs)
        if new and len(chosen) == sizes[rule] and not words:
            stages.append(rule)
            continue
        which = _which(chosen, [job for job in jobs if job.rule == rule], "new " * new)
        yield ": ".join([rule, which] + ["; ".join(words)] * bool(words))
    if stages:
        yield f"new: {_numbered(stages, sizes)}"


def _numbered(rules: Iterable[str], sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} ({sizes[rule]})" for rule in rules)


def _merged(found: Sequence[list[Cause]]) -> Iterator[str]:
    """Yield each cause once: jobs may share what changed but differ in how."""
    for same in list(zip(*found, strict=True))[:CAUSES_SHOWN]:
        changes = list(dict.fromkeys(cause.change for cause in same))
        shown = ", ".join(changes[:CHANGES_SHOWN])
        rest = len(changes) - CHANGES_SHOWN
        yield f"{same[0].about} {shown}".rstrip() + f" and {rest} more" * (rest > 0)
    rest = len(found[0]) - CAUSES_SHOWN
    if rest > 0:
        yield f"and {rest} more changes"


def _which(chosen: Sequence[Job], same: Sequence[Job], new: str) -> str:
    """Say which jobs of a stage are meant."""
    count = len(chosen)
    if len(same) == 1:
        return f"1 {new}job"
    number = counted(count, f"{new}job") if new else f"{count} of {len(same)} jobs"
    if count == len(same):
        return number if new else f"all {count} jobs"
    if count <= LIST_SHOWN:
        return f"{number} ({', '.join('/'.join(job.wildcards.values()) for job in chosen)})"
    told = []
    for name in chosen[0].wildcards:
        values = list(dict.fromkeys(job.wildcards[name] for job in chosen))
        if len(values) <= LIST_SHOWN and len(values) < len({job.wildcards[name] for job in same}):
            told.append(f"{name} {', '.join(values)}")
    return f"{number} ({'; '.join(told)})" if told else number


def _following_lines(jobs: Sequence[Job], own: dict[int, list[Cause]]) -> Iterator[str]:
    """Yield which stages run because of which others; those with the same causes share a line."""
    roots: dict[int, set[str]] = {}
    because: dict[str, set[str]] = defaultdict(set)
    numbers: Counter[str] = Counter()
    for place in _upstream_first(jobs):
        rule = jobs[place].rule
        if own[place]:
            roots[place] = {rule}
            continue
        roots[place] = set().union(*(roots[other] for other in jobs[place].after))
        because[rule] |= roots[place]
        numbers[rule] += 1
    lines: dict[str, list[str]] = defaultdict(list)
    order = list(dict.fromkeys(job.rule for job in jobs))
    for rule in sorted(because, key=order.index):
        lines[enumerated(sorted(because[rule], key=order.index))].append(rule)
    for causing, rules in lines.items():
        yield f"because of {causing or 'others'}: {_numbered(rules, numbers)}"


def _upstream_first(jobs: Sequence[Job]) -> Iterator[int]:
    """Yield the positions of the jobs that would run, each after those that it waits for."""
    done: set[int] = set()
    for start in (place for place, job in enumerate(jobs) if job.needed):
        stack = [start]
        while stack:
            waiting = [other for other in jobs[stack[-1]].after if other not in done]
            if waiting:
                stack += waiting
                continue
            place = stack.pop()
            if place not in done:
                done.add(place)
                yield place
