"""The estimates of all clones as one table of text."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cogworks.core.files import read_json
from cogworks.core.progress import format_duration

COLUMNS = ("clone", "images", "denoiser calls", "images/s", "on one device", "disk", "measured")


@dataclass(frozen=True)
class Estimate:
    """What a clone will cost.

    Attributes:
        clone: its name.
        images: images asked for.
        denoiser_calls: calls of the denoiser in all batches.
        denoiser_calls_per_batch: calls for one batch.
        rows_per_call: latents in a call; with guidance, twice the images of a batch.
        device: the device that was measured.
        measured: how.
        images_per_second: on one device.
        device_days: days of one device.
        bytes_per_image: disk space of one image.
        disk_bytes: disk space of all.
    """

    clone: str
    images: int
    denoiser_calls: int
    denoiser_calls_per_batch: int
    rows_per_call: int
    device: str
    measured: str
    images_per_second: float
    device_days: float
    bytes_per_image: int
    disk_bytes: int


def read(path: Path) -> Estimate:
    """Return an estimate that was written."""
    return Estimate(**read_json(path))


def summary(paths: Sequence[Path]) -> str:
    """Return a line for each estimate, their sum, and the disk space that is free."""
    found = [read(path) for path in paths]
    if not found:
        return "no clone in synthesis.clones"
    rows: list[tuple[str, ...]] = [COLUMNS]
    for one in found:
        rate, how = f"{one.images_per_second:.3g}", f"{one.measured}, {one.device}"
        rows.append(_row(one.clone, [one], rate=rate, how=how))
    if len(found) > 1:
        rows.append(_row("all", found))
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, f"free on this disk: {_bytes(shutil.disk_usage('.').free)}"])


def _row(name: str, found: Sequence[Estimate], *, rate: str = "", how: str = "") -> tuple[str, ...]:
    """Return the cells for the sum of some estimates."""
    return (
        name,
        f"{sum(one.images for one in found):,}",
        f"{sum(one.denoiser_calls for one in found):,}",
        rate,
        format_duration(86400 * sum(one.device_days for one in found)),
        _bytes(sum(one.disk_bytes for one in found)),
        how,
    )


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
