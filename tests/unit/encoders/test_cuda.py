"""Features made on a GPU: near the CPU's, and the same bytes twice and in shards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.encoders.extract import extract
from cogworks.encoders.merge import merge
from cogworks.encoders.store import read_features
from cogworks.images.manifest import Manifest

LARGE = {
    "model": "torchvision:resnet50",
    "weights": "random",
    "image_size": 64,
    "batch_size": 4,
}


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min())


@pytest.mark.parametrize(
    ("precision", "least"), [("float32", 0.999999), ("tf32", 0.9999), ("bfloat16", 0.999)]
)
def test_features_are_those_of_the_cpu_and_the_same_bytes_twice_and_in_shards(
    precision: str,
    least: float,
    spec_of: Callable[..., Any],
    manifest_of: Callable[..., Manifest],
    tmp_path: Path,
    cuda: torch.device,
) -> None:
    manifest = manifest_of(150)

    def made(name: str, device: torch.device, precision: str, **keys: Any) -> Path:
        npy, index = tmp_path / f"{name}.npy", tmp_path / f"{name}.parquet"
        spec = spec_of(**LARGE, precision=precision)
        assert extract(manifest, spec, npy=npy, index=index, device=device, threads=2, **keys)
        return npy

    first, second = (made(name, cuda, precision) for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    parts = [
        (npy, npy.with_suffix(".parquet"))
        for shard in range(2)
        for npy in [made(f"part{shard}", cuda, precision, shard=shard, shards=2)]
    ]
    joined = tmp_path / "joined.npy"
    merge(parts, npy=joined, index=joined.with_suffix(".parquet"))
    assert joined.read_bytes() == first.read_bytes()
    here = made("here", torch.device("cpu"), "float32")
    x, y = (np.asarray(read_features(p, p.with_suffix(".parquet")).x) for p in (first, here))
    assert cosine(x, y) > least
