"""Batches in order, whatever the threads and processes; corrupt images by the manifest's rule."""

import errno
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.encoders import processes, shares
from cogworks.encoders.decoding import Threads
from cogworks.encoders.loader import BatchLoader
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import make_decoder

DECODE = make_decoder(decoder="pil", size=8, resize=8, interpolation="bicubic")


def loader(manifest: Manifest, threads: int = 1, **options: Any) -> BatchLoader:
    return BatchLoader(manifest, DECODE, size=8, threads=threads, **options)


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


def test_reading_ahead_is_bounded(
    manifest_of: Callable[..., Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, submit, asked = manifest_of(64), BatchLoader._submit, []

    def counting(self: BatchLoader, decoders: Any, start: int, stop: int) -> Any:
        asked.append(start)
        return submit(self, decoders, start, stop)

    monkeypatch.setattr(BatchLoader, "_submit", counting)
    spans = [(row, row + 1) for row in range(64)]
    for options, most in (({}, 6), ({"processes": [1]}, shares.AHEAD)):
        asked.clear()
        batches = loader(manifest, 2, **options).batches(spans)
        next(batches)
        assert len(asked) <= most
        batches.close()


def test_processes_give_the_batches_of_threads(manifest_of: Callable[..., Manifest]) -> None:
    """More batches than there is room for, of other sizes, padded, some with corrupt images."""
    manifest = manifest_of(90, corrupt=(0, 26))
    spans = [(40, 90), (0, 20), (0, 3), (20, 21), (5, 40), (0, 50), (89, 90), (1, 2)]
    ways: tuple[list[int], ...] = ([], [2, 1])
    one, two = (
        list(loader(manifest, 2, pad_to=51, processes=each).batches(spans)) for each in ways
    )
    for expected, found in zip(one, two, strict=True):
        assert (found.start, found.stop) == (expected.start, expected.stop)
        assert torch.equal(found.pixels, expected.pixels)
        assert found.corrupt == expected.corrupt
    assert [len(batch.corrupt) for batch in two] == [0, 2, 1, 0, 1, 2, 0, 0]


def test_few_threads_or_images_take_no_process(
    manifest_of: Callable[..., Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, spans = manifest_of(6), [(0, 6)]

    def kind(threads: int) -> type:
        with loader(manifest, threads)._decoders(spans) as decoders:
            return type(decoders)

    assert kind(6) is Threads
    monkeypatch.setattr(shares, "WORTH", 6)
    assert kind(4) is Threads
    assert kind(5) is processes.Processes
    monkeypatch.delattr(os, "memfd_create")
    assert kind(5) is Threads


def test_threads_are_shared_out() -> None:
    for threads in range(5, 70):
        each = shares.shares(threads, shares.WORTH)
        assert sum(each) == threads
        assert max(each) <= shares.THREADS
        assert max(each) - min(each) <= 1
        assert len(each) == -(-threads // shares.THREADS)


def test_without_shared_memory_there_are_threads(
    manifest_of: Callable[..., Manifest],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(name: str) -> int:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(os, "memfd_create", refuse)
    (batch,) = loader(manifest_of(3), processes=[1]).batches([(0, 3)])
    assert batch.pixels.flatten(1).any(1).all()
    assert "without processes, which is slower" in capsys.readouterr().err
