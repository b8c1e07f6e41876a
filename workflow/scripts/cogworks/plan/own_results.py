"""Paths of the config that lie in `results/`, where only the workflow's own files are.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cogworks.config.schema import dotted, given_paths
from cogworks.core.fingerprint import is_made

if TYPE_CHECKING:
    from cogworks.plan.benchmarks import Benchmark
    from cogworks.plan.plan import Plan

RESULTS = "results"


def problems(plan: Plan, checked: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each path in `results/` that no job makes.

    Old results would hide that it is missing: Snakemake skips a job whose input neither exists nor
    is made by a rule, and takes an old file for one that is up to date. So would a run that starts
    from its own weights; runs start from runs by name.

    Args:
        plan: the plan.
        checked: the config with all defaults, as `Config.model_dump` gives it.
    """
    for place, path in given_paths(checked):
        if _is_inside(path) and path not in _made(plan, str(place[0])):
            yield (
                f"{dotted(place)}: {path} is in {RESULTS}/, and is not the name of a file that a "
                f"job makes; keep files of your own elsewhere{_by_name(plan, str(place[0]))}"
            )


def _is_inside(path: str) -> bool:
    """Say whether a path leads into `results/`, however it is spelt."""
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(RESULTS))
    return is_made(path) or inside.partition("/")[0] not in (".", "..")


def _by_name(plan: Plan, room: str) -> str:
    runs = ", ".join(plan.runs)
    words = {"training": "start.run", "encoders": "run"}
    return f", and name a training run in `{words[room]}`: {runs}" if runs and room in words else ""


def _made(plan: Plan, room: str) -> set[str]:
    """Return the made files that a section may name; none of them can lead back to itself."""
    match room:
        case "encoders":
            return {run.file("encoder.safetensors") for run in plan.runs.values()}
        case "images":
            return {found.pack for found in plan.datasets.values() if found.given.drawn}
        case "concepts":
            return {path for b in plan.benchmarks.values() for path in _counted(b)}
    return set()


def _counted(benchmark: Benchmark) -> Iterator[str]:
    """Yield the table into which a benchmark counts images, unless it reads such a table."""
    path = benchmark.summary("image_counts")
    if benchmark.select_spec.image_counts == path and not any(map(is_made, benchmark.counted)):
        yield path
