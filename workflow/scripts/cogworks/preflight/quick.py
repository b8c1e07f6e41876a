"""What can be checked in a second before a run: lists, files that are not what they seem, and disk.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from cogworks.config.schema import dotted, given_paths
from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine, is_hidden, is_hidden_path
from cogworks.core.spec import Spec
from cogworks.networks.options import LIBRARY, SMALL_RESNET
from cogworks.networks.specs import BackboneSpec
from cogworks.plan import counts, sizes
from cogworks.plan.architectures import backbone_of
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run

# What is left free for logs, tables and the small files that nobody counts.
SPARE = 10**9
UNITS = ("B", "kB", "MB", "GB")
# Clocks of machines that share a disk differ a little.
SECONDS_AHEAD = 10


def from_the_future(inputs: Iterable[str]) -> Iterator[str]:
    """Say which files that jobs read are dated later than now.

    Snakemake takes what is made of them for older than they are: when such a job has ended well,
    it fails, and its outputs are deleted.
    """
    now = time.time()
    for path in dict.fromkeys(inputs):
        with contextlib.suppress(OSError):
            if (ahead := os.stat(path).st_mtime - now) > SECONDS_AHEAD:
                yield (
                    f"{path}: its date is {ahead:.0f} seconds ahead of this machine's clock, and "
                    f"Snakemake would delete what is made of it; set the clock, or `touch {path}`"
                )


class Finding(NamedTuple):
    """One thing that was checked: what, whether it is fine, and a description."""

    what: str
    fine: bool
    words: str


class Needed(Spec):
    """What the jobs of a run take; null stands for all that the config names.

    Attributes:
        encoders: whose features will be made.
        datasets: whose classes or manifests will be made.
        generators: which will be loaded.
        runs: which will be trained.
        outputs: the files that will be made.
    """

    encoders: list[str] | None = None
    datasets: list[str] | None = None
    generators: list[str] | None = None
    runs: list[str] | None = None
    outputs: list[str] | None = None

    @classmethod
    def by(cls, jobs: Iterable[tuple[dict[str, str], Iterable[str]]]) -> Self:
        """Return what jobs need, given the wildcards and the outputs of each."""
        sets: dict[str, dict[str, None]] = {
            key: {} for key in ("encoders", "datasets", "generators", "runs")
        }
        outputs: list[str] = []
        for wildcards, made in jobs:
            made = list(made)
            outputs += made
            room = Path(made[0]).parts[1] if made and "/" in made[0] else ""
            for key, name, rooms in (
                ("encoders", "encoder", ("features",)),
                ("datasets", "dataset", ("images",)),
                ("generators", "generator", ("synthesis",)),
                ("runs", "run", ("training",)),
            ):
                if name in wildcards and room in rooms:
                    sets[key][wildcards[name]] = None
        return cls(**{key: list(found) for key, found in sets.items()}, outputs=outputs)

    @property
    def without_outputs(self) -> dict[str, list[str] | None]:
        """Return the names alone, which fit a command line."""
        return {
            "encoders": self.encoders,
            "datasets": [],
            "generators": self.generators,
            "runs": self.runs,
        }


def takes(wanted: Collection[str] | None, name: str) -> bool:
    """Say whether a name is among those that are needed; None stands for all."""
    return wanted is None or name in wanted


def is_known(backbone: BackboneSpec | None) -> bool:
    """Say whether a network has been checked with the config; of others, only building shows."""
    return backbone is not None and (backbone.library, backbone.name) == (LIBRARY, SMALL_RESNET)


def to_build(plan: Plan, needed: Needed) -> list[Encoder]:
    """Return the encoders that are needed and that only building shows to be fit.

    Those with random weights, too: their library may not have the model. What a run trains has none
    yet.
    """
    return [
        encoder
        for encoder in plan.encoders.values()
        if takes(needed.encoders, encoder.name)
        and encoder.section.run is None
        and not (encoder.weights == "random" and is_known(backbone_of(encoder)))
    ]


def to_train(plan: Plan, needed: Needed) -> list[Run]:
    """Return the runs that are needed and whose network only building shows to be fit.

    Of several runs of one network it is the first.
    """
    runs = [run for run in plan.runs.values() if takes(needed.runs, run.name)]
    found = {run.spec.backbone.text: run for run in reversed(runs)}
    return [run for run in reversed(found.values()) if not is_known(run.spec.backbone)]


def to_load(plan: Plan, needed: Needed) -> bool:
    """Say whether something is needed that only loading shows to be fit."""
    given = [name for name in plan.given_generators if takes(needed.generators, name)]
    return bool(given or to_build(plan, needed) or to_train(plan, needed))


def problems(plan: Plan, needed: Needed) -> Iterator[str]:
    """Yield what is wrong with what is needed."""
    yield from unfit(plan, needed)
    yield from miscounted(plan, needed)
    yield from (finding.words for finding in space(plan, needed) if not finding.fine)


def space(plan: Plan, needed: Needed) -> Iterator[Finding]:
    """Yield for each disk what will be made on it, by room, and whether there is room for it."""
    wanted = None if needed.outputs is None else set(needed.outputs)
    missing = [
        artifact
        for artifact in sizes.artifacts(plan)
        if (artifact.path in wanted if wanted is not None else not os.path.exists(artifact.path))
    ]
    for folder, found in sizes.by_disk(missing).items():
        free, wants = shutil.disk_usage(folder).free, sizes.total(found)
        rooms = sizes.by_room(found).items()
        parts = ", ".join(f"{room} {in_words(size)}" for room, size in rooms)
        fine = wants + SPARE <= free
        words = f"{in_words(wants)} to be written below {folder} ({parts}), {in_words(free)} free"
        if not fine:
            words += (
                f"; make room for {in_words(wants + SPARE - free)} more, or make the folder of "
                "a room a link to another disk"
            )
            if any(artifact.room == "features" for artifact in found):
                words += "; encoders.*.dtype: float16 halves features"
        assumed = list(dict.fromkeys(a.assumed for a in found if a.assumed))
        if assumed:
            more = f" and {len(assumed) - 3} more" if len(assumed) > 3 else ""
            words += f". Assumed: {'; '.join(assumed[:3])}{more}"
        yield Finding("disk", fine, words)


def in_words(count: float) -> str:
    """Return a number of bytes in decimal units."""
    for unit in UNITS:
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def miscounted(plan: Plan, needed: Needed) -> Iterator[str]:
    """Yield the lists of classes that are not as long as `count` says."""
    for found in plan.datasets.values():
        expected, file = found.classes.count, found.classes.file
        if expected is None or file is None or not takes(needed.datasets, found.name):
            continue
        listed = counts.listed(file, found.key)
        if not listed.assumed and listed.number != expected:
            yield (
                f"{found.key}.classes.count: {expected} classes are expected, and {file} has "
                f"{listed.number}"
            )


def unfit(plan: Plan, needed: Needed) -> Iterator[str]:
    """Yield what is there in name only: empty folders, pointers, web pages, unreadable files."""
    for path, key in _files(plan, needed).items():
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


def _files(plan: Plan, needed: Needed) -> dict[str, str]:
    """Return every path of the user's that a job will read, each with the first key behind it."""
    found: dict[str, str] = {}
    named = _named(plan) if needed.outputs is None else ()
    for key, path in (*named, *_inside(plan, needed)):
        if not path.startswith("results/"):
            found.setdefault(path, key)
    return found


def _named(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, value in given_paths(plan.config.model_dump()):
        yield dotted(path), value


def _inside(plan: Plan, needed: Needed) -> Iterator[tuple[str, str]]:
    """Yield the files that stand behind a folder or a name of the config."""
    for encoder in plan.encoders.values():
        if takes(needed.encoders, encoder.name):
            for file in encoder.files:
                if Path(file).name != "__init__.py":
                    yield f"encoders.{encoder.declared}", file
    for found in plan.datasets.values():
        if takes(needed.datasets, found.name):
            yield from ((f"{found.key}.source", f) for f in found.source.places)
            yield from ((f"{found.key}.source", f) for f in found.source_files)
    yield from _of_generators(plan, needed)


def _of_generators(plan: Plan, needed: Needed) -> Iterator[tuple[str, str]]:
    for name, generator in plan.given_generators.items():
        if takes(needed.generators, name):
            for file in generator.files:
                if not is_hidden_path(os.path.relpath(file, generator.path)):
                    yield f"synthesis.generators.{name}", file
