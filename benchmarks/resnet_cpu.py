"""ResNet50 on the CPU, images per second: an encoder as we run it, against the plain module.

The plain implementation is torchvision's module in evaluation mode, float32, on normalised images
in torch's default layout. The others are what the config's `precision` and `compile` choose. All
take turns in one process, and a ratio is that of the medians. Cosine is the least over the images
between a feature and the plain one.

    python benchmarks/resnet_cpu.py [--threads 1] [--batch 16] [--rounds 5]

bfloat16 is worth it only where the processor computes in it (avx512_bf16 or amx_bf16 among its
flags): elsewhere torch emulates it and is slower than float32. Compiling saves memory traffic: it
gains little where the convolutions themselves take nearly all of the time (AVX2).
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn.functional import cosine_similarity
from torchvision.models import resnet50

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.encoders.forward import make_runners
from cogworks.encoders.registry import Encoder, Preparation
from cogworks.networks.pixels import normalise

IMAGE = Preparation(
    image_size=224,
    resize=224,
    interpolation="bicubic",
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    channel_order="rgb",
    decoder="pil",
)
# precision, compile, the ratio that is wanted, the least cosine
WAYS = {
    "float32": ("float32", False, None, 0.999999),
    "float32 compiled": ("float32", True, 1.8, 0.999999),
    "bfloat16": ("bfloat16", False, 3.0, 0.9999),
    "bfloat16 compiled": ("bfloat16", True, 3.0, 0.9999),
}


def plain(pixels: torch.Tensor) -> Callable[[], torch.Tensor]:
    module = network()
    mean, std = torch.tensor(IMAGE.mean), torch.tensor(IMAGE.std)

    def run() -> torch.Tensor:
        with torch.no_grad():
            return module(normalise(pixels, mean, std).contiguous())

    return run


def network() -> torch.nn.Module:
    """A ResNet50 as torchvision initialises it, without its classifier."""
    torch.manual_seed(0)
    module = resnet50()
    module.fc = torch.nn.Identity()
    return module.eval()


def ours(pixels: torch.Tensor, precision: str, compiled: bool) -> Callable[[], torch.Tensor]:
    encoder = Encoder("ResNet50", network(), 2048, IMAGE, "")
    (runner,) = make_runners(
        encoder, [torch.device("cpu")], precision=precision, dtype="float32", compiled=compiled
    )
    return lambda: torch.from_numpy(runner.finish(runner.start(pixels)))


def processor() -> str:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "unknown"
    found = sorted({"avx2", "avx512f", "avx512_bf16", "amx_bf16"} & set(flags))
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pixels = torch.randint(0, 256, (args.batch, 224, 224, 3), dtype=torch.uint8)
    runs = {"plain": plain(pixels)}
    runs |= {name: ours(pixels, *WAYS[name][:2]) for name in args.ways}
    features = {name: run() for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(args.rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    base = statistics.median(times["plain"])
    print(f"processor: {processor()}; threads {args.threads}, batch {args.batch}")
    print(f"{'':20} images/s  ratio  wanted    cosine")
    for name in runs:
        median = statistics.median(times[name])
        cosine = cosine_similarity(features[name], features["plain"]).min().item()
        wanted = WAYS[name][2] if name in WAYS else None
        verdict = "" if wanted is None or base / median >= wanted else "  not reached here"
        print(
            f"{name:20} {args.batch / median:8.1f} {base / median:6.2f} {wanted or '':>7} "
            f"{cosine:9.7f}{verdict}"
        )
        if name in WAYS and cosine < WAYS[name][3]:
            raise SystemExit(f"{name}: cosine {cosine} is under {WAYS[name][3]}")


if __name__ == "__main__":
    main()
