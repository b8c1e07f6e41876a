"""`cogworks rank`, as it is typed: from a folder of images to the table, and once more."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cogworks.report.table import read_table

CLASSES = ["tall & red", "wide", "grey one"]


@pytest.fixture
def command(tmp_path: Path, make_project: Callable[..., Any]) -> list[str]:
    """The command of a checkout, as `make setup` links it into its environment."""
    folder = make_project(tmp_path / "it's here", "").folder
    (folder / ".venv").symlink_to(sys.prefix)
    link = tmp_path / "bin" / "cogworks"
    link.parent.mkdir()
    link.symlink_to(folder / "workflow" / "scripts" / "cogworks.sh")
    return [str(link), "rank", "cogworks:small_resnet", "--weights", "random"]


def draw(root: Path) -> None:
    """Write six images of each class: noise around a shade."""
    for number, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        rng = np.random.default_rng(number)
        for image in range(6):
            pixels = rng.normal(60 * (number + 1), 20, size=(40, 48, 3)).clip(0, 255)
            Image.fromarray(pixels.astype("uint8")).save(root / name / f"{image}.png")


def run(command: list[str], work: Path, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [*command, "--data", "photos", *arguments],
        cwd=work,
        env=os.environ | {"PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def test_from_a_folder_to_the_table(command: list[str], tmp_path: Path) -> None:
    draw(tmp_path / "photos")
    out = tmp_path / "results" / "rank" / "photos"
    told = run(command, tmp_path)
    assert "Accuracy by measure" in told
    assert "minus random (points)" in told
    assert "small_resnet, random weights" in told
    assert "Not by distance from IN-1K: most classes have no synset" in told
    assert told.count(str(out / "results" / "report.html")) == 1
    table = read_table(out / "results" / "tables" / "measures.parquet")
    assert table.frame["group"].unique().tolist() == [
        "photos: linear, 1 image of each class",
        "photos: linear, all images",
        "photos: nearest, all images",
    ]
    own = table.frame[table.frame["encoder"] == "small_resnet, random weights"]
    assert own["top1"].gt(50).all()
    assert own[["top1_low", "top1_high", "gained"]].notna().all().all()
    again = run(command, tmp_path)
    assert "Nothing to be done" in again
    assert again.endswith(told[told.index("\nAccuracy by measure") :])
    # What Snakemake cannot see: another image in the folder.
    shutil.copy(tmp_path / "photos" / "wide" / "0.png", tmp_path / "photos" / "wide" / "9.png")
    planned = run(command, tmp_path, "--dry-run")
    assert "--forcerun list_classes build_manifest" in planned
    assert re.search(r"^extract_features +4$", planned, re.MULTILINE)
    assert "Accuracy by measure" not in planned
    # A copy that was cut off.
    whole = (tmp_path / "photos" / "wide" / "0.png").read_bytes()
    (tmp_path / "photos" / "wide" / "8.png").write_bytes(whole[: len(whole) // 2])
    failed = run(command, tmp_path, status=1)
    assert "images.photographs: 1 of 20 images are damaged: " in failed
    assert "--on-corrupt drop) to leave them out" in failed
    assert "rule extract_features" not in failed
