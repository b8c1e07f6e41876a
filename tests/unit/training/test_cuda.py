"""Training on a GPU: the same bytes twice, after an interruption, and in all processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.core.codehash import SCRIPTS
from cogworks.training.augmentation.choices import UNIFORMS, CropKind, choose
from cogworks.training.augmentation.multicrop import make_crops
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses.ocm import PrototypeHead
from cogworks.training.pixels import join_images
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Trainer

RESNET = {"library": "torchvision", "name": "resnet18"}
LARGE = {"augmentation__global_size": 64, "augmentation__local_size": 32}
# What one of two processes on one GPU does, which NCCL refuses: they talk by gloo. Each leaves its
# own state beside the run's.
RANK = """
import os, sys
from pathlib import Path
import torch
import torch.distributed as dist
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Trainer

begin, save = dist.init_process_group, Trainer.save
dist.init_process_group = lambda backend: begin("gloo")

def save_own(self):
    save(self)
    own = {"model": self.model.state_dict(), "companion": self.companion.state_dict()}
    torch.save(own, Path(sys.argv[3]) / f"{os.environ['RANK']}.pt")

Trainer.save = save_own
data, folder = Path(sys.argv[2]), Path(sys.argv[3])
files = Files(data / "train.parquet", data / "test.parquet", folder / "run", folder / "run.state")
assert train(TrainSpec.read(sys.argv[1]), files, Options(sys.argv[4], 1, 0, 10, 60))
"""


def files_in(folder: Path, data: Path) -> Files:
    return Files(
        data / "train.parquet", data / "test.parquet", folder / "run", folder / "run.state"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"loss__kind": "cosine", "precision": "bfloat16"},
        {"loss__kind": "ocm", "precision": "float16"},
        {"loss__kind": "look", "loss__k": 5, "precision": "bfloat16"},
        {"loss__kind": "softmax", "precision": "float32"},
    ],
)
def test_a_run_has_the_same_bytes_twice_and_after_an_interruption(
    changes: dict[str, Any],
    data: Path,
    tmp_path: Path,
    make_spec: Callable[..., TrainSpec],
    results: Callable[[Path], dict[str, Any]],
    assert_same: Callable[..., None],
    cuda: torch.device,
) -> None:
    network = {f"backbone__{key}": value for key, value in RESNET.items()}
    spec = make_spec(**network, backbone__options={}, **LARGE, **changes)
    options = Options(cuda.type, threads=1, workers=0, cache_mb=10, checkpoint_minutes=60)
    for name in ("first", "second"):
        assert train(spec, files_in(tmp_path / name, data), options)
    assert_same(results(tmp_path / "first"), results(tmp_path / "second"))
    record = Trainer._record

    def stop(self: Trainer, progress: Any) -> None:
        record(self, progress)
        if self.step == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_record", stop)
        assert not train(spec, files_in(tmp_path / "cut", data), options)
    assert train(spec, files_in(tmp_path / "cut", data), options)
    assert_same(results(tmp_path / "first"), results(tmp_path / "cut"))


def test_two_processes_hold_the_same_memory_and_prototypes_and_so_does_a_second_run(
    data: Path, tmp_path: Path, make_spec: Callable[..., TrainSpec], cuda: torch.device
) -> None:
    spec = make_spec(loss__kind="ocm", precision="bfloat16", loss__memory=500, **LARGE)

    def states(name: str, port: int) -> list[dict[str, dict[str, torch.Tensor]]]:
        folder = tmp_path / name
        folder.mkdir()
        command = [sys.executable, "-c", RANK, spec.text, str(data), str(folder), cuda.type]
        group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        path = os.pathsep.join([str(SCRIPTS), os.environ.get("PYTHONPATH", "")])
        children = [
            subprocess.Popen(
                command,
                env=os.environ | group | {"RANK": str(rank), "LOCAL_RANK": "0", "PYTHONPATH": path},
            )
            for rank in range(2)
        ]
        assert [child.wait(timeout=120) for child in children] == [0, 0]
        return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]

    first, second = states("first", 29611), states("second", 29612)
    for other in (first[1], *second):
        for part, values in first[0].items():
            for key, value in values.items():
                assert torch.equal(other[part][key].cpu(), value.cpu()), (part, key)


def test_prototypes_have_the_same_bytes_each_time(
    make_spec: Callable[..., TrainSpec], cuda: torch.device
) -> None:
    head = PrototypeHead(256, 50, make_spec(loss__kind="ocm").loss)
    embeddings, labels = torch.randn(8192, 256), torch.randint(0, 50, (8192,))
    head.update(embeddings, labels)
    here = head.directions()
    head.to(cuda)
    found = []
    for _ in range(20):
        head.update(embeddings.to(cuda), labels.to(cuda))
        found.append(head.directions())
    assert all(torch.equal(found[0], other) for other in found)
    torch.testing.assert_close(found[0].cpu(), here, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kind", "size"), [("global", 48), ("local", 24)])
def test_crops_are_those_of_the_cpu(kind: str, size: int, cuda: torch.device) -> None:
    rng = np.random.default_rng(0)
    sizes = [(60, 80), (90, 70), (200, 160), (64, 64)] * 12
    images = [
        torch.from_numpy(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).permute(2, 0, 1)
        for height, width in sizes
    ]
    pixels = join_images(images)
    kinds = [CropKind(kind, 3, size, (0.2, 1.0), RECIPES.load("dino")[kind])]
    uniforms = rng.random((len(images), 3, UNIFORMS))
    choices = [choose(uniforms, kinds[0], pixels.heights, pixels.widths)]
    here = make_crops(pixels, choices, kinds, implementation="fast")[0]
    first, second = (
        make_crops(pixels.to(cuda), choices, kinds, implementation="fast")[0] for _ in range(2)
    )
    assert torch.equal(first, second)
    away = (first.cpu().int() - here.int()).abs()
    # A level of difference before the colours change is a few afterwards.
    assert float(away.float().mean()) < 0.5
    assert float((away > 8).float().mean()) < 1e-3


def test_one_large_image_does_not_make_the_others_large(cuda: torch.device) -> None:
    rng = np.random.default_rng(0)
    sizes = [(375, 500)] * 63 + [(4000, 6000)]
    images = [torch.zeros(3, *size, dtype=torch.uint8) for size in sizes]
    pixels = join_images(images)
    kinds = [CropKind("local", 8, 96, (0.05, 0.4), RECIPES.load("dino")["local"])]
    uniforms = rng.random((len(images), 8, UNIFORMS))
    choices = [choose(uniforms, kinds[0], pixels.heights, pixels.widths)]
    moved = pixels.to(cuda)
    torch.cuda.reset_peak_memory_stats(cuda)
    before = torch.cuda.memory_allocated(cuda)
    make_crops(moved, choices, kinds, implementation="fast")
    peak = torch.cuda.max_memory_allocated(cuda) - before
    print(f"peak {peak / 1e9:.2f} GB")
    assert peak < 2e9
