"""Images per second and core from JPEG bytes to the square that a network sees, fast against plain.

The plain implementation is the oracle: Pillow, then torchvision's Resize and CenterCrop, as in the
thesis's preprocessing. `pil` and `fast` are the decoders of the config. The peer is torchvision's
own `decode_jpeg` and its resizing of tensors. The limit is decoding alone, with nothing resized.
The rounds of all alternate, so that a busy machine slows them alike; ratios are of the medians.

    python benchmarks/decode.py [--images FOLDER_OR_PACK] [--number 200] [--rounds 5]
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import simplejpeg
import torch
from PIL import Image
from torchvision.io import decode_jpeg
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from rows import Row, medians

from cogworks.core.cli import positive
from cogworks.estimates.photographs import HEIGHT, WIDTH, photographs
from cogworks.networks.pixels import make_decoder

RESIZE, SIZE = 256, 224
NEEDED = 2.3
LIMIT = "decoding alone"


def load(place: Path, number: int) -> list[bytes]:
    """The first JPEGs of a folder, or of a Parquet pack with a column `image`."""
    if place.is_dir():
        files = sorted(
            path for path in place.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg")
        )
        return [path.read_bytes() for path in files[:number]]
    return list(pd.read_parquet(place, columns=["image"])["image"][:number])


Way = Callable[[bytes], np.ndarray]


def make_ways() -> dict[str, Way]:
    """Return what makes a square of an image, each way, and what decodes it only."""
    transform = Compose([Resize(RESIZE, InterpolationMode.BICUBIC), CenterCrop(SIZE)])
    ours = {
        name: make_decoder(decoder=name, size=SIZE, resize=RESIZE, interpolation="bicubic")
        for name in ("pil", "fast")
    }

    def by_torchvision(data: bytes) -> np.ndarray:
        encoded = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        return transform(decode_jpeg(encoded)).permute(1, 2, 0).numpy()

    return {
        "plain": lambda data: np.asarray(transform(Image.open(io.BytesIO(data)).convert("RGB"))),
        **{name: lambda data, way=way: way(data, "x") for name, way in ours.items()},
        "torchvision": by_torchvision,
        LIMIT: simplejpeg.decode_jpeg,
    }


def measure(images: list[bytes], ways: dict[str, Way], rounds: int) -> dict[str, float]:
    """Return the CPU seconds that each way takes for all images."""
    each = {name: lambda way=way: [way(data) for data in images] for name, way in ways.items()}
    return medians(each, rounds, time.process_time)


def rows(threads: int) -> Iterator[Row]:
    """Yield the table's line."""
    torch.set_num_threads(1)
    seconds = measure(photographs(60), make_ways(), 5)
    yield Row(
        f"JPEG of {WIDTH} x {HEIGHT} to {SIZE} px, a core",
        f"{60 / seconds['fast']:.0f} images/s",
        seconds[LIMIT] / seconds["fast"],
        LIMIT,
        seconds["plain"] / seconds["fast"],
        (seconds["torchvision"] / seconds["fast"], "torchvision"),
        "3 times the plain way",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=None)
    parser.add_argument("--number", type=positive, default=200)
    parser.add_argument("--rounds", type=positive, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    images = load(args.images, args.number) if args.images else photographs(args.number)
    ways = make_ways()
    seconds = measure(images, ways, args.rounds)
    limit = seconds.pop(LIMIT)
    expected = [ways["plain"](data).astype(int) for data in images]
    print(f"{len(images)} images, {args.rounds} rounds, one thread, CPU time")
    print(f"{LIMIT}: {len(images) / limit:.0f} images/s")
    print("decoder      images/s  ratio  largest difference  share of values more than 1 away")
    for name, median in seconds.items():
        away = [
            np.abs(ways[name](data).astype(int) - pixels)
            for data, pixels in zip(images, expected, strict=True)
        ]
        worst, beyond = max(int(a.max()) for a in away), np.mean([np.mean(a > 1) for a in away])
        line = f"{name:11s}  {len(images) / median:8.0f}  {seconds['plain'] / median:5.2f}"
        print(f"{line}  {worst:18d}  {beyond:.1e}")
    print(f"fast is to be at least {NEEDED} times as fast as plain, and at most 1 grey level away")


if __name__ == "__main__":
    main()
