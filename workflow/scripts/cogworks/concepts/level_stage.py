"""The rule that cuts the ranking into levels (thesis 3.3.3)."""

import csv
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.concepts.levels import level_starts
from cogworks.concepts.published_levels import cog_level, read_levels
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
        spec: how many levels of which size, and the gaps between them or the file with them.
        ranking: the table of the ranking, in the order of ranks.
        eligible: the table of the selection, for the numbers of images.
        levels: wnid, level from 1, rank, similarity, nearest_seen, by level and rank.
        summary: CSV with ranks, similarities and numbers of images (before the benchmark's cap;
            empty where none were counted) of each level, and which level of ImageNet-CoG it is
            (empty where it is none).
    """
    ranked = read_parquet(ranking, columns=[name for name in LEVELS.names if name != "level"])
    pool = read_parquet(eligible, columns=["wnid", "images", "dropped_by"]).set_index("wnid")
    try:
        if spec.published is None:
            members = _cut(ranked, spec)
        else:
            members = _published(ranked, pool["dropped_by"], spec, spec.published)
            _tell_difference(members, _cut(ranked, spec), spec.published)
    except InputError as error:
        raise InputError(f"concepts.{spec.benchmark}.{error}") from error
    table = pa.Table.from_pandas(members[LEVELS.names], schema=LEVELS, preserve_index=False)
    write_parquet(table.replace_schema_metadata(None), levels)
    _write_summary(members.assign(images=members["wnid"].map(pool["images"])), summary)


def _cut(ranked: pd.DataFrame, spec: LevelSpec) -> pd.DataFrame:
    starts = level_starts(len(ranked), count=spec.count, size=spec.size, gaps=spec.gaps)
    places = np.concatenate([np.arange(start, start + spec.size) for start in starts])
    levels = np.repeat(np.arange(1, spec.count + 1), spec.size)
    return ranked.iloc[places].reset_index(drop=True).assign(level=levels)


def _published(
    ranked: pd.DataFrame, reasons: pd.Series, spec: LevelSpec, path: str
) -> pd.DataFrame:
    """Return the members of the levels of a file, with their places in the ranking here."""
    key = "levels.published"
    try:
        found = read_levels(path, count=spec.count, size=spec.size)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    levels = {wnid: number for number, level in enumerate(found, start=1) for wnid in level}
    eligible = set(ranked["wnid"])
    if lost := [wnid for wnid in levels if wnid not in eligible]:
        named = [f"{wnid} ({reasons.get(wnid, 'not in the pool')})" for wnid in lost[:5]]
        raise InputError(
            f"{key}: {len(lost)} of the {len(levels)} concepts in {path} are not eligible here, "
            f"such as {', '.join(named)}; a level without them would be another one. Add them to "
            "the pool, or loosen the filters"
        )
    members = ranked[ranked["wnid"].isin(list(levels))]
    members = members.assign(level=members["wnid"].map(levels))
    return members.sort_values(["level", "rank"], ignore_index=True)


def _tell_difference(members: pd.DataFrame, own: pd.DataFrame, path: str) -> None:
    both = members.merge(own, on=["wnid", "level"])
    print(
        f"{path}: {len(members) - len(both)} of its {len(members)} concepts are in another level, "
        "or in none, by the ranking here",
        file=sys.stderr,
    )


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
        "cog_level": cog_level(list(group["wnid"])),
    }
