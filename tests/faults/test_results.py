"""Files that the workflow wrote, cut off or with a flipped bit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cogworks.core.files import read_metadata, read_parquet, sha256_file, write_parquet
from cogworks.encoders.store import read_features, write_index

from .damage import cut_off
from .table import Fault

SECTION = "Files of results"
AGAIN = "the file: once it is deleted, the workflow makes it again"
CUTS, FLIPS = 40, 400
Damage = Callable[[Path], Any]
DAMAGES = pytest.mark.parametrize(
    ("damage", "what", "how"),
    [
        pytest.param(
            partial(cut_off, places=CUTS), "is cut off", f"cut at {CUTS} places", id="cut"
        ),
    ],
)


@DAMAGES
@pytest.mark.fault(SECTION, "a table (Parquet) {what}", how="{how}")
def test_tables(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "scores.parquet"
    rng = np.random.default_rng(0)
    columns = {"id": [f"image-{n}" for n in range(500)], "score": rng.normal(size=500)}
    frame, facts = pd.DataFrame(columns), {"classes": ["n1", "n2"], "seed": 0}
    write_parquet(frame, path, metadata=facts)
    fault.either(
        damage(path),
        lambda: (read_parquet(path), read_metadata(path)),
        same=lambda found: found[0].equals(frame) and found[1] == facts,
    )
    fault.lost(AGAIN)


@DAMAGES
@pytest.mark.fault(SECTION, "features (npy) whose array {what}", how="{how}")
def test_arrays(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    x = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    npy, index = tmp_path / "train.npy", tmp_path / "train.parquet"
    np.save(npy, x)
    frame = pd.DataFrame({"id": [f"image-{n}" for n in range(30)], "label": 0, "wnid": "n0"})
    facts = {"encoder": "resnet50", "version": "v", "dataset": "toy", "split": "train"}
    facts |= {"classes": ["n0"], "manifest": "m", "sha256": sha256_file(npy)}
    write_index(frame, index, metadata=facts | {"dim": 8, "dtype": "float32"})
    fault.either(
        damage(npy),
        lambda: read_features(npy, index).x.copy(),
        same=lambda found: np.array_equal(found, x),
    )
    fault.lost(AGAIN)
