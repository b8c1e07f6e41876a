"""Networks on the CPU, images per second: an encoder as we run it, against the plain module.

The plain implementation is torchvision's module in evaluation mode, float32, on normalised images
in torch's default layout, multiplied by the library that torch chooses. The others are what the
config's `precision` and `compile` choose, and multiplied by the faster library
(`cogworks/core/products.py`). All take turns in one process, and a ratio is that of the medians.
Cosine is the least over the images between a feature and the plain one. The limit is the rate of
one large convolution (of a ViT: one large product, by the faster library) in the same precision:
`share` is the part of it that a network reaches. `layers` is the time that its convolutions and
products take, each by itself at its own shape, as a part of the network's; those of a ViT's
attention are not among them.

    python benchmarks/networks.py [--model resnet50] [--threads 1] [--batch 16] [--rounds 5]

bfloat16 is worth it only where the processor computes in it (avx512_bf16 or amx_bf16 among its
flags): elsewhere torch emulates it and is slower than float32. Compiling saves memory traffic and
folds batch norms into convolutions.
"""

import argparse
import collections
import copy
import functools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch.nn.functional import conv2d, cosine_similarity
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from rows import Row, medians, processor

from cogworks.core.cli import positive
from cogworks.core.products import linear
from cogworks.encoders.forward import make_runners
from cogworks.encoders.registry import Encoder, Preparation
from cogworks.networks.pixels import normalise
from cogworks.probes.stack import cpu_multiplies_bfloat16

IMAGE = Preparation(
    image_size=224,
    resize=224,
    interpolation="bicubic",
    squash=False,
    floor=False,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    channel_order="rgb",
    decoder="pil",
)
# precision, compile, the least cosine
WAYS = {
    "float32": ("float32", False, 0.999999),
    "float32 compiled": ("float32", True, 0.999999),
    "bfloat16": ("bfloat16", False, 0.999),
    "bfloat16 compiled": ("bfloat16", True, 0.999),
}
# Untrained, it amplifies the rounding of bfloat16: 0.89 was seen.
LEAST = {("efficientnet_b0", "bfloat16"): 0.8}
# Where torchvision's modules keep their classifiers.
HEADS = {"resnet50": "fc", "efficientnet_b0": "classifier", "vit_b_16": "heads"}
Run = Callable[[], torch.Tensor]


@dataclass(frozen=True)
class Measured:
    """Of one way: the median seconds of a batch, the least cosine, and two shares.

    `share` is that of the limit, `layers` that of the network's layers alone in its time.
    """

    seconds: float
    cosine: float
    share: float
    layers: float


@functools.cache
def network(model: str) -> torch.nn.Module:
    """Return a network as torchvision initialises it, without its classifier.

    Its batch norms have the statistics of some noise: with those of the start, the features of an
    EfficientNet are 1e-14, and no cosine of them means anything.
    """
    torch.manual_seed(0)
    module = getattr(torchvision.models, model)()
    setattr(module, HEADS[model], torch.nn.Identity())
    norms = [part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    if norms:
        with torch.no_grad():
            module(torch.randn(8, 3, IMAGE.image_size, IMAGE.image_size))
    return module.eval()


def plain(model: str, pixels: torch.Tensor) -> Run:
    module = copy.deepcopy(network(model))
    mean, std = torch.tensor(IMAGE.mean), torch.tensor(IMAGE.std)

    def run() -> torch.Tensor:
        with torch.no_grad():
            return module(normalise(pixels, mean, std).contiguous())

    return run


def ours(model: str, pixels: torch.Tensor, precision: str, compiled: bool) -> Run:
    encoder = Encoder(model, copy.deepcopy(network(model)), 2048, IMAGE, "", [])
    (runner,) = make_runners(
        encoder, [torch.device("cpu")], precision=precision, dtype="float32", compiled=compiled
    )
    return lambda: torch.from_numpy(runner.finish(runner.start(pixels)))


def operations(model: str) -> float:
    """Return the operations of one image: two for each multiplication with addition."""
    module = network(model)
    # The counter does not know the one operation that stands for a whole attention.
    torch.backends.mha.set_fastpath_enabled(False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, 3, IMAGE.image_size, IMAGE.image_size))
    torch.backends.mha.set_fastpath_enabled(True)
    return float(counter.get_total_flops())


def limit(model: str, precision: str) -> float:
    """Return the operations a second of one large convolution, or product, without overhead."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    if model.startswith("vit"):
        x, w = torch.ones(3152, 768, dtype=kind), torch.ones(3072, 768, dtype=kind)
        work, count = (lambda: linear(x, w)), 2.0 * 3152 * 768 * 3072
    else:
        image = torch.ones(16, 256, 28, 28, dtype=kind).to(memory_format=torch.channels_last)
        kernel = torch.ones(256, 256, 3, 3, dtype=kind).to(memory_format=torch.channels_last)
        work = lambda: conv2d(image, kernel, padding=1)  # noqa: E731
        count = 2.0 * 16 * 28 * 28 * 256 * 256 * 9
    with torch.inference_mode():
        return count / medians({"limit": work}, 5)["limit"]


def layers(model: str, precision: str, batch: int) -> float:
    """Return the seconds of a batch in all convolutions and products, each by itself."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    found: collections.Counter[tuple[Any, ...]] = collections.Counter()
    module = copy.deepcopy(network(model)).to(kind).to(memory_format=torch.channels_last)

    def count(part: Any, inputs: tuple[torch.Tensor, ...], _: Any) -> None:
        convolution = isinstance(part, torch.nn.Conv2d)
        how = (part.padding, part.stride, part.dilation, part.groups) if convolution else ()
        found[inputs[0].shape, part.weight.shape, how] += 1

    for part in module.modules():
        if isinstance(part, torch.nn.Conv2d | torch.nn.Linear):
            part.register_forward_hook(count)
    total = 0.0
    with torch.inference_mode():
        module(torch.zeros(batch, 3, IMAGE.image_size, IMAGE.image_size, dtype=kind))
        for (inputs, weights, how), times in found.items():
            x, weight = (torch.randn(shape).to(kind) for shape in (inputs, weights))
            if how:
                x, weight = (one.to(memory_format=torch.channels_last) for one in (x, weight))
                work = functools.partial(torch.mkldnn_convolution, x, weight, None, *how)
            else:
                work = functools.partial(linear, x.flatten(0, -2), weight)
            total += times * medians({"layer": work}, 3)["layer"]
    return total


def measure(
    model: str, ways: list[str], batch: int, rounds: int
) -> tuple[float, dict[str, Measured]]:
    """Return the median seconds of a batch by the plain way, and what was measured of others."""
    pixels = torch.randint(0, 256, (batch, 224, 224, 3), dtype=torch.uint8)
    runs = {"plain": plain(model, pixels)}
    runs |= {name: ours(model, pixels, *WAYS[name][:2]) for name in ways}
    features = {name: run() for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    seconds = {name: statistics.median(taken) for name, taken in times.items()}
    rates = {precision: limit(model, precision) for precision in {WAYS[name][0] for name in ways}}
    alone = {precision: layers(model, precision, batch) for precision in rates}
    needed = batch * operations(model)
    found = {}
    for name in ways:
        precision, _, least = WAYS[name]
        least = LEAST.get((model, precision), least)
        cosine = cosine_similarity(features[name], features["plain"]).min().item()
        if cosine < least:
            raise SystemExit(f"{model}, {name}: cosine {cosine} is under {least}")
        share = needed / seconds[name] / rates[precision]
        found[name] = Measured(seconds[name], cosine, share, alone[precision] / seconds[name])
    return seconds["plain"], found


def rows(threads: int) -> Iterator[Row]:
    """Yield a line for each network and way that is worth it here."""
    ways = [name for name in WAYS if cpu_multiplies_bfloat16() or WAYS[name][0] == "float32"]
    for model in HEADS:
        plain_seconds, found = measure(model, ways, 16, 3)
        transformer = model.startswith("vit")
        for name, way in found.items():
            layers_too = "" if transformer else f", {way.layers:.0%} of it in its layers"
            yield Row(
                f"{model}, {name}",
                f"{16 / way.seconds:.1f} images/s{layers_too}",
                way.share,
                "one large product" if transformer else "one large convolution",
                plain_seconds / way.seconds,
                goal="85% of the limit" if model == "resnet50" else "",
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=HEADS, default="resnet50")
    parser.add_argument("--threads", type=positive, default=1)
    parser.add_argument("--batch", type=positive, default=16)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    plain_seconds, found = measure(args.model, args.ways, args.batch, args.rounds)
    print(f"{args.model}, {processor()}, threads {args.threads}, batch {args.batch}")
    print(f"{'':20} images/s  ratio  share layers    cosine")
    print(f"{'plain':20} {args.batch / plain_seconds:8.1f} {1:6.2f}")
    for name, way in found.items():
        print(
            f"{name:20} {args.batch / way.seconds:8.1f} {plain_seconds / way.seconds:6.2f} "
            f"{way.share:6.0%} {way.layers:6.0%} {way.cosine:9.7f}"
        )


if __name__ == "__main__":
    main()
