"""Files that the workflow wrote, cut off or with a flipped bit."""

import hashlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

from cogworks.core.files import (
    parquet_writer,
    read_metadata,
    read_parquet,
    sha256_file,
    write_parquet,
)
from cogworks.core.records import read_record, write_record
from cogworks.encoders.store import read_features, write_index
from cogworks.images.manifest import Manifest, as_rows
from cogworks.images.reader import ImageReader
from cogworks.networks.checkpoints import read_checkpoint
from cogworks.probes.classifier import Classifier, StoredClassifier, read_classifier
from cogworks.probes.classifier import write_classifier as write_probe
from cogworks.synthesis.shard import PartialShard, Record, read_shard
from cogworks.training.export import write_encoder

from .damage import damages, same_tensors
from .table import Fault

SECTION = "Files of results"
AGAIN = "the file: once it is deleted, the workflow makes it again"
DAMAGES = damages()
Damage = Callable[[Path], Any]


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
    write_index(as_rows(frame), index, metadata=facts | {"dim": 8, "dtype": "float32"})
    fault.either(
        damage(npy),
        lambda: read_features(npy, index).x.copy(),
        same=lambda found: np.array_equal(found, x),
    )
    fault.lost(AGAIN)


@DAMAGES
@pytest.mark.fault(SECTION, "a trained encoder (safetensors) {what}", how="{how}")
def test_weights(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    torch.manual_seed(0)
    encoder = torch.nn.Sequential(torch.nn.Linear(6, 20), torch.nn.BatchNorm1d(20))
    path = tmp_path / "encoder.safetensors"
    write_encoder(encoder, path)
    fault.either(
        damage(path),
        lambda: read_checkpoint(path, ["."]),
        same=partial(same_tensors, encoder.state_dict()),
    )
    fault.lost(AGAIN)


@DAMAGES
@pytest.mark.fault(SECTION, "a fitted classifier (safetensors) {what}", how="{how}")
def test_classifiers(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "classifier.safetensors"
    torch.manual_seed(0)
    tensors = {"weight": torch.randn(3, 20), "bias": torch.randn(3)}
    fitted = StoredClassifier(Classifier(**tensors), ["n0", "n1", "n2"], True, 5)
    write_probe(fitted, path, key="k")
    fault.either(
        damage(path),
        lambda: read_classifier(path),
        same=lambda found: (
            found.classes == fitted.classes
            and same_tensors(tensors, {name: getattr(found.classifier, name) for name in tensors})
        ),
    )
    fault.lost("the file: with the score table beside it deleted, the workflow makes both again")


@DAMAGES
@pytest.mark.fault(SECTION, "the description of a training (spec.json) {what}", how="{how}")
def test_descriptions(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "spec.json"
    content = {"classes": ["n01440764", "n01443537"], "feature_dim": 16, "mean": [0.5, 0.25]}
    write_record(content, path)
    fault.either(
        damage(path), lambda: read_record(path), same=lambda found: content.items() <= found.items()
    )
    fault.lost(AGAIN)


def sample(index: int, data: bytes | None) -> Record:
    digest = hashlib.sha256(data).hexdigest() if data is not None else None
    hash_ = "0" * 16 if data is not None else None
    return Record(0, "n1", index, "a cat", None, index, [], sha256=digest, phash=hash_)


@DAMAGES
@pytest.mark.fault(SECTION, "a shard of a clone (tar) {what}", how="{how}")
def test_shards(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "0-of-1.tar"
    samples = [(0, b"zero" * 200), (1, None), (2, b"two" * 100)]
    with PartialShard(path, kind="jpeg") as shard:
        for index, data in samples:
            shard.add(sample(index, data), data)
        shard.seal()
    whole = read_shard(path)
    images = [data or b"" for _, data in samples]

    def read() -> tuple[Any, list[bytes]]:
        found, content = read_shard(path), path.read_bytes()
        return found, [content[item.offset :][: item.size] for item in found]

    fault.either(damage(path), read, same=lambda found: found == (whole, images))
    fault.lost(AGAIN)


def pack(path: Path) -> list[bytes]:
    """Write a pack as that of the procedural world is; return its images."""
    images = []
    for seed in range(6):
        buffer = io.BytesIO()
        pixels = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG")
        images.append(buffer.getvalue())
    schema = pa.schema([("image", pa.binary())])
    with parquet_writer(path, schema, compression="none", use_dictionary=False) as rows:
        for half in (images[:3], images[3:]):
            rows.add(pa.table([half], schema=schema))
    return images


@DAMAGES
@pytest.mark.fault(SECTION, "a pack of the procedural world (Parquet) {what}", how="{how}")
def test_packs(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "world.parquet"
    images = pack(path)
    columns = {"path": str(path), "container": "parquet", "locator": range(6), "size": -1}
    manifest = Manifest(as_rows(pd.DataFrame(columns)), ["n1"], "world", "train", "", path)
    fault.either(
        damage(path),
        lambda: [ImageReader(manifest).read_bytes(row) for row in range(6)],
        same=lambda found: found == images,
    )
    fault.lost(AGAIN)
