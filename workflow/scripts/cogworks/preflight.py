"""Problems that can be found before hours of work start: paths, weights, devices, disk."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.concepts.wordnet import open_wordnet
from cogworks.config.schema import dotted, given_paths
from cogworks.core.device import pick_device
from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine, is_hidden, is_hidden_path
from cogworks.encoders.cache import missing_from_cache
from cogworks.plan import clones
from cogworks.plan.datasets import declared
from cogworks.plan.plan import Plan

SPACE_GIB = 5


class Finding(NamedTuple):
    """One thing that was checked: what, whether it is fine, and a description."""

    what: str
    fine: bool
    words: str


def inspect(plan: Plan, *, folder: Path = Path()) -> Iterator[Finding]:
    """Yield what is fine, and every problem.

    Args:
        plan: what the config stands for.
        folder: the project's folder, whose free disk space is checked.
    """
    yield _attempt("WordNet", lambda: str(_wordnet_sources(plan)))
    yield _attempt("device", lambda: str(pick_device(plan.config.compute.device)))
    problems = {
        "concepts": [line for found in plan.benchmarks.values() for line in found.missing],
        "images": [line for found in declared(plan) for line in found.missing],
        "synthesis": clones.missing(plan),
        "training": [line for run in plan.runs.values() for line in run.missing],
        "encoders": [*_missing_weights(plan), *_not_cached(plan)],
    }
    for problem in _unfit(plan):
        problems[problem.partition(".")[0]].append(problem)
    for room, lines in problems.items():
        yield from _listed(room, lines)
    free = shutil.disk_usage(folder).free / 2**30
    words = f"{free:.0f} GiB free" + ("" if free >= SPACE_GIB else f", at least {SPACE_GIB} wanted")
    yield Finding("disk", free >= SPACE_GIB, words)


def _wordnet_sources(plan: Plan) -> str:
    folders = {section.wordnet for section in plan.config.concepts.values()} or {None}
    return ", ".join(str(open_wordnet(folder).source) for folder in sorted(folders, key=str))


def _attempt(what: str, action: Any) -> Finding:
    try:
        return Finding(what, True, action())
    except InputError as error:
        return Finding(what, False, str(error))


def _listed(what: str, problems: list[str]) -> Iterator[Finding]:
    if not problems:
        yield Finding(what, True, "every path that the config names exists")
    for problem in problems:
        yield Finding(what, False, problem)


def _missing_weights(plan: Plan) -> Iterator[str]:
    for encoder in plan.encoders.values():
        yield from encoder.missing


def _not_cached(plan: Plan) -> Iterator[str]:
    """Yield the encoders whose library would have to fetch their weights, where it may not."""
    if plan.config.compute.online:
        return
    for encoder in plan.encoders.values():
        model = encoder.cached_model
        for problem in missing_from_cache(model.library, model.name) if model else ():
            yield (
                f"encoders.{encoder.declared}: {problem}; set compute.online to true once, or "
                "fetch it where there is a network and copy it there"
            )


def _unfit(plan: Plan) -> Iterator[str]:
    """Yield what is there in name only: empty folders, pointers, web pages, unreadable files."""
    for path, key in _files(plan).items():
        try:
            if Path(path).is_dir():
                _check_folder(Path(path))
            elif Path(path).exists():
                check_genuine(path)
        except InputError as error:
            yield f"{key}: {error}"
        except OSError as error:
            yield f"{key}: {path} cannot be read ({error.strerror})"


def _check_folder(path: Path) -> None:
    with os.scandir(path) as entries:
        if all(is_hidden(entry.name) for entry in entries):
            raise InputError(f"{path} is an empty folder")


def _files(plan: Plan) -> dict[str, str]:
    """Return every path of the user's that a job will read, each with the first key behind it."""
    found: dict[str, str] = {}
    for key, path in (*_named(plan), *_inside(plan)):
        if not path.startswith("results/"):
            found.setdefault(path, key)
    return found


def _named(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, value in given_paths(plan.config.model_dump()):
        yield dotted(path), value


def _inside(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the files that stand behind a folder or a name of the config."""
    for encoder in plan.encoders.values():
        for file in encoder.files:
            if Path(file).name != "__init__.py":
                yield f"encoders.{encoder.declared}", file
    for found in plan.datasets.values():
        for file in found.source_files:
            yield f"{found.key}.source", file
    for name, generator in plan.given_generators.items():
        for file in generator.files:
            if not is_hidden_path(os.path.relpath(file, generator.path)):
                yield f"synthesis.generators.{name}", file
