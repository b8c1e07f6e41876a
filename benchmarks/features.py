"""Features per second, from JPEG files to the feature file, against a plain loop.

The plain loop is the oracle: an image at a time is decoded by Pillow and prepared by torchvision's
transforms, and a batch at a time goes through the network. Ours is `extract`, with either decoder,
which decodes in threads while the network computes, and also writes the file and its index. The
features must agree: to 1e-5 with `pil`, in direction (cosine 0.999) with `fast`. Last, three shards
joined must be the bytes of one run.

    python benchmarks/features.py [--number 256] [--threads 2] [--size 64] [--model ...]
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torchvision.transforms import (
    CenterCrop,
    Compose,
    InterpolationMode,
    Normalize,
    Resize,
    ToTensor,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from rows import Row

from cogworks.config.parse import parse
from cogworks.core.cli import positive
from cogworks.encoders.extract import extract
from cogworks.encoders.merge import merge
from cogworks.encoders.registry import load_encoder
from cogworks.encoders.specs import EncoderSpec
from cogworks.encoders.store import read_features
from cogworks.estimates.photographs import photographs
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.networks.pixels import make_decoder
from cogworks.plan.plan import Plan

BATCH = 16


def write_images(folder: Path, number: int, distinct: int = 64) -> Manifest:
    """Write `number` JPEGs of 500 x 375 (`distinct` different ones in turn) and a manifest."""
    data = photographs(min(number, distinct))
    rows = []
    for index in range(number):
        path = folder / f"{index:06d}.jpg"
        path.write_bytes(data[index % len(data)])
        rows.append({"id": path.stem, "path": str(path), "wnid": "n0"})
    frame = pd.DataFrame(rows).assign(container="file", locator=0, size=-1)
    return write_manifest(
        frame, folder / "manifest.parquet", dataset="set", split="train", classes=["n0"]
    )


def make_spec(model: str, size: int, **settings: Any) -> EncoderSpec:
    """The resolved spec of a random encoder."""
    section = {"model": model, "weights": "random", "image_size": size, **settings}
    plan: Plan = Plan(parse({"encoders": {"mine": section}}))
    return plan.encoders["mine"].spec


def plain(manifest: Manifest, spec: EncoderSpec) -> np.ndarray:
    """Decode, prepare and encode one after the other."""
    encoder = load_encoder(spec, device="cpu")
    size = encoder.image.image_size
    prepare = Compose(
        [
            Resize(size, InterpolationMode.BICUBIC),
            CenterCrop(size),
            ToTensor(),
            Normalize(encoder.image.mean, encoder.image.std),
        ]
    )
    paths = manifest.frame["path"].tolist()
    parts = []
    with torch.no_grad():
        for first in range(0, len(paths), BATCH):
            data = [Path(path).read_bytes() for path in paths[first : first + BATCH]]
            images = [prepare(Image.open(io.BytesIO(one)).convert("RGB")) for one in data]
            parts.append(encoder.module(torch.stack(images)).numpy())
    return np.concatenate(parts)


def timed(run: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The shortest time of several runs, and the last result."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return min(times), result


def ours(
    manifest: Manifest, spec: EncoderSpec, stem: Path, *, threads: int, **options: Any
) -> np.ndarray:
    """Extract to a file and read it back."""
    npy, index = stem.with_suffix(".npy"), stem.with_suffix(".parquet")
    device = torch.device(options.pop("device", "cpu"))
    extract(manifest, spec, npy=npy, index=index, device=device, threads=threads, **options)
    return np.asarray(read_features(npy, index).x)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The smallest cosine between corresponding rows."""
    return float(((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min())


def decoding(manifest: Manifest, size: int, decoder: str = "fast") -> list[np.ndarray]:
    """Decode and prepare all images in one thread: what bounds a small network."""
    decode = make_decoder(decoder=decoder, size=size, resize=size, interpolation="bicubic")
    return [decode(Path(path).read_bytes(), path) for path in manifest.frame["path"]]


def rows(threads: int) -> Iterator[Row]:
    """Yield the table's line: a network so small that decoding is what counts."""
    number, model = 256, "cogworks:small_resnet"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_images(folder, number)
        spec, oracle = (
            make_spec(model, 64, batch_size=BATCH, decoder=decoder) for decoder in ("fast", "pil")
        )
        base, _ = timed(lambda: plain(manifest, oracle), 2)
        alone, _ = timed(lambda: decoding(manifest, 64), 2)
        seconds, _ = timed(lambda: ours(manifest, spec, folder / "x", threads=threads), 2)
        yield Row(
            f"features of {model} at 64 px, from JPEG files to the file",
            f"{number / seconds:.0f} images/s",
            alone / threads / seconds,
            "decoding alone, in all threads",
            base / seconds,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=positive, default=256)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--size", type=positive, default=64)
    parser.add_argument("--model", default="cogworks:small_resnet")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_images(folder, args.number)
        specs = {
            decoder: make_spec(args.model, args.size, batch_size=BATCH, decoder=decoder)
            for decoder in ("pil", "fast")
        }
        base, expected = timed(lambda: plain(manifest, specs["pil"]), args.rounds)
        print(f"{args.model} at {args.size} px, {args.threads} threads, {args.number} images")
        print(f"{'plain':6} {args.number / base:8.1f} features/s")
        for decoder, spec in specs.items():

            def run(spec: EncoderSpec = spec) -> np.ndarray:
                return ours(manifest, spec, folder / "x", threads=args.threads)

            seconds, features = timed(run, args.rounds)
            away = np.abs(features - expected).max()
            print(
                f"{decoder:6} {args.number / seconds:8.1f} features/s, {base / seconds:.2f} x, "
                f"largest difference {away:.1e}, cosine {cosine(features, expected):.6f}"
            )
            assert decoder == "fast" or away < 1e-5
            assert cosine(features, expected) > 0.999
        check_shards(manifest, specs["pil"], folder)


def check_shards(manifest: Manifest, spec: EncoderSpec, folder: Path) -> None:
    """Three shards joined are the bytes of one run."""
    ours(manifest, spec, folder / "whole", threads=1)
    for shard in range(3):
        ours(manifest, spec, folder / f"s{shard}", threads=2, shard=shard, shards=3)
    parts = [(folder / f"s{shard}.npy", folder / f"s{shard}.parquet") for shard in range(3)]
    merge(parts, npy=folder / "joined.npy", index=folder / "joined.parquet")
    assert (folder / "joined.npy").read_bytes() == (folder / "whole.npy").read_bytes()
    print("three shards, joined, are the bytes of one run")


if __name__ == "__main__":
    main()
