"""Batches in order, whatever the threads; corrupt images by the manifest's rule."""

from collections.abc import Callable

import numpy as np
import pytest

from cogworks.encoders.loader import BatchLoader
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import make_decoder

DECODE = make_decoder(decoder="pil", size=8, resize=8, interpolation="bicubic")


def loader(manifest: Manifest, threads: int = 1, pad_to: int = 0) -> BatchLoader:
    return BatchLoader(manifest, DECODE, size=8, threads=threads, pad_to=pad_to)


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_in_order(manifest_of: Callable[..., Manifest], threads: int) -> None:
    manifest = manifest_of(70)
    spans = [(40, 70), (0, 20), (20, 21)]
    batches = list(loader(manifest, threads).batches(spans))
    assert [(batch.start, batch.stop) for batch in batches] == spans
    reader = ImageReader(manifest)
    for batch in batches:
        for row in range(batch.start, batch.stop):
            expected = DECODE(reader.read_bytes(row), "x")
            assert np.array_equal(batch.pixels[row - batch.start].numpy(), expected)


def test_padding_is_black(manifest_of: Callable[..., Manifest]) -> None:
    (batch,) = loader(manifest_of(3), pad_to=5).batches([(0, 3)])
    assert batch.pixels.shape == (5, 8, 8, 3)
    assert not batch.pixels[3:].any()
    assert batch.pixels[:3].flatten(1).any(1).all()


def test_corrupt_images_are_told_with_their_batch(manifest_of: Callable[..., Manifest]) -> None:
    manifest = manifest_of(40, corrupt=(13, 30))
    rows = [manifest.frame["id"].tolist().index(f"image-{n:04d}") for n in (13, 30)]
    (batch,) = loader(manifest, 2).batches([(0, 40)])
    assert sorted(batch.corrupt) == sorted(rows)
    assert "0013.png: the image cannot be decoded" in batch.corrupt[rows[0]]
    assert not batch.pixels[rows].any()


def test_reading_ahead_is_bounded(manifest_of: Callable[..., Manifest]) -> None:
    manifest = manifest_of(64)
    asked = []

    def spans() -> object:
        for row in range(64):
            asked.append(row)
            yield row, row + 1

    batches = loader(manifest, 2).batches(spans())
    next(batches)
    assert len(asked) <= 6
    batches.close()
