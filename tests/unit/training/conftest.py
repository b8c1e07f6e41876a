"""A small data set of coloured noise and a small run, for all tests of the room."""

import io
import multiprocessing
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from cogworks.config.training import Run
from cogworks.core.files import read_json, read_parquet
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.plan import recipes
from cogworks.plan.runs import chosen, spec_of
from cogworks.training.specs import TrainSpec

CLASSES = ["n01", "n02", "n03"]
FORK = multiprocessing.get_context("fork")
TIMEOUT_SECONDS = 120
TIMES = ("images_per_second", "wait_share")


def _small_spec(**changes: Any) -> TrainSpec:
    """A run on 12 px crops that takes a second; `changes` are dotted keys with __ for the dot."""
    small = {
        "backbone.options": {
            "block": "basic",
            "layers": [1, 1, 1, 1],
            "channels": [8, 8, 16, 16],
            "stem": "conv3_stride2",
        },
        # Not 8 px: see `training.tiny_maps`.
        "augmentation.global_size": 12,
        "augmentation.local_size": 10,
        "augmentation.local_crops": 2,
        "projector.hidden": 16,
        "projector.bottleneck": 8,
        "loss.memory": 20,
        "loss.ema_momentum": 0.9,
        "optimizer.epochs": 3,
        "optimizer.batch": 12,
        "optimizer.lr_per_256": 1.0,
        "optimizer.warmup_epochs": 1,
        "traces.every_steps": 1,
    }
    own = {key.replace("__", "."): value for key, value in changes.items()}
    section = Run.model_validate(chosen({"dataset": "noise", "scale": "px32"}, small | own))
    return spec_of(section, recipes.numbers(section.scale, section.recipe, section))


def _write_images(folder: Path, split: str, per_class: int, *, seed: int = 0) -> Manifest:
    """Classes differ in their mean colour; images have different sizes."""
    rng = np.random.default_rng([seed, per_class])
    rows, wnids = [], []
    for number, wnid in enumerate(CLASSES):
        for _ in range(per_class):
            height, width = rng.integers(16, 24, size=2)
            mean = np.full(3, 90.0)
            mean[number] = 170
            pixels = rng.normal(mean, 40, size=(height, width, 3)).clip(0, 255).astype(np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            rows.append(buffer.getvalue())
            wnids.append(wnid)
    pack = folder / f"{split}-pack.parquet"
    pq.write_table(pa.table({"image": rows}), pack)
    frame = pd.DataFrame(
        {
            "id": [f"{split}/{row:04d}" for row in range(len(rows))],
            "path": str(pack),
            "container": "parquet",
            "locator": range(len(rows)),
            "size": -1,
            "wnid": wnids,
        }
    )
    return write_manifest(
        frame, folder / f"{split}.parquet", dataset="noise", split=split, classes=CLASSES
    )


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.parquet (42 images) and test.parquet (12)."""
    folder = tmp_path_factory.mktemp("data")
    _write_images(folder, "train", 14)
    _write_images(folder, "test", 4)
    return folder


@pytest.fixture
def make_spec() -> Callable[..., TrainSpec]:
    return _small_spec


@pytest.fixture
def make_images() -> Callable[..., Manifest]:
    return _write_images


def _results(folder: Path) -> dict[str, Any]:
    """All that a run leaves, without times."""
    run, state = folder / "run", torch.load(folder / "run.state" / "last.pt", weights_only=True)
    metrics = read_parquet(run / "metrics.parquet")
    tensors = {
        f"{name}/{key}": value
        for name in ("encoder", "classifier")
        for key, value in load_file(run / f"{name}.safetensors").items()
    }
    for part in ("model", "companion"):
        tensors |= {f"{part}/{key}": value for key, value in (state[part] or {}).items()}
    for number, entry in state["optimizer"]["state"].items():
        tensors[f"momentum/{number}"] = entry["momentum_buffer"]
    return {
        "tensors": tensors,
        "metrics": metrics[~metrics["metric"].isin(TIMES)].to_dict("list"),
        "spec": read_json(run / "spec.json"),
        "scaler": state["scaler"],
        "step": state["step"],
    }


def _assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first["tensors"].keys() == second["tensors"].keys()
    for key, value in first["tensors"].items():
        assert torch.equal(value, second["tensors"][key]), key
    for key in ("metrics", "spec", "scaler", "step"):
        assert first[key] == second[key], key


def _in_two_processes(function: Callable[[int], None], folder: Path) -> list[int]:
    """Run `function(rank)` in two processes that know of each other; return their exit codes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def child(rank: int) -> None:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        torch.set_num_threads(1)
        function(rank)

    children = [FORK.Process(target=child, args=(rank,)) for rank in range(2)]
    for process in children:
        process.start()
    for process in children:
        process.join(TIMEOUT_SECONDS)
        if process.is_alive():
            process.kill()
    return [process.exitcode for process in children]


@pytest.fixture
def results() -> Callable[[Path], dict[str, Any]]:
    return _results


@pytest.fixture
def assert_same() -> Callable[..., None]:
    return _assert_same


@pytest.fixture
def in_two_processes() -> Callable[..., list[int]]:
    return _in_two_processes
