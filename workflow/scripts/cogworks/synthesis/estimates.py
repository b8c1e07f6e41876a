"""The estimates of all clones as one table of text."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cogworks.core.files import read_json

COLUMNS = ("clone", "images", "denoiser calls", "images/s", "device-days", "disk", "measured")


def summary(paths: Sequence[Path]) -> str:
    """Return a line for each estimate, their sum, and the disk space that is free."""
    found: list[dict[str, Any]] = [read_json(path) for path in paths]
    if not found:
        return "no clone in synthesis.clones"
    rows = [COLUMNS, *map(_row, found)]
    if len(found) > 1:
        keys = ("images", "denoiser_calls", "device_days", "disk_bytes")
        total: dict[str, Any] = {key: sum(values[key] for values in found) for key in keys}
        rows.append(_row(total | {"clone": "all", "images_per_second": None, "measured": ""}))
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, f"free on this disk: {_bytes(shutil.disk_usage('.').free)}"])


def _row(values: dict[str, Any]) -> tuple[str, ...]:
    rate, days = values["images_per_second"], values["device_days"]
    device = f", {values['device']}" if "device" in values else ""
    return (
        values["clone"],
        f"{values['images']:,}",
        f"{values['denoiser_calls']:,}",
        f"{rate:.3g}" if rate is not None else "",
        f"{days:.3g}" if days >= 0.01 else f"{days * 1440:.2g} min",
        _bytes(values["disk_bytes"]),
        f"{values['measured']}{device}",
    )


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
