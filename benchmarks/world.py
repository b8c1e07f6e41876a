"""What an encoder that is trained in the procedural world gains over a random one, by level.

For each world seed this draws the seen concepts and the levels of a config, trains some of its runs
there, and prints the top-1 of linear probes, as gain over the same network with random weights. A
level is measured on more concepts than the demo has, as several tasks of `--way` concepts each.

    python benchmarks/world.py [--seeds 0 1 2] [--runs base trex] [--concepts 60]

The world was tuned on the seeds 0 to 2; 3 to 5 are fresh. The demo's runs `base` and `trex`, about
80 and 115 CPU s of training each:

                    seen    L1    L2    L3    L4    L5
    base   seed 0   68.2  44.9  36.9  27.2  26.8  25.5
           seed 1   66.4  33.0  28.1  23.5  25.8  19.2
           seed 2   62.1  41.0  27.4  32.2  31.9  20.5
           seed 3   57.4  35.2  20.6  22.4  18.4  19.6
           seed 4   46.2  26.9  14.2  11.7  16.5  14.2
           seed 5   56.4  31.8  26.7  20.9  19.7  16.5
    trex   seed 3   52.3  44.0  32.4  35.1  34.8  33.8
           seed 4   40.3  30.2  26.2  18.8  26.5  21.0
           seed 5   52.2  40.2  38.6  31.0  34.9  31.7
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from cogworks.concepts import level_stage, rank_stage, select_stage  # noqa: E402
from cogworks.concepts.wordnet import open_wordnet  # noqa: E402
from cogworks.config.include import whole  # noqa: E402
from cogworks.core.cli import non_negative, positive  # noqa: E402
from cogworks.core.randomness import seeded  # noqa: E402
from cogworks.images.build import build_manifests  # noqa: E402
from cogworks.images.classes import list_classes  # noqa: E402
from cogworks.images.world.canvas import Canvas  # noqa: E402
from cogworks.images.world.hierarchy import Hierarchy  # noqa: E402
from cogworks.images.world.looks import look_of  # noqa: E402
from cogworks.images.world.pack import draw_images, write_pack  # noqa: E402
from cogworks.networks.backbones import build_backbone  # noqa: E402
from cogworks.networks.pixels import normalise  # noqa: E402
from cogworks.plan.load import load  # noqa: E402
from cogworks.plan.plan import Plan  # noqa: E402
from cogworks.probes.lbfgs import Problem, solve  # noqa: E402
from cogworks.training.run import Files, Options, train  # noqa: E402

SEEN = "seen"
# Images of a concept that a probe is fitted on, chooses C on, and is tested on.
FIT, VALIDATE, TEST = 24, 8, 24
Cs = [0.3, 3.0, 30.0]


@dataclass(frozen=True)
class Task:
    """Some concepts to tell apart: their images, uint8 (C, N, S, S, 3)."""

    level: str
    images: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=REPOSITORY / "config" / "config.yaml")
    parser.add_argument("--seeds", type=non_negative, nargs="+", default=[0, 1, 2])
    parser.add_argument("--runs", nargs="+", default=["base", "trex"])
    parser.add_argument("--concepts", type=positive, default=60, help="of each level")
    parser.add_argument(
        "--way", type=positive, default=20, help="concepts that a probe tells apart"
    )
    args = parser.parse_args()
    found = pd.concat(
        [
            measure(args.config, seed, runs=args.runs, concepts=args.concepts, way=args.way)
            for seed in args.seeds
        ]
    )
    print(gains(found).round(1).to_string())


def measure(
    config: Path, seed: int, *, runs: Sequence[str], concepts: int, way: int
) -> pd.DataFrame:
    """Return the top-1 in percent of each task: seed, encoder, level, task, top1."""
    torch.set_num_threads(1)
    plan = load(whole(config))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        classes = choose(plan, folder, concepts)
        hierarchy = Hierarchy(open_wordnet(None))
        tasks = [
            task
            for level, wnids in classes.items()
            for task in draw(plan, level, wnids, seed, hierarchy, way)
        ]
        encoders = {"random": random_encoder(plan, runs[0], seed)}
        for run in runs:
            start = time.process_time()
            encoders[run] = trained(plan, run, classes[SEEN], seed, hierarchy, folder)
            spent = time.process_time() - start
            print(f"world seed {seed}, {run}: {spent:.0f} CPU s of training", flush=True)
    crops = plan.runs[runs[0]].spec.augmentation
    mean, std = torch.tensor(crops.mean), torch.tensor(crops.std)
    rows = [
        (seed, name, task.level, number, probe(encoder.eval(), task, mean, std))
        for name, encoder in encoders.items()
        for number, task in enumerate(tasks)
    ]
    return pd.DataFrame(rows, columns=["seed", "encoder", "level", "task", "top1"])


def gains(found: pd.DataFrame) -> pd.DataFrame:
    """Return top-1 less that of the random encoder: encoders and seeds by level."""
    top1 = found.pivot_table(index=["encoder", "seed"], columns="level", values="top1")
    top1 = top1[[SEEN, *(level for level in top1 if level != SEEN)]]
    trained = [name for name in top1.index.unique("encoder") if name != "random"]
    table = pd.concat({name: top1.loc[name] - top1.loc["random"] for name in trained})
    means = {(name, "mean"): table.loc[name].mean() for name in trained}
    return pd.concat([table, pd.DataFrame(means).T]).sort_index(key=lambda keys: keys.astype(str))


def choose(plan: Plan, folder: Path, concepts: int) -> dict[str, list[str]]:
    """Return the concepts of the seen set and of each level."""
    (family,) = {data.family for data in plan.datasets.values() if data.family}
    benchmark = plan.benchmarks[plan.datasets[SEEN].section.classes.benchmark or ""]
    tables = {name: folder / f"{name}.parquet" for name in ("eligible", SEEN, "ranking", "levels")}
    eligible, seen, ranking, levels = tables.values()
    select_stage.run(
        benchmark.select_spec, eligible=eligible, seen=seen, filters=folder / "filters.csv"
    )
    rank_stage.run(benchmark.rank_spec, eligible=eligible, seen=seen, ranking=ranking)
    level_stage.run(
        benchmark.level_spec,
        ranking=ranking,
        eligible=eligible,
        levels=levels,
        summary=folder / "summary.csv",
    )
    chosen = {}
    for name, data in plan.datasets.items():
        if name == SEEN or data.family == family:
            spec = data.classes_spec
            if name != SEEN:
                spec = spec.model_copy(update={"limit": concepts})
            table = seen if name == SEEN else levels
            chosen[name] = list(list_classes(spec, [table], threads=1)["wnid"])
    return chosen


def draw(
    plan: Plan, level: str, wnids: list[str], seed: int, hierarchy: Hierarchy, way: int
) -> list[Task]:
    """Draw tasks of `way` concepts each; of the seen concepts images that no training sees."""
    data = plan.datasets[level]
    spec = data.world_spec
    canvas = Canvas(spec.size, nuisance=spec.nuisance)
    skipped = spec.images if level == SEEN else 0
    images = []
    for wnid in wnids:
        look = look_of(wnid, hierarchy, seed=seed, distinctness=spec.distinctness)
        count = skipped + FIT + VALIDATE + TEST
        images.append(draw_images(look, wnid, count, canvas, seed=seed)[skipped:])
    # Classes are sorted by wnid, so by branch: strides give each task some of every branch.
    return [
        Task(level, np.stack(images[start :: len(wnids) // way]))
        for start in range(len(wnids) // way)
    ]


def random_encoder(plan: Plan, run: str, seed: int) -> nn.Module:
    """Return the network of a run as it starts."""
    with seeded(seed):
        return build_backbone(plan.runs[run].spec.backbone)[0]


def trained(
    plan: Plan, run: str, wnids: list[str], seed: int, hierarchy: Hierarchy, folder: Path
) -> nn.Module:
    """Train a run of the config on the seen concepts of a world and return its encoder."""
    data = plan.datasets[SEEN]
    world = data.world_spec.model_copy(update={"world_seed": seed})
    pack = folder / "seen.pack.parquet"
    if not pack.exists():
        write_pack(world, wnids, pack, hierarchy=hierarchy, workers=1)
    source = data.source.model_copy(update={"path": [str(pack)]})
    manifests = {split: folder / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(
        data.manifest_spec.model_copy(update={"source": source}), wnids, manifests, threads=1
    )
    spec = plan.runs[run].spec.model_copy(update={"seed": seed})
    files = Files(manifests["train"], None, folder / run, folder / f"{run}.state")
    assert train(spec, files, Options("cpu", 1, 0, 10_000, 60))
    encoder, _ = build_backbone(spec.backbone)
    encoder.load_state_dict(load_file(folder / run / "encoder.safetensors"))
    return encoder


@torch.no_grad()
def probe(encoder: nn.Module, task: Task, mean: torch.Tensor, std: torch.Tensor) -> float:
    """Return the top-1 of logistic regression on the encoder's features, in percent."""
    classes, images = task.images.shape[:2]
    pixels = torch.from_numpy(task.images.reshape(-1, *task.images.shape[2:]))
    features = torch.cat([encoder(normalise(part, mean, std)) for part in pixels.split(256)])
    features = nn.functional.normalize(features, dim=1).double()
    labels = torch.arange(classes).repeat_interleave(images)
    place = torch.arange(images).repeat(classes)
    fit, validate = place < FIT, (place >= FIT) & (place < FIT + VALIDATE)

    def scores(train: torch.Tensor, test: torch.Tensor, chosen: list[float]) -> list[float]:
        problem = Problem(features, labels, torch.nonzero(train)[:, 0], n_classes=classes)
        found = solve(problem, chosen, tolerance=1e-2, max_iterations=100)
        logits = [features[test] @ one.weight.T + one.bias for one in found]
        return [100 * float((own.argmax(1) == labels[test]).double().mean()) for own in logits]

    best = Cs[int(np.argmax(scores(fit, validate, Cs)))]
    return scores(fit | validate, ~(fit | validate), [best])[0]


if __name__ == "__main__":
    main()
