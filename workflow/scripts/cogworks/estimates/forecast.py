"""What the jobs of a plan will take: images, time of a device and disk, by part and room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from cogworks.core.progress import format_duration
from cogworks.encoders.together import FOLDER
from cogworks.estimates.specs import Calibration, Calibrations, Clocked, Timed
from cogworks.plan import sizes, work
from cogworks.plan.plan import Plan
from cogworks.preflight.quick import Needed, in_words, space
from cogworks.stale.job import to_run
from cogworks.synthesis import names
from cogworks.synthesis.estimates import Estimate, read

if TYPE_CHECKING:
    from cogworks.stale.job import Job

T = TypeVar("T")
# Rules whose jobs make a picture, as `figure` does; all others that are not measured make a table.
PICTURES = ("figure", "draw_samples", "draw_sheets", "build_report")
# All rooms, as data goes through them.
ROOMS = (
    "concepts",
    "images",
    "synthesis",
    "training",
    "features",
    "probes",
    "analysis",
    "report",
)
# Where the tables of scores are, of which each takes its time to read.
SCORES = "results/probes/"
# Folders of results that are part of a room with another name.
FOLDERS = {"tuning": "probes", "crossed": "analysis", "tables": "report", "figures": "report"}


class Work(NamedTuple):
    """Images that a job looks at, drawn or trained on as often as it does, and its seconds."""

    images: int
    seconds: float


@dataclass
class Row:
    """A line of the table: a room of a part."""

    jobs: int = 0
    images: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def add(self, work: Work, size: int) -> None:
        """Count a job."""
        self.jobs += 1
        self.images += work.images
        self.seconds += work.seconds
        self.bytes += size

    def __add__(self, other: Row) -> Row:
        """Return the sum of two lines."""
        return Row(
            self.jobs + other.jobs,
            self.images + other.images,
            self.seconds + other.seconds,
            self.bytes + other.bytes,
        )


@dataclass
class Forecast:
    """What jobs will take.

    Attributes:
        plan: the plan.
        warm: whether jobs start with their libraries loaded, see `core.warm`.
        unknown: what no time is known for, found while jobs are looked at.
        devices: what was measured, found likewise.
        read: the files of the measurements that tell of these jobs, found likewise.
    """

    plan: Plan
    warm: bool
    unknown: dict[str, None] = field(default_factory=dict)
    devices: dict[str, None] = field(default_factory=dict)
    read: dict[str, None] = field(default_factory=dict)

    @cached_property
    def _clones(self) -> dict[str, Estimate]:
        """Return what was estimated for drawings, by name."""
        paths = {name: Path(names.estimate(name)) for name in self.plan.drawings}
        return {name: read(path) for name, path in paths.items() if path.exists()}

    @cached_property
    def _calibrations(self) -> Calibrations:
        return Calibrations(self.plan)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {found.path: found.bytes for found in sizes.artifacts(self.plan)}

    def rows(self, jobs: Iterable[Job]) -> dict[str, Row]:
        """Return the sums of some jobs by room, see `in_order`."""
        found: dict[str, Row] = {}
        for job in jobs:
            size = sum(self._sizes.get(path, 0) for path in job.outputs)
            found.setdefault(room(job), Row()).add(self.work(job), size)
        return in_order(found)

    def work(self, job: Job) -> Work:
        """Return what one job takes."""
        wildcards = SimpleNamespace(**job.wildcards)
        if job.rule == "extract_together":
            return self._together(wildcards)
        joins = job.rule in ("extract_features", "extract_shard") and _is_encoded(job)
        found = None if joins else self._calibrations.timed(job.rule, wildcards)
        if found is not None:
            return self._timed(found)
        if job.rule == "generate_shard":
            return self._given(wildcards.drawing, int(wildcards.number))
        what: Literal["table", "figure"] = "figure" if job.rule in PICTURES else "table"
        scores = sum(path.startswith(SCORES) for path in job.now.inputs)
        made = self._timed(Timed(self._calibrations.shown(what), 0, 1, steps=scores))
        reckoned = self._calibrations.reckoned(job.rule, wildcards)
        return Work(0, made.seconds + reckoned)

    def _together(self, wildcards: SimpleNamespace) -> Work:
        found, share = self._calibrations.together(wildcards)
        alone = [self._timed(one) for one in found]
        return Work(sum(one.images for one in alone), share * sum(one.seconds for one in alone))

    def _given(self, name: str, number: int) -> Work:
        """Return what a shard takes of a generator that is the user's."""
        drawing, found = self.plan.drawings[name], self._clones.get(name)
        self.read[names.estimate(name)] = None
        if found is None:
            self.unknown[f"images of {name}"] = None
            return Work(work.drawn(drawing, number), 0.0)
        share = drawing.share(number)
        seconds = found.device_days * 86400 * share
        start = self._timed(Timed(self._calibrations.shown("table"), 0, 0))
        return Work(round(found.images * share), seconds + start.seconds)

    def _timed(self, timed: Timed) -> Work:
        found = self._found(timed.calibration)
        begun = (
            self._found(self._calibrations.shown("table")).forked if self.warm else found.library
        )
        return Work(timed.images, begun + found.start + timed.work(found))

    def _found(self, calibration: Calibration) -> Clocked:
        found = calibration.clocked or Clocked(problem="not measured")
        self.read[calibration.path] = None
        if found.problem:
            self.unknown[f"{calibration.name} ({found.problem})"] = None
        self.devices[found.device] = None
        return found


def _is_encoded(job: Job) -> bool:
    """Say whether other jobs encode what a job only joins or takes."""
    return any(".shards/" in path or path.startswith(FOLDER) for path in job.now.inputs)


def room(job: Job) -> str:
    """Return the room that a job is of, by the folder that it writes to."""
    path = job.outputs[0] if job.outputs else ""
    if not path.startswith("results/"):
        return "report"
    folder = path.split("/")[1]
    return "report" if "." in folder else FOLDERS.get(folder, folder)


def in_order(found: Mapping[str, T]) -> dict[str, T]:
    """Return what belongs to rooms in the order in which data goes through them."""
    return {name: found[name] for name in dict.fromkeys([*ROOMS, *found]) if name in found}


HEADINGS = ("part", "room", "jobs", "images", "time", "disk")


def told(forecast: Forecast, jobs: Sequence[Job], parts: dict[str, list[str]]) -> Iterator[str]:
    """Yield what is to be said of the jobs that would run.

    Args:
        forecast: what jobs take.
        jobs: all jobs of a dry run.
        parts: the files of each part of the report by its title. A job that several parts wait for
            counts in each of them.
    """
    needed = [job for job in jobs if job.needed]
    rows = [
        (title, forecast.rows(jobs[place] for place in sorted(to_run(jobs, files))))
        for title, files in parts.items()
    ]
    everything = ("everything", forecast.rows(needed))
    yield from lines([*rows, everything] if len(parts) > 1 else [everything])
    devices = ", ".join(forecast.devices) or "this machine"
    yield f"Times are those of one job at a time; measured on: {devices}."
    for finding in space(forecast.plan, Needed()):
        yield f"{'Disk' if finding.fine else 'Disk, TOO SMALL'}: {finding.words}"
    if forecast.unknown:
        yield f"Not measured, so not in the times: {', '.join(forecast.unknown)}."


def lines(parts: Sequence[tuple[str, dict[str, Row]]]) -> Iterator[str]:
    """Yield the table: a line for each room of each part, given their titles, and a sum."""
    table = [HEADINGS]
    for title, rows in parts:
        named = [*rows.items(), ("in all", sum(rows.values(), Row()))]
        table += [
            (title if place == 0 else "", name, *_cells(row))
            for place, (name, row) in enumerate(named)
        ]
    widths = [max(len(row[at]) for row in table) for at in range(len(HEADINGS))]
    for row in table:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join([*left, *right]).rstrip()


def _cells(row: Row) -> tuple[str, str, str, str]:
    return (
        f"{row.jobs:,}",
        f"{row.images:,}" if row.images else "",
        format_duration(row.seconds),
        in_words(row.bytes) if row.bytes else "",
    )
