"""train_encoder at the command line."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.core.files import read_parquet
from cogworks.images.manifest import write_manifest
from cogworks.training import plan
from cogworks.training.run import Files, Options, train

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "train_encoder.py"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        pixels = rng.integers(0, 256, size=(16, 16, 3)).astype(np.uint8)
        pixels[..., number % 2] //= 3
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        path = folder / f"{number}.png"
        path.write_bytes(buffer.getvalue())
        rows.append({"id": path.name, "path": str(path), "wnid": f"n0{number % 2}"})
    frame = pd.DataFrame(rows).assign(container="file", locator=0, size=-1)
    write_manifest(
        frame, folder / "train.parquet", dataset="noise", split="train", classes=["n00", "n01"]
    )
    return folder / "train.parquet"


def spec() -> dict[str, Any]:
    numbers = plan.numbers("px32", "base_pr")
    numbers["backbone"] = {"library": "torchvision", "name": "resnet18", "options": {}}
    numbers["backbone"]["image_size"] = 16
    numbers["augmentation"] |= {"global_size": 16}
    numbers["projector"] |= {"hidden": 8, "bottleneck": 4}
    numbers["optimizer"] |= {"epochs": 2, "batch": 24, "lr_per_256": 0.02}
    return numbers | {
        "seed": 0,
        "traces": {"every_steps": 0},
        "validation": {"every_epochs": 1},
    }


def command(manifest: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = [
        *("--spec", json.dumps(spec()), "--device", "cpu", "--manifest", str(manifest)),
        *("--folder", str(folder / "run"), "--state", str(folder / "run.state"), *more),
    ]
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def test_one_and_two_processes_give_the_same_run(manifest: Path, tmp_path: Path) -> None:
    files = Files(manifest, None, tmp_path / "one" / "run", tmp_path / "one" / "run.state")
    assert train(spec(), files, Options("cpu", 1, -1, 10, 60))
    done = command(manifest, tmp_path / "two", "--validation", "--processes", "2")
    assert done.returncode == 0, done.stderr
    assert "step 2/2" in done.stderr
    results = {path.name for path in (tmp_path / "two" / "run").iterdir()}
    assert results == {path.name for path in (tmp_path / "one" / "run").iterdir()}
    assert len(results) == 4
    one, two = (read_parquet(tmp_path / n / "run" / "metrics.parquet") for n in ("one", "two"))
    losses = [frame[frame["metric"] == "loss"]["value"].to_numpy() for frame in (one, two)]
    # Batch norm over a few pixels amplifies rounding; test_processes.py has the exact comparison.
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-2)


def test_bad_input_is_one_line(manifest: Path, tmp_path: Path) -> None:
    done = command(tmp_path / "none.parquet", tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == f"error: {tmp_path / 'none.parquet'}: no such file"
