"""A small data set of coloured noise and a small run, for all tests of the room."""

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from cogworks.images.manifest import Manifest, write_manifest
from cogworks.training import plan

CLASSES = ["n01", "n02", "n03"]


def _small_spec(**changes: Any) -> dict[str, Any]:
    """A run on 12 px crops that takes a second; `changes` are dotted keys with __ for the dot."""
    spec = plan.numbers("px32", "base_mc_pr")
    spec["backbone"]["options"] = {
        "block": "basic",
        "layers": [1, 1, 1, 1],
        "channels": [8, 8, 16, 16],
        "stem": "conv3_stride2",
    }
    spec["backbone"]["image_size"] = 12
    # Not 8 px: see `training.tiny_maps`.
    spec["augmentation"] |= {"global_size": 12, "local_size": 10, "local_crops": 2}
    spec["projector"] |= {"hidden": 16, "bottleneck": 8}
    spec["loss"] |= {"memory": 20, "ema_momentum": 0.9}
    spec["optimizer"] |= {"epochs": 3, "batch": 12, "lr_per_256": 1.0, "warmup_epochs": 1}
    spec |= {"seed": 0, "traces": {"every_steps": 1}, "validation": {"every_epochs": 1}}
    for key, value in changes.items():
        *groups, last = key.split("__")
        place = spec
        for group in groups:
            place = place[group]
        place[last] = value
    return copy.deepcopy(spec)


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
def make_spec() -> Callable[..., dict[str, Any]]:
    return _small_spec


@pytest.fixture
def make_images() -> Callable[..., Manifest]:
    return _write_images
