from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest, as_rows, read_manifest
from cogworks.training.augmentation.choices import crop_kinds
from cogworks.training.loader import Batch, BatchOrder, TrainingImages, device_crops, make_loader
from cogworks.training.specs import TrainSpec


def images_of(data: Path, spec: TrainSpec, on_device: bool = False) -> TrainingImages:
    return TrainingImages(
        read_manifest(data / "train.parquet"),
        crop_kinds(spec.augmentation),
        seed=0,
        implementation=spec.augmentation.implementation,
        on_device=on_device,
    )


def batches(images: TrainingImages, workers: int, **order: Any) -> list[Batch]:
    keys = BatchOrder(len(images), epochs=2, batch=8, seed=0, **order)
    return list(make_loader(images, keys, workers=workers, pin=False))


def same(first: list[Batch], second: list[Batch]) -> bool:
    assert len(first) == len(second)
    return all(
        torch.equal(a.labels, b.labels)
        and all(torch.equal(x, y) for x, y in zip(a.crops, b.crops, strict=True))
        for a, b in zip(first, second, strict=True)
    )


def test_every_image_once_an_epoch_in_a_new_order() -> None:
    keys = list(BatchOrder(42, epochs=3, batch=8, seed=0))
    assert len(keys) == 15 == len(BatchOrder(42, epochs=3, batch=8, seed=0))
    epochs = [[i for epoch, part in keys if epoch == e for i in part] for e in range(3)]
    for order in epochs:
        assert len(set(order)) == len(order) == 40
        assert set(order) <= set(range(42))
    assert epochs[0] != epochs[1]
    assert [list(k) for _, k in keys] != [
        list(k) for _, k in BatchOrder(42, epochs=3, batch=8, seed=1)
    ]


@pytest.mark.parametrize("first_step", [0, 3, 5, 9, 15])
def test_goes_on_in_the_middle(first_step: int) -> None:
    whole = list(BatchOrder(42, epochs=3, batch=8, seed=0))
    rest = list(BatchOrder(42, epochs=3, batch=8, seed=0, first_step=first_step))
    assert [(e, list(k)) for e, k in rest] == [(e, list(k)) for e, k in whole[first_step:]]


def test_shares_and_pieces_make_up_the_batch_in_order() -> None:
    whole = [list(part) for _, part in BatchOrder(42, epochs=1, batch=8, seed=0)]
    shares = [
        [
            list(part)
            for _, part in BatchOrder(
                42, epochs=1, batch=8, seed=0, pieces=2, rank=rank, processes=2
            )
        ]
        for rank in range(2)
    ]
    for step, batch in enumerate(whole):
        pieces = zip(*(share[2 * step : 2 * step + 2] for share in shares), strict=True)
        assert batch == [i for piece in pieces for part in piece for i in part]


@pytest.mark.parametrize("implementation", ["fast", "pil"])
def test_the_same_crops_for_any_number_of_workers(
    implementation: str, data: Path, make_spec: Callable[..., TrainSpec]
) -> None:
    spec = make_spec(augmentation__implementation=implementation)
    alone = batches(images_of(data, spec), 0)
    assert same(alone, batches(images_of(data, spec), 1))
    assert same(alone, batches(images_of(data, spec), 2))
    cached = images_of(data, spec)
    assert cached.fill_cache(10, 2)
    assert same(alone, batches(cached, 0))
    assert same(alone[4:], batches(images_of(data, spec), 2, first_step=4))


def test_a_batch(data: Path, make_spec: Callable[..., TrainSpec]) -> None:
    images = images_of(data, make_spec())
    batch = images[0, np.array([0, 20, 41])]
    assert batch.labels.tolist() == [0, 1, 2]
    assert [tuple(crops.shape) for crops in batch.crops] == [(3, 3, 12, 12), (6, 3, 10, 10)]
    assert batch.crops[0].dtype == torch.uint8
    means = batch.crops[1].float().mean(dim=(2, 3))
    assert (means[:3] - means[3:]).abs().max() > 0


def test_crops_made_on_the_device_are_the_same(
    data: Path, make_spec: Callable[..., TrainSpec]
) -> None:
    key = (1, np.array([3, 30, 17, 8]))
    by_worker = images_of(data, make_spec())[key]
    raw = images_of(data, make_spec(), on_device=True)[key]
    assert raw.crops == []
    kinds = images_of(data, make_spec()).kinds
    crops, labels = device_crops(raw, kinds, torch.device("cpu"))
    assert torch.equal(labels, by_worker.labels)
    for ours, theirs in zip(crops, by_worker.crops, strict=True):
        assert torch.equal(ours, theirs)


def test_cache_only_where_it_fits(data: Path, make_spec: Callable[..., TrainSpec]) -> None:
    images = images_of(data, make_spec())
    assert not images.fill_cache(0, 1)
    assert images.cache is None
    assert images.fill_cache(1, 1)
    assert len(images.cache) == 42


def corrupt(data: Path, folder: Path, on_corrupt: str) -> Manifest:
    """The training images with the second one cut off."""
    manifest = read_manifest(data / "train.parquet")
    rows = pq.read_table(data / "train-pack.parquet")["image"].to_pylist()
    rows[1] = rows[1][: len(rows[1]) // 2]
    pack = folder / "pack.parquet"
    pq.write_table(pa.table({"image": rows}), pack)
    frame = manifest.frame.assign(path=str(pack))
    return replace(manifest, rows=as_rows(frame), on_corrupt=on_corrupt)


@pytest.mark.parametrize("cached", [False, True])
def test_corrupt_images(
    cached: bool,
    data: Path,
    tmp_path: Path,
    make_spec: Callable[..., TrainSpec],
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = crop_kinds(make_spec().augmentation)
    kwargs = {"seed": 0, "implementation": "fast", "on_device": False}
    strict = TrainingImages(corrupt(data, tmp_path, "error"), kinds, **kwargs)
    with pytest.raises(CorruptImageError, match=r"pack\.parquet, row 1"):
        strict[0, np.array([0, 1])]
    lenient = TrainingImages(corrupt(data, tmp_path, "drop"), kinds, **kwargs)
    if cached:
        assert lenient.fill_cache(10, 1)
    batch = lenient[0, np.array([1, 20])]
    assert batch.labels.tolist() == [0, 1]
    assert "row 1" in capsys.readouterr().err
