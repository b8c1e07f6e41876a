"""The rule that cuts the ranking into levels (thesis 3.3.3)."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.concepts.levels import level_starts
from cogworks.concepts.specs import LevelSpec
from cogworks.core.errors import InputError
from cogworks.core.files import atomic, read_parquet, write_parquet

LEVELS = pa.schema(
    [
        ("wnid", pa.string()),
        ("level", pa.int64()),
        ("rank", pa.int64()),
        ("similarity", pa.float64()),
        ("nearest_seen", pa.string()),
    ]
)


def run(spec: LevelSpec, *, ranking: Path, eligible: Path, levels: Path, summary: Path) -> None:
    """Write who is in which level, and a line for each level.

    Args:
        spec: how many levels of which size, and the gaps between them.
        ranking: the table of the ranking, in the order of ranks.
        eligible: the table of the selection, for the numbers of images.
        levels: wnid, level from 1, rank, similarity, nearest_seen, in the order of ranks.
        summary: CSV with ranks, similarities and numbers of images (before the benchmark's cap;
            empty where none were counted) of each level.
    """
    ranked = read_parquet(ranking, columns=[name for name in LEVELS.names if name != "level"])
    try:
        starts = level_starts(len(ranked), count=spec.count, size=spec.size, gaps=spec.gaps)
    except InputError as error:
        raise InputError(f"concepts.{spec.benchmark}.{error}") from error
    places = np.concatenate([np.arange(start, start + spec.size) for start in starts])
    members = ranked.iloc[places].reset_index(drop=True)
    members["level"] = np.repeat(np.arange(1, spec.count + 1), spec.size)
    table = pa.Table.from_pandas(members[LEVELS.names], schema=LEVELS, preserve_index=False)
    write_parquet(table.replace_schema_metadata(None), levels)
    images = read_parquet(eligible, columns=["wnid", "images"]).set_index("wnid")["images"]
    _write_summary(members.assign(images=members["wnid"].map(images)), summary)


def _write_summary(members: pd.DataFrame, path: Path) -> None:
    with atomic(path) as partial, open(partial, "w", newline="", encoding="utf-8") as handle:
        lines = [_describe(level, group) for level, group in members.groupby("level")]
        writer = csv.DictWriter(handle, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _describe(level: int, group: pd.DataFrame) -> dict[str, Any]:
    similarity, images = group["similarity"], group["images"]
    counted = images.notna().all()
    return {
        "level": level,
        "concepts": len(group),
        "first_rank": group["rank"].iloc[0],
        "last_rank": group["rank"].iloc[-1],
        "similarity_first": float(similarity.iloc[0]),
        "similarity_mean": math.fsum(similarity) / len(group),
        "similarity_last": float(similarity.iloc[-1]),
        "images": int(images.sum()) if counted else None,
        "images_min": int(images.min()) if counted else None,
        "images_max": int(images.max()) if counted else None,
    }
