"""Features per second of ResNet50 on a GPU: decoding alone, the network alone, and both together.

    python benchmarks/gpu/features.py [--number 20000] [--threads 16] [--batch 256] [--gpus 1]

JPEGs of 500 x 375, decoder `fast`. `network` runs one decoded batch again and again, with its copy
to the GPU; `both` is `extract`, from files to the feature file. What is under the lesser of the
two is overhead. Cosine is the least over 512 images against float32.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

from features import cosine, make_spec, ours, write_images

from cogworks.encoders.forward import devices, encode, make_runners, set_arithmetic
from cogworks.encoders.loader import Batch, BatchLoader
from cogworks.encoders.registry import load_encoder
from cogworks.images.manifest import Manifest
from cogworks.networks.pixels import make_decoder

WAYS = [("float32", False), ("tf32", False), ("bfloat16", False), ("bfloat16", True)]
SIZE = 224


def decoding(manifest: Manifest, threads: int, batch: int) -> float:
    """Images decoded per second into page-locked memory."""
    decode = make_decoder(decoder="fast", size=SIZE, resize=SIZE, interpolation="bicubic")
    loader = BatchLoader(manifest, decode, size=SIZE, threads=threads, pin=True)
    spans = [(row, min(row + batch, len(manifest))) for row in range(0, len(manifest), batch)]
    start = time.perf_counter()
    for _ in loader.batches(spans):
        pass
    return len(manifest) / (time.perf_counter() - start)


def network(precision: str, compiled: bool, batch: int, gpus: int, rounds: int = 60) -> float:
    """Images per second through the network, each batch copied to the GPU and its features back."""
    set_arithmetic(precision)
    spec = make_spec("torchvision:resnet50", SIZE, precision=precision, compile=compiled)
    runners = make_runners(
        load_encoder(spec, device="cpu"),
        devices(torch.device("cuda"), gpus),
        precision=precision,
        dtype="float32",
        compiled=compiled,
    )
    pixels = torch.randint(0, 256, (batch, SIZE, SIZE, 3), dtype=torch.uint8).pin_memory()
    for _ in encode(runners, [Batch(0, batch, pixels)] * 6 * gpus):
        pass
    start = time.perf_counter()
    for _ in encode(runners, [Batch(0, batch, pixels)] * rounds):
        pass
    return rounds * batch / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=int, default=20000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--gpus", type=int, default=1)
    args = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("no CUDA device is visible here")
    print(f"{torch.cuda.get_device_name()}, {args.gpus} used, {args.threads} decoding threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_images(folder, args.number)
        print(f"decoding alone {decoding(manifest, args.threads, args.batch):10.0f} images/s")
        reference: np.ndarray | None = None
        for precision, compiled in WAYS:
            alone = network(precision, compiled, args.batch, args.gpus)
            spec = make_spec(
                "torchvision:resnet50",
                SIZE,
                decoder="fast",
                batch_size=args.batch,
                precision=precision,
                compile=compiled,
            )
            start = time.perf_counter()
            features = ours(
                manifest,
                spec,
                folder / "x",
                threads=args.threads,
                device="cuda",
                gpus=args.gpus,
            )
            both = args.number / (time.perf_counter() - start)
            reference = features[:512] if reference is None else reference
            print(
                f"{precision:8} {'compiled' if compiled else '':8} network {alone:8.0f}, both "
                f"{both:8.0f} features/s, cosine {cosine(features[:512], reference):.6f}"
            )


if __name__ == "__main__":
    main()
