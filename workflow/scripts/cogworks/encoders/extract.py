"""Features of a manifest, or of one shard of it (thesis, section 3.3.4.1).

The manifest's rows lie on a fixed grid of batches, and batches on a grid of chunks. A shard is a
run of whole chunks and a resumed job goes on with the next chunk, so an image always stands in the
same place of the same batch: its features are the same bytes for any number of workers, shards,
GPUs and interruptions.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cogworks.core import paths
from cogworks.core.codehash import rule_code
from cogworks.core.files import sha256_file, write_text
from cogworks.core.interrupt import StopFlag
from cogworks.core.progress import track
from cogworks.encoders.forward import devices, encode, make_runners, set_arithmetic
from cogworks.encoders.identity import write_note
from cogworks.encoders.loader import Batch, BatchLoader
from cogworks.encoders.partial import PartialFeatures
from cogworks.encoders.pixels import make_decoder
from cogworks.encoders.registry import Encoder, load_encoder
from cogworks.encoders.store import check_finite, write_index
from cogworks.images.manifest import Manifest

CHUNK_BATCHES = 16
SCRIPT = "extract_features"


def extract(
    manifest: Manifest,
    spec: dict[str, Any],
    *,
    npy: Path,
    index: Path,
    device: torch.device,
    gpus: int = 1,
    threads: int = 1,
    shard: int = 0,
    shards: int = 1,
    online: bool = False,
) -> bool:
    """Write the features of a manifest's images, in its order, and their index.

    Args:
        manifest: the images.
        spec: the encoder, see `plan.spec`.
        npy: the array to write, (N, D); its work folder stands beside it, with suffix `.work`.
        index: the index to write, see `store`.
        device: CPU or CUDA.
        gpus: how many of the visible GPUs to use.
        threads: threads that decode.
        shard: which shard to make, from 0.
        shards: how many there are.
        online: whether pretrained weights may be fetched.

    Returns:
        Whether all is done: False where a signal stopped it; call again to go on.

    Raises:
        InputError: see `load_encoder`; an image that cannot be read; a feature that is not finite;
            a full disk; another process at work on the same file.
    """
    compute = spec["compute"]
    set_arithmetic(compute["precision"])
    encoder = load_encoder(spec, device="cpu", online=online)
    _note_weights(encoder, spec)
    chunk_rows = CHUNK_BATCHES * compute["batch_size"]
    start, stop = shard_rows(len(manifest), chunk_rows=chunk_rows, shard=shard, shards=shards)
    partial = PartialFeatures(
        npy.with_suffix(".work"),
        key=_key(encoder, compute, manifest, start, device),
        rows=stop - start,
        chunk_rows=chunk_rows,
        dim=encoder.feature_dim,
        dtype=compute["dtype"],
    )
    with partial:
        job = _Job(manifest, encoder, compute, partial, start)
        if not job.run(devices(device, gpus), threads):
            return False
        _publish(job, npy=npy, index=index)
    return True


def shard_rows(rows: int, *, chunk_rows: int, shard: int, shards: int) -> tuple[int, int]:
    """Return first and last row (exclusive) of a shard: whole chunks, as even as they come."""
    chunks = -(-rows // chunk_rows)
    first, last = shard * chunks // shards, (shard + 1) * chunks // shards
    return min(first * chunk_rows, rows), min(last * chunk_rows, rows)


class _Job:
    """The chunks of one range of rows that are still to be made."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        compute: dict[str, Any],
        partial: PartialFeatures,
        start: int,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self.compute = compute
        self.partial = partial
        self.start = start
        self.ids = manifest.frame["id"].to_numpy()

    def run(self, targets: list[torch.device], threads: int) -> bool:
        """Make what is missing; return False where a signal stopped it."""
        finished = self.partial.finished()
        todo = [chunk for chunk in range(self.partial.chunks) if chunk not in finished]
        if not todo:
            return True
        if finished:
            print(f"resuming: {len(finished)} of {self.partial.chunks} chunks are there")
        spans = [span for chunk in todo for span in self._batches_of(chunk)]
        label = f"{self.encoder.name} on {self.manifest.dataset}/{self.manifest.split}"
        encoded = encode(self._runners(targets), self._loader(targets, threads).batches(spans))
        with StopFlag() as flag:
            results = track(encoded, label=label, total=len(spans), unit="batches")
            for chunk in todo:
                if not self._make(chunk, results, flag):
                    print("stopped by a signal; run again to go on from here", file=sys.stderr)
                    return False
        # Exhausted, so that the progress is shown to its end.
        next(results, None)
        return True

    def _make(
        self, chunk: int, results: Iterator[tuple[Batch, np.ndarray]], flag: StopFlag
    ) -> bool:
        parts: list[np.ndarray] = []
        dropped: list[int] = []
        for _ in self._batches_of(chunk):
            batch, features = next(results)
            if flag.stop:
                return False
            ids = self.ids[batch.start : batch.stop]
            check_finite(features, ids, encoder=self.encoder.name, place=str(self.manifest.path))
            parts.append(features)
            dropped.extend(row - self.start for row in batch.corrupt)
        self.partial.write(chunk, np.concatenate(parts), dropped)
        return True

    def _batches_of(self, chunk: int) -> list[tuple[int, int]]:
        first, last = (self.start + row for row in self.partial.span(chunk))
        size = self.compute["batch_size"]
        return [(row, min(row + size, last)) for row in range(first, last, size)]

    def _runners(self, targets: list[torch.device]) -> list[Any]:
        return make_runners(
            self.encoder,
            targets,
            precision=self.compute["precision"],
            dtype=self.compute["dtype"],
            compiled=self.compute["compile"],
        )

    def _loader(self, targets: list[torch.device], threads: int) -> BatchLoader:
        image = self.encoder.image
        decode = make_decoder(
            decoder=image.decoder,
            size=image.image_size,
            resize=image.resize,
            interpolation=image.interpolation,
        )
        return BatchLoader(
            self.manifest,
            decode,
            size=image.image_size,
            threads=threads,
            pin=targets[0].type == "cuda",
            # A compiled network is compiled for one shape.
            pad_to=self.compute["batch_size"] if self.compute["compile"] else 0,
        )


def _publish(job: _Job, *, npy: Path, index: Path) -> None:
    """Write the index, then move the array to its place: a kill in between costs nothing."""
    partial, manifest, encoder = job.partial, job.manifest, job.encoder
    dropped = partial.dropped()
    stop = job.start + partial.rows
    rows = manifest.frame.iloc[job.start : stop]
    array = partial.result()
    metadata = {
        "encoder": encoder.name,
        "version": encoder.version,
        "dataset": manifest.dataset,
        "split": manifest.split,
        "classes": manifest.classes,
        "manifest": manifest.digest,
        "start": job.start,
        "stop": stop,
        "images": len(manifest),
        "dropped": [str(rows["id"].iloc[row]) for row in dropped],
        "sha256": sha256_file(array),
        "dim": encoder.feature_dim,
        "dtype": job.compute["dtype"],
        "image": asdict(encoder.image),
        "weights": encoder.weights,
    }
    write_index(rows.drop(rows.index[dropped]), index, metadata=metadata)
    os.replace(array, npy)
    partial.remove()
    if dropped:
        print(f"{len(dropped)} corrupt images were left out, see the index", file=sys.stderr)


def _note_weights(encoder: Encoder, spec: dict[str, Any]) -> None:
    """Tell the planning of later runs which files of a library's cache these features are of."""
    if spec["source"].get("weights") == "pretrained":
        files = {entry["file"]: entry["fingerprint"] for entry in encoder.weights}
        write_text(write_note(files, spec["weights"]), paths.weights_note(encoder.name))


def _key(
    encoder: Encoder,
    compute: dict[str, Any],
    manifest: Manifest,
    start: int,
    device: torch.device,
) -> dict[str, Any]:
    """Return what finished chunks must have in common with those to come."""
    return {
        "version": encoder.version,
        "compute": compute,
        "manifest": manifest.digest,
        "on_corrupt": manifest.on_corrupt,
        "start": start,
        "device": device.type,
        "torch": torch.__version__,
        "code": rule_code(SCRIPT),
    }
