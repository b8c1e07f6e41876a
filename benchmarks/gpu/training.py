"""Images per second of training on a GPU: the network alone, and from JPEGs.

    python benchmarks/gpu/training.py [--recipes base_mc_pr ocm] [--ways bfloat16 ...] [--steps 30]

ResNet50, a global crop of 224 px and eight local ones of 96, batches of 256, as in table C.1.
`network` is the trainer's own loop over crops that lie on the device already, `crops` the same with
the crops made from decoded images of 500 x 375 there, and `whole` a training from JPEGs, with the
share of its time that it waits for them. `share` is that of the rate of one large matrix product of
the same precision, at three forward passes a step. A way ending in `+free` lets cuDNN and torch
choose among all algorithms, also those whose results differ from run to run.
"""

import contextlib
import itertools
import statistics
import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from card import Report, kernels, matrix_rate, name_of, operations, parser, wait
from features import write_images

from cogworks.config.training import Run
from cogworks.core.cli import positive
from cogworks.core.device import set_arithmetic
from cogworks.core.files import read_parquet
from cogworks.core.interrupt import StopFlag
from cogworks.images.manifest import Manifest
from cogworks.plan import recipes, runs
from cogworks.training import run
from cogworks.training.augmentation.choices import crop_kinds
from cogworks.training.identity import identify
from cogworks.training.loader import Batch, TrainingImages, device_crops
from cogworks.training.model import build_model
from cogworks.training.processes import Processes
from cogworks.training.progress import Progress
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Trainer


def spec_of(recipe: str, way: str, args: Any) -> TrainSpec:
    precision, *rest = way.split("+")
    section = Run(
        dataset="images",
        recipe=recipe,
        precision=precision,
        compile="compile" in rest,
        optimizer={"batch": args.batch, "epochs": 1, "warmup_epochs": 0},
    )
    return runs.spec_of(section, recipes.numbers(args.scale, recipe, section))


def arithmetic(way: str) -> None:
    precision, *rest = way.split("+")
    set_arithmetic(precision)
    if "free" in rest:
        torch.backends.cudnn.deterministic = False
        torch.backends.cudnn.benchmark = "tries" in rest


def make_trainer(spec: TrainSpec, manifest: Manifest, folder: Path, args: Any) -> Trainer:
    """Return the trainer of a run, for steps that do not come from a loader."""
    torch.manual_seed(0)
    model, companion, _ = build_model(spec, args.classes)
    return Trainer(
        spec,
        model=model,
        companion=companion,
        kinds=crop_kinds(spec.augmentation),
        images=args.steps * args.batch,
        processes=Processes(0, 1, args.device),
        identity=identify(spec, manifest, None, None),
        folder=folder,
    )


def steps(trainer: Trainer, batch: Batch) -> float:
    """Train to the end on one batch again and again; return the images per second."""
    progress = Progress(
        steps=trainer.steps,
        steps_per_epoch=trainer.steps_per_epoch,
        batch=trainer.spec.optimizer.batch,
        first_step=trainer.step,
    )
    trainer.run(
        itertools.repeat(batch),
        validation=None,
        checkpoint_minutes=60,
        progress=progress,
        board=None,
        flag=StopFlag(),
    )
    wait(trainer.device)
    table = trainer.metrics.frame(trainer.steps_per_epoch)
    rates = table[table["metric"] == "images_per_second"]["value"].tolist()
    # The first records hold the start of the libraries, and the compilation.
    return statistics.median(rates[len(rates) // 2 :])


def on_device(batch: Batch, spec: TrainSpec, args: Any) -> Batch:
    """Return a batch whose crops are made, on the device."""
    crops, labels = device_crops(batch, crop_kinds(spec.augmentation), args.device)
    return Batch(labels, crops, None, [])


def whole(spec: TrainSpec, manifest: Manifest, folder: Path, args: Any) -> dict[str, float]:
    """Train on files; return images per second and the share of waiting."""
    files = Files(manifest.path, None, folder / "run", folder / "run.state")
    with free_arithmetic(args.way):
        train(spec, files, Options(args.device.type, args.threads, -1, 0, 60))
    table = read_parquet(files.folder / "metrics.parquet")
    values = {name: part["value"].tolist() for name, part in table.groupby("metric")}
    half = len(values["loss"]) // 2
    return {
        "whole": statistics.median(values["images_per_second"][half:]),
        "waiting": statistics.mean(values["wait_share"][half:]),
        "loss": values["loss"][-1],
    }


@contextlib.contextmanager
def free_arithmetic(way: str) -> Any:
    """Let a training keep the arithmetic of `way`, which it would set itself."""
    original = run.set_arithmetic
    run.set_arithmetic = lambda _: arithmetic(way)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        run.set_arithmetic = original  # type: ignore[attr-defined]


def main() -> None:
    args_of = parser(__doc__)
    args_of.add_argument("--recipes", nargs="+", default=["base_mc_pr", "ocm"])
    args_of.add_argument("--ways", nargs="+", default=["bfloat16", "bfloat16+free+tries"])
    args_of.add_argument("--scale", default="imagenet", help="another one is for a try on a CPU")
    args_of.add_argument("--batch", type=positive, default=256)
    args_of.add_argument("--classes", type=positive, default=1000)
    args_of.add_argument("--steps", type=positive, default=30)
    args_of.add_argument("--threads", type=positive, default=16)
    args_of.add_argument("--parts", nargs="+", default=["network", "crops", "whole"])
    args_of.add_argument("--profile", action="store_true", help="look into the kernels")
    args = args_of.parse_args()
    report, device = Report(args.json), args.device
    size = 8192 if device.type == "cuda" else 256
    rate = matrix_rate("bfloat16", device, size=size)
    print(f"{name_of(device)}, batches of {args.batch}")
    with tempfile.TemporaryDirectory() as name:
        manifest = write_images(Path(name), args.steps * args.batch)
        for recipe, way in itertools.product(args.recipes, args.ways):
            spec, args.way = spec_of(recipe, way, args), way
            folder = Path(name, f"{recipe}-{way}")
            images = TrainingImages(
                manifest,
                crop_kinds(spec.augmentation),
                seed=0,
                implementation="fast",
                on_device=True,
            )
            decoded = images[0, np.arange(args.batch)]
            arithmetic(way)
            found: dict[str, Any] = {}
            if "network" in args.parts:
                ready = on_device(decoded, spec, args)
                trainer = make_trainer(spec, manifest, folder, args)
                found["network"] = steps(trainer, ready)
                found["gigabytes"] = memory(device)
                flops = forward_operations(spec, args)
                found["share"] = 3 * flops * found["network"] / rate
                if args.profile:
                    report.add(
                        f"{recipe} {way}, kernels", lines=look(spec, manifest, folder, ready, args)
                    )
                del trainer
            if "crops" in args.parts:
                if device.type == "cuda":
                    decoded = decoded.pin_memory()
                trainer = make_trainer(spec, manifest, folder, args)
                found["crops"] = steps(trainer, decoded)
                del trainer
            if "whole" in args.parts:
                found |= whole(spec, manifest, folder, args)
            report.add(f"{recipe} {way}", **found)


def look(spec: TrainSpec, manifest: Manifest, folder: Path, batch: Batch, args: Any) -> str:
    """Return the kernels of a few steps."""
    args.steps, before = 4, args.steps
    trainer = make_trainer(spec, manifest, folder, args)
    args.steps = before
    trainer._train_step(
        itertools.repeat(batch),
        cast(Any, Progress(steps=4, steps_per_epoch=4, batch=args.batch, first_step=0)),
    )
    return "\n".join(kernels(lambda: steps(trainer, batch), args.device))


def memory(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0


def forward_operations(spec: TrainSpec, args: Any) -> float:
    """Return the operations of an image's crops through the model, forward, once."""
    model, _, _ = build_model(spec, args.classes)
    crops = spec.augmentation
    sizes = [crops.global_size] * crops.global_crops + [crops.local_size] * crops.local_crops
    groups = [torch.zeros(1, 3, size, size) for size in sizes]
    return operations(model.eval(), groups)


if __name__ == "__main__":
    main()
