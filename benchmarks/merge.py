"""Memory and time of merging a clone's shards: does memory grow with the number of images?

    python benchmarks/merge.py [--multiples 25 50]

The tables of the shards are made up: 100 classes, 1,280 images of each for each multiple, in 50
shards a multiple. Beside it stands what one data frame of the rows takes: at 640,000 rows 221 MB
against 269, at 6.4 million 288 MB against 1,278. It is not the rows that take it: a class of a
clone of 50 times has images in 50 shards, which are open at once. 50 shards of 25,600 rows took
616 MB with batches of up to 65,536 rows, and take 378 MB with batches of 4,096; 10 such shards take
236 MB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.core.cli import non_negative, positive

CLASSES, EACH, N_SHARDS = 100, 1280, 50


def write_tables(steps: int) -> None:
    """Write the tables of all shards, and empty tar files, into the working folder."""
    import pandas as pd
    import pyarrow as pa

    from cogworks.core.files import write_parquet
    from cogworks.synthesis import names
    from cogworks.synthesis.job import INDEX_SCHEMA

    wnids = [f"n{label:08d}" for label in range(CLASSES)]
    table = pd.DataFrame({"label": range(CLASSES), "wnid": wnids, "images": EACH})
    write_parquet(table, names.table("clone", "classes"))
    of_each = CLASSES // N_SHARDS
    for number in range(steps * N_SHARDS):
        step, part = divmod(number, N_SHARDS)
        keys = [
            (label, index)
            for label in range(part * of_each, (part + 1) * of_each)
            for index in range(step * EACH, (step + 1) * EACH)
        ]
        columns = {
            "label": [label for label, _ in keys],
            "wnid": [wnids[label] for label, _ in keys],
            "index": [index for _, index in keys],
            "id": [f"{wnids[label]}_{index:08d}" for label, index in keys],
            "prompt": ["a prompt of some words, as a definition has them"] * len(keys),
            "scene": [None] * len(keys),
            "seed": [index for _, index in keys],
            "rejected": [[]] * len(keys),
            "sha256": [f"{index:064d}" for _, index in keys],
            "phash": [f"{index:016d}" for _, index in keys],
            "offset": [100_000 * at for at in range(len(keys))],
            "size": [90_000] * len(keys),
        }
        rows = pa.table(columns, schema=INDEX_SCHEMA)
        write_parquet(rows, names.index("clone", number), metadata={"size": 0})
        Path(names.shard("clone", number)).touch()


def merge(multiple: int) -> None:
    """Merge them, as the rule does."""
    from cogworks.synthesis import names
    from cogworks.synthesis.merge import merge as merge_shards
    from cogworks.synthesis.specs import MergeSpec

    merge_shards(
        MergeSpec(name="clone", drawing="clone", multiple=multiple, shortfall="drop"),
        n_shards=N_SHARDS,
        classes=Path(names.table("clone", "classes")),
        manifest=Path(names.table("clone", "manifest")),
        quality=Path(names.table("clone", "quality")),
    )


def plain() -> None:
    """Read the manifest into a data frame."""
    from cogworks.images.manifest import read_manifest
    from cogworks.synthesis import names

    assert len(read_manifest(names.table("clone", "manifest")).frame)


def measured(folder: str, *options: str) -> tuple[float, float]:
    """Return seconds and peak memory (MB) of this script with some options."""
    start = time.perf_counter()
    command = [sys.executable, str(Path(__file__).resolve()), *options]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{options} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--multiples", type=positive, nargs="+", default=[25, 50])
    parser.add_argument("--write", type=non_negative, help=argparse.SUPPRESS)
    parser.add_argument("--merge", type=non_negative, help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write is not None:
        write_tables(args.write)
    elif args.merge is not None:
        merge(args.merge)
    elif args.plain:
        plain()
    else:
        with tempfile.TemporaryDirectory() as folder:
            # In a process of its own: what this one holds would count as its children's.
            measured(folder, "--write", str(max(args.multiples)))
            for multiple in args.multiples:
                rows = multiple * CLASSES * EACH
                seconds, memory = measured(folder, "--merge", str(multiple))
                _, whole = measured(folder, "--plain")
                print(
                    f"{rows:>10,} rows: {seconds:6.1f} s, {memory:6.0f} MB at most "
                    f"(as one data frame {whole:6.0f} MB, {whole / memory:.1f} times as much)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
