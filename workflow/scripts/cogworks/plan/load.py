"""From a config to its plan: strict, complete, consistent across the rooms."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cogworks.config import errors, idle, named_models, named_paths
from cogworks.config.compute import Compute
from cogworks.config.include import Layer, layers, merged, replaced_lists
from cogworks.config.parse import RefusedError, parse
from cogworks.core.errors import InputError
from cogworks.plan import (
    clones,
    evaluations,
    generators,
    measures,
    own_results,
    runs,
    unasked,
)
from cogworks.plan.plan import Plan
from cogworks.report import problems as report


def load(
    config: dict[str, Any],
    files: Iterable[str | Path] = (),
    *,
    warn: Callable[[str], None] | None = None,
) -> Plan:
    """Return what the checked config stands for.

    Args:
        config: the merged config, as Snakemake gives it.
        files: the config files that it was merged from; they are read once more, strictly and with
            those that they include, since Snakemake's own reader knows no `include` and lets a
            duplicate key or an octal number pass.
        warn: is told of each list in a file that a later file replaces, and of encoders and runs
            that nothing asks for.

    Raises:
        InputError: all problems found, one a line, each naming its dotted key, and the file
            and line that sets it.
    """
    read = layers(files)
    if warn is not None:
        for line in replaced_lists(read):
            warn(line)
    paths = [layer.file for layer in read]
    given = config
    try:
        given = merged(read, config)
        filled = named_paths.resolved(given, paths)
        plan = _all_checked(named_models.expanded(filled), paths)
    except InputError as error:
        lines = [_with_near_miss(line) for line in str(error).splitlines()]
        told = errors.located(lines, given, paths)
        raise InputError("\n".join([*told, *_alone(lines, paths)])) from None
    if warn is not None:
        for line in _left_out(plan, read):
            warn(line)
    return plan


def _left_out(plan: Plan, read: Iterable[Layer]) -> Iterator[str]:
    """Yield a line for each encoder and run that nothing asks for.

    A file that others include is a catalogue, of which each of them takes what it needs.
    """
    included = [layer.content for layer in read if not layer.given]
    for section, name, line in unasked.unasked(plan):
        if not any(name in (content.get(section) or {}) for content in included):
            yield line


def _all_checked(config: dict[str, Any], files: list[Path]) -> Plan:
    """Check a config, and where keys of it are unknown, also what it is without them."""
    try:
        return _checked(config, files)
    except RefusedError as refused:
        if refused.meant is None:
            raise
        try:
            _all_checked(refused.meant, files)
        except InputError as more:
            others = str(more).removeprefix(f"{errors.HEADING}\n")
            raise InputError(f"{refused}\n{others}") from None
        raise


def _checked(config: dict[str, Any], files: list[Path]) -> Plan:
    typed = parse(config, files)
    checked = typed.model_dump()
    plan = Plan(typed)
    problems = [*plan.image_problems, *plan.clone_problems]
    problems += plan.run_problems
    problems += plan.encoder_problems
    problems += evaluations.problems(plan)
    problems += measures.problems(plan)
    problems += own_results.problems(plan, checked)
    problems += [] if problems else report.problems(plan)
    problems += _check_compute(typed.compute)
    problems += _idle(config, checked, plan, problems)
    if problems:
        raise InputError("\n".join([errors.HEADING, *problems]))
    return plan


def _with_near_miss(line: str) -> str:
    """Return an error line with the known name that is most like the unknown one, if one is."""
    found = re.search(r"'([^']+)' is (?:no|not|none) .*?; (?:known: |evaluated are )(.*)", line)
    close = difflib.get_close_matches(found[1], found[2].split(", "), n=1) if found else []
    return f"{line}; did you mean {close[0]}?" if close else line


def _alone(lines: list[str], files: list[Path]) -> Iterator[str]:
    """Yield why so much is missing where one file was read that stands on another."""
    if len(files) == 1 and any(
        line.endswith("known: none") or ": missing; expected" in line for line in lines
    ):
        yield (
            f"Only {files[0]} was read, since a --configfile replaces the default config. To put "
            f"it on top of the demo, name both: --configfile config/config.yaml {files[0]}"
        )


def _check_compute(section: Compute) -> Iterator[str]:
    if section.device == "cpu" and section.gpus > 0:
        yield (
            f"compute.gpus: each job would ask for {section.gpus} and compute on the CPU "
            "(device is cpu); set it to 0, or device to auto"
        )


def _idle(
    given: dict[str, Any], filled: dict[str, Any], plan: Plan, problems: list[str]
) -> list[str]:
    """Return a line for each key that is written but does nothing, beside what is wrong anyway."""
    named = {problem.partition(":")[0] for problem in problems}
    others = {name: section for name, section in given.items() if name != "training"}
    found = idle.idle_keys(others, filled)
    for key, why in (generators.idle_keys(plan) | clones.idle_keys(plan)).items():
        found[key] = f"{key}: does nothing here; {why}. Remove it"
    if not plan.run_problems:
        found |= runs.idle_keys(plan, given.get("training", {}))
    return [line for key, line in found.items() if key not in named]
