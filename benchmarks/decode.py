"""Images per second and core from JPEG bytes to the square that a network sees, fast against plain.

The plain implementation is the oracle: Pillow, then torchvision's Resize and CenterCrop, as in the
thesis's preprocessing. `pil` and `fast` are the decoders of the config. The rounds of all three
alternate, so that a busy machine slows them alike; ratios are of the medians.

    python benchmarks/decode.py [--images FOLDER_OR_PACK] [--number 200] [--rounds 5]
"""

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.networks.pixels import make_decoder

WIDTH, HEIGHT, RESIZE, SIZE = 500, 375, 256, 224
NEEDED = 2.3


def photographs(number: int) -> list[bytes]:
    """JPEGs of 500 x 375 with the spectrum of photographs: noise at all scales, 4:2:0."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(number):
        pixels = np.full((HEIGHT, WIDTH, 3), 128.0)
        for level in range(2, 9):
            small = rng.normal(0, 60 * 0.7 ** (level - 2), (2**level * 3 // 4, 2**level, 3))
            layer = [Image.fromarray(small[..., c].astype(np.float32)) for c in range(3)]
            big = [np.asarray(c.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) for c in layer]
            pixels += np.stack(big, axis=-1)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "jpeg", quality=90)
        images.append(buffer.getvalue())
    return images


def load(place: Path, number: int) -> list[bytes]:
    """The first JPEGs of a folder, or of a Parquet pack with a column `image`."""
    if place.is_dir():
        files = sorted(
            path for path in place.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg")
        )
        return [path.read_bytes() for path in files[:number]]
    return list(pd.read_parquet(place, columns=["image"])["image"][:number])


def plain() -> Callable[[bytes, str], np.ndarray]:
    """Pillow and torchvision's transforms, as published evaluation code has them."""
    transform = Compose([Resize(RESIZE, InterpolationMode.BICUBIC), CenterCrop(SIZE)])
    return lambda data, name: np.asarray(transform(Image.open(io.BytesIO(data)).convert("RGB")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=None)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    images = load(args.images, args.number) if args.images else photographs(args.number)
    ways = {"plain": plain()} | {
        name: make_decoder(decoder=name, size=SIZE, resize=RESIZE, interpolation="bicubic")
        for name in ("pil", "fast")
    }
    expected = [ways["plain"](data, "x").astype(int) for data in images]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(args.rounds):
        for name, decode in ways.items():
            start = time.process_time()
            for data in images:
                decode(data, "x")
            seconds[name].append(time.process_time() - start)
    base = float(np.median(seconds["plain"]))
    print(f"{len(images)} images, {args.rounds} rounds, one thread, CPU time")
    print("decoder  images/s  ratio  largest difference  share of values more than 1 away")
    for name, decode in ways.items():
        away = [
            np.abs(decode(data, "x").astype(int) - pixels)
            for data, pixels in zip(images, expected, strict=True)
        ]
        worst, beyond = max(int(a.max()) for a in away), np.mean([np.mean(a > 1) for a in away])
        median = float(np.median(seconds[name]))
        line = f"{name:7s}  {len(images) / median:8.0f}  {base / median:5.2f}"
        print(f"{line}  {worst:18d}  {beyond:.1e}")
    print(f"fast is to be at least {NEEDED} times as fast as plain, and at most 1 grey level away")


if __name__ == "__main__":
    main()
