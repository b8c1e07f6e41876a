"""What the tests of the encoders share: small images, manifests and configs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.config.parse import parse
from cogworks.encoders.specs import EncoderSpec
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.plan.plan import Plan

SMALL = {
    "model": "cogworks:small_resnet",
    "weights": "random",
    "image_size": 16,
    "batch_size": 2,
    "options": {"channels": [8, 8, 16, 16]},
}


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Return a function from encoders by name to a plan, with one training run, `base`."""

    def make(**encoders: dict[str, Any]) -> Plan:
        training = {"base": {"dataset": "x"}}
        plan: Plan = Plan(parse({"encoders": encoders, "training": training}))
        return plan

    return make


@pytest.fixture
def spec_of(plan_of: Callable[..., Plan]) -> Callable[..., EncoderSpec]:
    """Return a function from a section to the resolved spec of that encoder, named `mine`.

    Without `model`, `registry`, `run` or `entry_point` it is a small random ResNet.
    """

    def make(**section: Any) -> EncoderSpec:
        if not {"model", "registry", "run", "entry_point"} & section.keys():
            section = SMALL | section
        return plan_of(mine=section).encoders["mine"].spec

    return make


@pytest.fixture
def manifest_of(tmp_path: Path) -> Callable[..., Manifest]:
    """Return a function that draws `count` small images and writes their manifest."""

    def make(count: int, *, on_corrupt: str = "error", corrupt: tuple[int, ...] = ()) -> Manifest:
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(7)
        rows = []
        for number in range(count):
            path = folder / f"{number:04d}.png"
            Image.fromarray(rng.integers(0, 256, (18, 22, 3), dtype=np.uint8)).save(path)
            if number in corrupt:
                path.write_bytes(path.read_bytes()[:60])
            rows.append({"id": f"image-{number:04d}", "path": str(path), "wnid": f"n{number % 2}"})
        frame = pd.DataFrame(rows).assign(container="file", locator=0, size=-1)
        return write_manifest(
            frame,
            tmp_path / "manifest.parquet",
            dataset="set",
            split="train",
            classes=["n0", "n1"],
            on_corrupt=on_corrupt,
        )

    return make
