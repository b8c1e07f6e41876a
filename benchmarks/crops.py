"""Images per second and core from JPEG bytes to the crops of a training step: 1 of 224, 8 of 96 px.

The plain implementation is the reference path, Pillow image by image and crop by crop, with the
same random choices. Rounds alternate, so that a busy machine slows both alike; the ratio is that of
the medians of CPU time. The share that only decoding takes is what is left on the CPU where a GPU
makes the crops.

    python benchmarks/crops.py [--number 64] [--batch 32] [--rounds 5]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from rows import Row, medians

from cogworks.core.cli import positive
from cogworks.estimates.photographs import photographs
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.plan import recipes
from cogworks.training.augmentation.choices import crop_kinds
from cogworks.training.loader import TrainingImages

NEEDED = 2.3
LIMIT = "decoding alone"


def write_images(folder: Path, number: int) -> Manifest:
    """Write a pack of JPEGs of 500 x 375 and its manifest."""
    pack = folder / "pack.parquet"
    pq.write_table(pa.table({"image": photographs(number)}), pack)
    rows = pd.DataFrame({"id": [f"{n:05d}" for n in range(number)], "locator": range(number)})
    rows = rows.assign(path=str(pack), container="parquet", size=-1, wnid="n00000000")
    path = folder / "train.parquet"
    return write_manifest(rows, path, dataset="noise", split="train", classes=["n00000000"])


def measure(number: int, batch: int, rounds: int) -> dict[str, float]:
    """Return the CPU seconds of an epoch of `number` images, each way."""
    kinds = crop_kinds(recipes.numbers("imagenet", "base_mc_pr").augmentation)
    batches = np.array_split(np.arange(number), max(1, number // batch))
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_images(Path(folder), number)

        def read(implementation: str, *, on_device: bool) -> None:
            images = TrainingImages(
                manifest, kinds, seed=0, implementation=implementation, on_device=on_device
            )
            for indices in batches:
                images[0, indices]

        ways = {
            "reference": lambda: read("pil", on_device=False),
            "fast": lambda: read("fast", on_device=False),
            LIMIT: lambda: read("fast", on_device=True),
        }
        return medians(ways, rounds, time.process_time)


def rows(threads: int) -> Iterator[Row]:
    """Yield the table's line."""
    torch.set_num_threads(1)
    seconds = measure(32, 32, 3)
    yield Row(
        "JPEG to crops, 1 of 224 and 8 of 96 px, a core",
        f"{32 / seconds['fast']:.0f} images/s",
        seconds[LIMIT] / seconds["fast"],
        LIMIT,
        seconds["reference"] / seconds["fast"],
        goal="3 times the plain way",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=positive, default=64)
    parser.add_argument("--batch", type=positive, default=32)
    parser.add_argument("--rounds", type=positive, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    seconds = measure(args.number, args.batch, args.rounds)
    print(f"{args.number} images of 500 x 375, {args.rounds} rounds, one thread, CPU time")
    print("| path | images/s | ms an image | ratio |")
    print("| --- | --- | --- | --- |")
    for name, median in seconds.items():
        each, ratio = 1000 * median / args.number, seconds["reference"] / median
        print(f"| {name} | {args.number / median:.0f} | {each:.2f} | {ratio:.2f} |")
    print(f"fast is to be at least {NEEDED} times as fast as the reference")


if __name__ == "__main__":
    main()
