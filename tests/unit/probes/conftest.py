"""Fixtures of the probes room: the plain probe as the oracle, and feature files as encoders do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from cogworks.config.parse import parse
from cogworks.core.files import sha256_file
from cogworks.encoders.store import write_index
from cogworks.images.manifest import write_manifest
from cogworks.plan.jobs import Job
from cogworks.plan.plan import Plan
from cogworks.probes.table import TableSource

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def oracle(load_module: Callable[[str], Any]) -> Any:
    """The module of the plain probe, shared with the benchmarks."""
    return load_module("benchmarks/probe_oracle.py")


@pytest.fixture(scope="session")
def clusters(oracle: Any) -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
    return oracle.clusters


@pytest.fixture(params=["torch", "onednn"])
def library(request: pytest.FixtureRequest) -> None:
    """A test is made with both libraries that multiply."""
    if request.param == "onednn":
        request.getfixturevalue("onednn")


def toy_job(test_sets: Iterable[str] = (), **keys: Any) -> Job:
    """Return the job of the protocol `p` with some keys on the data set `toy`."""
    source = {"kind": "world"}
    images = {
        name: {"source": source, "classes": {"wnids": wnids(2)}} for name in ("toy", *test_sets)
    }
    evaluation = {"encoders": ["toy"], "datasets": ["toy"], "protocols": ["p"]}
    config = parse(
        {
            "images": images,
            "encoders": {"toy": {"model": "cogworks:small_resnet", "weights": "random"}},
            "probes": {"p": keys},
            "evaluations": {"e": evaluation | {"test_sets": list(test_sets)}},
        }
    )
    return Plan(config).jobs["toy", "toy", "p"]


@pytest.fixture
def plan_job() -> Callable[..., Job]:
    """Return a function: keys of a protocol -> the job that applies it to the data set `toy`."""
    return toy_job


def wnids(n_classes: int, first: int = 0) -> list[str]:
    return [f"n{first + number:08d}" for number in range(n_classes)]


@dataclass
class Store:
    """Writes feature files, as the encoders room leaves them."""

    folder: Path

    def write(
        self,
        dataset: str,
        split: str,
        x: np.ndarray,
        labels: np.ndarray,
        *,
        classes: list[str] | None = None,
        version: str = "v1",
        dtype: str = "float32",
    ) -> None:
        classes = classes if classes is not None else wnids(int(labels.max()) + 1)
        frame = pd.DataFrame(
            {
                "id": [f"{dataset}/{split}/{row:05d}" for row in range(len(x))],
                "path": "images",
                "container": "file",
                "locator": 0,
                "size": -1,
                "wnid": [classes[label] for label in labels],
            }
        )
        stem = self.folder / dataset / split
        stem.parent.mkdir(parents=True, exist_ok=True)
        manifest = write_manifest(
            frame, self.path(dataset, split)[2], dataset=dataset, split=split, classes=classes
        )
        # The manifest sorts its rows by label.
        x = x[np.argsort(labels, kind="stable")].astype(dtype)
        np.save(f"{stem}.npy", x)
        metadata = {
            "encoder": "toy",
            "version": version,
            "dataset": dataset,
            "split": split,
            "classes": classes,
            "manifest": manifest.digest,
            "start": 0,
            "stop": len(x),
            "images": len(x),
            "dropped": [],
            "sha256": sha256_file(f"{stem}.npy"),
            "dim": x.shape[1],
            "dtype": dtype,
            "image": {},
        }
        index = manifest.table(["id", "label", "wnid"])
        write_index(index, f"{stem}.parquet", metadata=metadata)

    def path(self, dataset: str, split: str) -> tuple[Path, Path, Path]:
        stem = self.folder / dataset / split
        manifest = self.folder / "images" / dataset / f"{split}.parquet"
        return stem.with_suffix(".npy"), stem.with_suffix(".parquet"), manifest

    def source(
        self, datasets: str | list[str], split: str, *, normalize: bool = True, **group: Any
    ) -> TableSource:
        names = [datasets] if isinstance(datasets, str) else datasets
        arrays, indices, manifests = zip(*(self.path(name, split) for name in names), strict=True)
        return TableSource(arrays, indices, manifests, normalize, **group)

    def toy(
        self,
        dataset: str = "toy",
        *,
        n_classes: int = 6,
        train: int = 20,
        test: int = 10,
        dim: int = 12,
        spread: float = 1.2,
        seed: int = 0,
        first: int = 0,
        **keys: Any,
    ) -> None:
        """Write both splits of a data set whose classes are Gaussians."""
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((n_classes, dim))
        for split, count in (("train", train), ("test", test)):
            labels = np.repeat(np.arange(n_classes), count)
            x = centres[labels] + spread * rng.standard_normal((len(labels), dim))
            self.write(dataset, split, x, labels, classes=wnids(n_classes, first), **keys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "features")
