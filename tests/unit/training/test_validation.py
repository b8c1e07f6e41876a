"""Accuracy on held-out images of which some are damaged."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest, as_rows
from cogworks.training import validation
from cogworks.training.processes import Processes
from cogworks.training.validation import Validation

ALONE = Processes(0, 1, torch.device("cpu"))


class Colours(nn.Module):
    """The logits are the mean colours."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))


def damaged(data: Manifest, rows: list[int], on_corrupt: str, folder: Path) -> Manifest:
    images = pq.read_table(data.frame["path"][0])["image"].to_pylist()
    for row in rows:
        images[int(data.frame["locator"][row])] = b"none"
    pack = folder / "damaged.parquet"
    pq.write_table(pa.table({"image": images}), pack)
    frame = data.frame.assign(path=str(pack))
    return replace(data, rows=as_rows(frame), on_corrupt=on_corrupt)


def _evaluated(held_out: Validation, model: Any) -> dict[str, float]:
    found = held_out.evaluate(model, torch.float32, lambda: False)
    assert found is not None
    return found


def evaluate(manifest: Manifest, cache_mb: int = 0) -> list[dict[str, float]]:
    held_out = Validation(
        manifest,
        size=12,
        mean=[0.0] * 3,
        std=[1.0] * 3,
        processes=ALONE,
        threads=2,
        cache_mb=cache_mb,
    )
    model: Any = Colours()
    return [_evaluated(held_out, model) for _ in range(2)]


@pytest.mark.parametrize("cache_mb", [0, 10])
def test_a_batch_of_damaged_images_alone_counts_nothing(
    tmp_path: Path,
    make_images: Callable[..., Manifest],
    monkeypatch: pytest.MonkeyPatch,
    cache_mb: int,
) -> None:
    monkeypatch.setattr(validation, "BATCH", 4)
    data = make_images(tmp_path, "test", 4)
    lost = [0, 4, 5, 6, 7]
    with pytest.raises(CorruptImageError, match="row"):
        evaluate(damaged(data, lost, "error", tmp_path))
    frame = data.frame.drop(index=lost).reset_index(drop=True)
    (expected, _) = evaluate(replace(data, rows=as_rows(frame)))
    for values in evaluate(damaged(data, lost, "drop", tmp_path), cache_mb):
        assert values == pytest.approx(expected)
        assert np.isfinite(values["val_loss"])


def test_where_no_image_is_whole_there_is_no_accuracy(
    tmp_path: Path, make_images: Callable[..., Manifest]
) -> None:
    data = make_images(tmp_path, "test", 4)
    with pytest.raises(InputError, match="none of its images can be decoded"):
        evaluate(damaged(data, list(range(12)), "drop", tmp_path))
