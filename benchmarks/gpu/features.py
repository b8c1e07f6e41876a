"""Features per second on a GPU: decoding alone, the network alone, and both together.

    python benchmarks/gpu/features.py [--number 20000] [--threads 16] [--batch 256] [--gpus 1]
        [--models torchvision:resnet50 torchvision:vit_b_16] [--ways float32 bfloat16+compile ...]
        [--decoders auto 16 4x4 ...]

`network` runs one batch that lies on the device again and again through the runner of `extract`,
with its features copied back; `share` is that of the rate of one large matrix product of the same
precision. `both` is what `extract` does, from JPEGs of 500 x 375 to features, with the decoder
`fast` and without the time to build and compile the network. What it is under the lesser of the two
is overhead. Cosine is the least over 512 images against the first way. For `--decoders`, see
`benchmarks/decoders.py`; rates are those from the first batch on.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from card import Report, kernels, matrix_rate, name_of, operations, parser, seconds
from decoders import clocked, make_loader, spans, way_of
from features import cosine, make_spec, write_images

from cogworks.core.cli import positive
from cogworks.core.device import set_arithmetic
from cogworks.encoders.forward import Lane, devices, make_runners
from cogworks.encoders.loader import Batch
from cogworks.encoders.registry import load_encoder

WAYS = ["float32", "tf32", "bfloat16", "bfloat16+compile"]
SIZE = 224


def runners_of(model: str, way: str, args: Any) -> list[Any]:
    precision, _, compiled = way.partition("+")
    set_arithmetic(precision)
    spec = make_spec(model, SIZE, precision=precision, compile=bool(compiled))
    return make_runners(
        load_encoder(spec, device="cpu"),
        devices(args.device, args.gpus),
        precision=precision,
        dtype="float32",
        compiled=bool(compiled),
    )


def encode(runners: list[Any], batches: Iterable[Batch]) -> Iterator[tuple[Batch, np.ndarray]]:
    """Yield each batch with its features."""
    lane = Lane(runners)
    for batch in batches:
        yield from lane.put(batch)
    yield from lane.rest()


def kept(made: Iterable[tuple[Batch, np.ndarray]], parts: list[np.ndarray]) -> Iterator[Batch]:
    """Yield batches as they are encoded, and keep the features of the first 512 images."""
    for batch, features in made:
        if batch.start < 512:
            parts.append(features)
        yield batch


def main() -> None:
    args_of = parser(__doc__)
    args_of.add_argument("--number", type=positive, default=20000)
    args_of.add_argument("--threads", type=positive, default=16)
    args_of.add_argument("--batch", type=positive, default=256)
    args_of.add_argument("--gpus", type=positive, default=1)
    args_of.add_argument("--rounds", type=positive, default=30, help="batches of `network`")
    args_of.add_argument(
        "--models", nargs="+", default=["torchvision:resnet50", "torchvision:vit_b_16"]
    )
    args_of.add_argument("--ways", nargs="+", default=WAYS)
    args_of.add_argument("--decoders", type=way_of, nargs="+", default=["auto"])
    args_of.add_argument("--profile", action="store_true", help="look into the kernels")
    args_of.add_argument("--benchmark", action="store_true", help="let cuDNN try its algorithms")
    args = args_of.parse_args()
    torch.set_num_threads(args.threads)
    report, device = Report(args.json), args.device
    pin = device.type == "cuda"
    size = 8192 if pin else 256
    rates = {
        precision: matrix_rate(precision, device, size=size)
        for precision in {way.partition("+")[0] for way in args.ways}
    }
    with tempfile.TemporaryDirectory() as name:
        manifest = write_images(Path(name), args.number)
        print(f"{name_of(device)}, {args.gpus} used, {args.threads} decoding threads")
        whole = spans(args.number, args.batch)
        loaders = {
            way: make_loader(manifest, way, size=SIZE, threads=args.threads, pin=pin)
            for way in args.decoders
        }
        for way, loader in loaders.items():
            for _ in range(2):  # the first fills the cache of files
                alone = clocked(loader.batches(whole), whole)
            report.add(f"decoding alone, {way}", **alone._asdict())
        for model in args.models:
            reference: np.ndarray | None = None
            for way in args.ways:
                runners = runners_of(model, way, args)
                if args.benchmark:
                    torch.backends.cudnn.benchmark = True
                    torch.backends.cudnn.deterministic = False
                shape = (args.batch, SIZE, SIZE, 3)
                pixels = torch.randint(0, 256, shape, dtype=torch.uint8).to(device)
                batches = [Batch(0, args.batch, pixels)] * args.rounds * args.gpus

                def network(runners: Any = runners, batches: Any = batches) -> None:
                    for _ in encode(runners, batches):
                        pass

                images = args.rounds * args.gpus * args.batch / seconds(network, device, rounds=3)
                both = {}
                for decoders, loader in loaders.items():
                    parts: list[np.ndarray] = []
                    made = kept(encode(runners, loader.batches(whole)), parts)
                    both[f"both_{decoders}"] = clocked(made, whole).images
                features = np.concatenate(parts)[:512]
                reference = features if reference is None else reference
                flops = operations(
                    load_encoder(make_spec(model, SIZE), device="cpu").module,
                    torch.zeros(1, 3, SIZE, SIZE),
                )
                precision = way.partition("+")[0]
                report.add(
                    f"{model} {way}{', cuDNN tries' if args.benchmark else ''}",
                    network=images,
                    share=images * flops / rates[precision] / args.gpus,
                    **both,
                    cosine=cosine(features, reference),
                )
                if args.profile:
                    report.add(f"{model} {way}, kernels", lines="\n".join(kernels(network, device)))


if __name__ == "__main__":
    main()
