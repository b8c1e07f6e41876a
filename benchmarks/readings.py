"""Which readings of what the thesis leaves open train better, on photographs, over some seeds.

- `loss.init`, how class weights start, in t-ReX_1 (cosine softmax);
- `loss.ema_mode` and `loss.ema_warmup`, the moving average model, in t-ReX_1-OCM.

Trains on some of a pack's classes, at 32 px on a CPU. Prints the mean and standard deviation over
the seeds of the top-1 on other images of these classes, and of a k-NN classifier on features of
classes that were not seen: half of their images are the neighbours, half are classified.

    python benchmarks/readings.py PACK.parquet [--seen 30] [--seeds 3] [--epochs 8]

The pack holds encoded images in the column `image` and classes in `wnid`, at least `--images` of
each class.

Photographs at 32 px, 30 seen and 40 unseen classes, three seeds; the differences are within the
noise:

    t-ReX_1, init linear                         top-1 21.1 ± 0.7, k-NN 13.6 ± 0.4
    t-ReX_1, init truncated_normal               top-1 21.5 ± 1.6, k-NN 13.7 ± 1.1
    t-ReX*, ema_mode train                       top-1 16.7 ± 0.6, k-NN 12.4 ± 0.7
    t-ReX*, ema_mode eval with ema_warmup        top-1 17.6 ± 2.1, k-NN 12.8 ± 0.2
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file
from torch.nn import functional

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from cogworks.config.training import (  # noqa: E402
    Augmentation,
    Backbone,
    Loss,
    Optimizer,
    Projector,
    Run,
    Validation,
)
from cogworks.core.cli import positive  # noqa: E402
from cogworks.core.files import read_parquet  # noqa: E402
from cogworks.images.manifest import Manifest, write_manifest  # noqa: E402
from cogworks.images.reader import ImageReader  # noqa: E402
from cogworks.networks.backbones import build_backbone  # noqa: E402
from cogworks.networks.pixels import make_decoder, normalise  # noqa: E402
from cogworks.plan import recipes, runs  # noqa: E402
from cogworks.training.run import Files, Options, train  # noqa: E402
from cogworks.training.specs import TrainSpec  # noqa: E402

# Recipe and readings; the first of each recipe is that of the authors' released code.
READINGS: list[tuple[str, dict[str, Any]]] = [
    ("trex_1", {"init": "linear"}),
    ("trex_1", {"init": "truncated_normal"}),
    ("trex_star", {"ema_mode": "train", "ema_warmup": False}),
    ("trex_star", {"ema_mode": "eval", "ema_warmup": True}),
]
# Share of each class's images that is held out from training.
HELD_OUT = 0.2
NEIGHBOURS = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", type=Path, help="Parquet file of photographs")
    parser.add_argument("--seen", type=positive, default=30, help="classes to train on")
    parser.add_argument(
        "--unseen", type=positive, default=40, help="classes for the k-NN classifier"
    )
    parser.add_argument("--images", type=positive, default=100, help="of each class")
    parser.add_argument("--epochs", type=positive, default=8)
    parser.add_argument("--batch", type=positive, default=64)
    parser.add_argument("--seeds", type=positive, default=3)
    parser.add_argument("--scale", default="px32", help="of workflow/recipes/training.yaml")
    args = parser.parse_args()
    scores: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        training, held_out, unseen = split_pack(args, folder)
        for seed in range(args.seeds):
            for recipe, reading in READINGS:
                start = time.perf_counter()
                spec = spec_of(args, recipe, reading, seed)
                run = folder / "run" / f"{len(scores)}-{seed}-{time.monotonic_ns()}"
                files = Files(training.path, held_out.path, run, run.with_suffix(".state"))
                assert train(spec, files, Options("cpu", 1, 0, 10_000, 60))
                score = held_out_top1(run), knn_top1(run, spec, unseen)
                name = " ".join(f"{key}={value}" for key, value in reading.items())
                scores.setdefault((recipe, name), []).append(score)
                print(seed, recipe, name, score, f"{time.perf_counter() - start:.0f} s", flush=True)
    print("| recipe | reading | seen classes, top-1 | unseen classes, k-NN |")
    print("| --- | --- | --- | --- |")
    for (recipe, name), values in scores.items():
        cells = [f"{np.mean(v):.1f} ± {np.std(v, ddof=1):.1f}" for v in zip(*values, strict=True)]
        print(f"| {recipe} | {name} | {cells[0]} | {cells[1]} |")


def split_pack(args: argparse.Namespace, folder: Path) -> tuple[Manifest, Manifest, Manifest]:
    """Write the manifests of the training images, the held-out ones, and the unseen classes."""
    wnids = pq.read_table(args.pack, columns=["wnid"])["wnid"].to_pandas()
    frame = pd.DataFrame(
        {"path": str(args.pack.resolve()), "container": "parquet", "size": -1, "wnid": wnids}
    )
    frame["locator"] = np.arange(len(frame))
    frame["id"] = frame["locator"].astype(str)
    frame = frame.sample(frac=1, random_state=0)
    place = frame.groupby("wnid").cumcount()
    frame, place = frame[place < args.images], place[place < args.images]
    names = np.random.default_rng(0).permutation(sorted(wnids.unique()))
    parts = {
        "train": (names[: args.seen], place >= HELD_OUT * args.images),
        "val": (names[: args.seen], place < HELD_OUT * args.images),
        "test": (names[args.seen : args.seen + args.unseen], place >= 0),
    }
    manifests = []
    for split, (classes, chosen) in parts.items():
        rows = frame[frame["wnid"].isin(classes) & chosen]
        path = folder / f"{split}.parquet"
        manifests.append(
            write_manifest(rows, path, dataset="pack", split=split, classes=sorted(classes))
        )
    return manifests[0], manifests[1], manifests[2]


def spec_of(args: argparse.Namespace, recipe: str, reading: dict[str, Any], seed: int) -> TrainSpec:
    """Return the spec of a run: a narrow network, embeddings as wide as the thesis's."""
    network = recipes.numbers(args.scale, recipe).backbone.options
    section = Run(
        dataset="pack",
        backbone=Backbone(options=network | {"channels": [16, 32, 64, 128]}),
        augmentation=Augmentation(local_crops=2),
        projector=Projector(bottleneck=256),
        loss=Loss(**reading),
        optimizer=Optimizer(epochs=args.epochs, batch=args.batch),
        validation=Validation(every_epochs=args.epochs),
        seed=seed,
    )
    return runs.spec_of(section, recipes.numbers(args.scale, recipe, section))


def held_out_top1(run: Path) -> float:
    """Return the last top-1 on held-out images of the seen classes, in percent."""
    metrics = read_parquet(run / "metrics.parquet").set_index("metric")["value"]
    return float(metrics[["val_top1"]].iloc[-1])


@torch.no_grad()
def knn_top1(run: Path, spec: TrainSpec, manifest: Manifest) -> float:
    """Return the top-1 of a k-NN classifier by cosine on the encoder's features, in percent."""
    crops = spec.augmentation
    size = crops.global_size
    encoder, _ = build_backbone(spec.backbone)
    encoder.load_state_dict(load_file(run / "encoder.safetensors"))
    encoder.eval()
    reader = ImageReader(manifest)
    decode = make_decoder(
        decoder="fast", size=size, resize=round(size * 256 / 224), interpolation="bicubic"
    )
    mean, std = torch.tensor(crops.mean), torch.tensor(crops.std)
    features = []
    for rows in np.array_split(np.arange(len(manifest)), max(1, len(manifest) // 256)):
        pixels = np.stack([decode(reader.read_bytes(i), reader.name(i)) for i in rows.tolist()])
        features.append(encoder(normalise(torch.from_numpy(pixels), mean, std)))
    units = functional.normalize(torch.cat(features), dim=1)
    labels = torch.from_numpy(manifest.frame["label"].to_numpy(dtype=np.int64))
    told, known = units[::2], units[1::2]
    near = (told @ known.T).topk(NEIGHBOURS, dim=1).indices
    votes = functional.one_hot(labels[1::2][near], len(manifest.classes)).sum(dim=1)
    return 100 * float((votes.argmax(dim=1) == labels[::2]).double().mean())


if __name__ == "__main__":
    main()
