"""Features of a manifest, or of one shard of it (thesis, section 3.3.4.1).

The manifest's rows form a fixed grid of batches, and batches on a grid of chunks. A shard is a
run of whole chunks and a resumed job goes on with the next chunk, so an image always stands in the
same place of the same batch: its features are the same bytes for any number of workers, shards,
GPUs and interruptions.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import torch

from cogworks.core import paths
from cogworks.core.codehash import rule_code
from cogworks.core.device import set_arithmetic
from cogworks.core.files import sha256_file, write_text
from cogworks.core.interrupt import StopFlag
from cogworks.core.progress import track
from cogworks.encoders.forward import devices, encode, make_runners
from cogworks.encoders.identity import write_note
from cogworks.encoders.loader import Batch, BatchLoader
from cogworks.encoders.partial import PartialFeatures
from cogworks.encoders.registry import Encoder, load_encoder
from cogworks.encoders.specs import ComputeSpec, EncoderSpec, ModelSource, Pretrained
from cogworks.encoders.store import check_finite, write_index
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import DIGESTED, Manifest, digest_rows
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import make_decoder

CHUNK_BATCHES = 16
# Damaged images that an error names.
NAMED = 20
# Features below the first, or that differ by less than this share of them, are worth a warning.
TINY = 1e-6
CONSTANT = 1e-5
SCRIPT = "extract_features"


def extract(
    manifest: Manifest,
    spec: EncoderSpec,
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
        spec: the encoder.
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
        CorruptImageError: images that cannot be decoded and are not to be dropped. All are named,
            after all others were encoded: the next call goes on with what is finished.
        InputError: see `load_encoder`; an image that cannot be read; a feature that is not finite;
            a full disk; another process at work on the same file.
    """
    compute = spec.compute
    encoder = load_encoder(spec, device="cpu", online=online)
    _note_weights(encoder, spec)
    set_arithmetic(compute.precision)  # only now: the user's code may have set it otherwise
    chunk_rows = CHUNK_BATCHES * compute.batch_size
    start, stop = shard_rows(len(manifest), chunk_rows=chunk_rows, shard=shard, shards=shards)
    part = manifest.part(start, stop)
    partial = PartialFeatures(
        npy.with_suffix(".work"),
        key=_key(encoder, compute, start, device),
        images=lambda first, last: _digest(part, first, last),
        rows=stop - start,
        chunk_rows=chunk_rows,
        dim=encoder.feature_dim,
        dtype=compute.dtype,
    )
    with partial:
        job = _Job(part, encoder, compute, partial, start=start, images=len(manifest))
        if not job.run(devices(device, gpus), threads):
            return False
        job.check_corrupt()
        _publish(job, npy=npy, index=index)
    return True


def shard_rows(rows: int, *, chunk_rows: int, shard: int, shards: int) -> tuple[int, int]:
    """Return first and last row (exclusive) of a shard: whole chunks, as even as they come."""
    chunks = -(-rows // chunk_rows)
    first, last = shard * chunks // shards, (shard + 1) * chunks // shards
    return min(first * chunk_rows, rows), min(last * chunk_rows, rows)


class _Job:
    """The chunks of some rows of a manifest, from `start` of its `images`, still to be made."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        compute: ComputeSpec,
        partial: PartialFeatures,
        *,
        start: int,
        images: int,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self.compute = compute
        self.partial = partial
        self.start, self.images = start, images
        self.decode = make_decoder(
            decoder=encoder.image.decoder,
            size=encoder.image.image_size,
            resize=encoder.image.resize,
            interpolation=encoder.image.interpolation,
            squash=encoder.image.squash,
            floor=encoder.image.floor,
        )
        self.warned = False

    def run(self, targets: list[torch.device], threads: int) -> bool:
        """Make what is missing; return False where a signal stopped it."""
        finished = self._finished()
        todo = [chunk for chunk in range(self.partial.chunks) if chunk not in finished]
        if not todo:
            return True
        if finished:
            print(f"resuming: {len(finished)} of {self.partial.chunks} chunks are there")
        spans = [span for chunk in todo for span in self._batches_of(chunk)]
        label = f"{self.encoder.name} on {self.manifest.dataset}/{self.manifest.split}"
        encoded = encode(self._runners(targets), self._loader(targets, threads).batches(spans))
        with StopFlag() as flag:
            images = sum(last - first for first, last in spans)
            results = track(encoded, label=label, total=images, unit="images", count=_images)
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
        corrupt: dict[int, str] = {}
        for _ in self._batches_of(chunk):
            batch, features = next(results)
            if flag.stop:
                return False
            for reason in batch.corrupt.values():
                print(reason, file=sys.stderr)
            corrupt |= batch.corrupt
            whole = ~np.isin(np.arange(batch.start, batch.stop), list(batch.corrupt))
            ids = np.array(self.manifest.ids(range(batch.start, batch.stop)), object)[whole]
            place = str(self.manifest.path)
            check_finite(features[whole], ids, encoder=self.encoder.name, place=place)
            parts.append(features)
        made = np.concatenate(parts)
        if len(corrupt) == self.partial.chunk_rows and self.manifest.on_corrupt == "error":
            # Not one can be decoded: nothing is gained by trying all the others.
            self._refuse(corrupt)
        self._look_at(np.delete(made, [row - self.partial.span(chunk)[0] for row in corrupt], 0))
        self.partial.write(chunk, made, corrupt)
        return True

    def _finished(self) -> set[int]:
        """Return the chunks that need not be made again: their damaged images still are."""
        reader = ImageReader(self.manifest)

        def stands(chunk: int) -> bool:
            return not any(self._decodes(reader, row) for row in self.partial.corrupt([chunk]))

        return {chunk for chunk in self.partial.finished() if stands(chunk)}

    def _decodes(self, reader: ImageReader, row: int) -> bool:
        try:
            self.decode(reader.read_bytes(row), reader.name(row))
        except CorruptImageError:
            return False
        return True

    def check_corrupt(self) -> None:
        """Name all images that could not be decoded, unless they are to be dropped.

        Raises:
            CorruptImageError: naming them; also where none is left.
        """
        corrupt = self.partial.corrupt(range(self.partial.chunks))
        if corrupt and self.manifest.on_corrupt == "error":
            self._refuse(corrupt)
        if corrupt and len(corrupt) == self.images:
            raise CorruptImageError(
                f"{self.manifest.path}: none of its {len(corrupt)} images can be decoded, the "
                f"first: {corrupt[0]}"
            )

    def _refuse(self, corrupt: dict[int, str]) -> NoReturn:
        """Name all images in the log, and some in the error."""
        reasons = list(corrupt.values())
        if len(reasons) > NAMED:
            print("cannot be decoded:", *reasons, sep="\n  ", file=sys.stderr)
            reasons[NAMED:] = [f"and {len(reasons) - NAMED} more, which the log names"]
        named = "\n  ".join(reasons)
        raise CorruptImageError(
            f"{self.manifest.path}: {len(corrupt)} images cannot be decoded; mend these files, or "
            f"set on_corrupt: drop for {self.manifest.dataset} to leave them out. What is "
            f"finished is kept, and the next run goes on with it:\n  {named}"
        )

    def _look_at(self, features: np.ndarray) -> None:
        """Warn once of features (n, D) that tell images hardly apart."""
        if self.warned or len(features) < 2:
            return
        size = float(np.abs(features).max())
        spread = float(np.ptp(features.astype(np.float32), axis=0).max())
        if size < TINY or spread < CONSTANT * size or spread == 0:
            self.warned = True
            print(
                f"warning: the features of encoder {self.encoder.name} are at most {size:.1e} and "
                f"differ by at most {spread:.1e} among {len(features)} images: probes will learn "
                "little from them. Are its weights loaded, and trained in evaluation mode?",
                file=sys.stderr,
            )

    def _batches_of(self, chunk: int) -> list[tuple[int, int]]:
        first, last = self.partial.span(chunk)
        size = self.compute.batch_size
        return [(row, min(row + size, last)) for row in range(first, last, size)]

    def _runners(self, targets: list[torch.device]) -> list[Any]:
        return make_runners(
            self.encoder,
            targets,
            precision=self.compute.precision,
            dtype=self.compute.dtype,
            compiled=self.compute.compile,
        )

    def _loader(self, targets: list[torch.device], threads: int) -> BatchLoader:
        return BatchLoader(
            self.manifest,
            self.decode,
            size=self.encoder.image.image_size,
            threads=threads,
            pin=targets[0].type == "cuda",
            # A compiled network is compiled for one shape.
            pad_to=self.compute.batch_size if self.compute.compile else 0,
        )


def _publish(job: _Job, *, npy: Path, index: Path) -> None:
    """Write the index, then move the array to its place: a kill in between costs nothing."""
    partial, manifest, encoder = job.partial, job.manifest, job.encoder
    dropped = partial.dropped()
    rows = manifest.table(["id", "label", "wnid"])
    array = partial.result()
    metadata = {
        "encoder": encoder.name,
        "version": encoder.version,
        "dataset": manifest.dataset,
        "split": manifest.split,
        "classes": manifest.classes,
        "manifest": manifest.digest,
        "start": job.start,
        "stop": job.start + len(manifest),
        "images": job.images,
        "dropped": [rows["id"][row].as_py() for row in dropped],
        "sha256": sha256_file(array),
        "dim": encoder.feature_dim,
        "dtype": job.compute.dtype,
        "image": asdict(encoder.image),
        "weights": [asdict(file) for file in encoder.weights],
    }
    rows = rows.filter(~np.isin(np.arange(len(rows)), dropped))
    write_index(rows, index, metadata=metadata)
    os.replace(array, npy)
    partial.remove()
    if dropped:
        print(f"{len(dropped)} corrupt images were left out, see the index", file=sys.stderr)


def _note_weights(encoder: Encoder, spec: EncoderSpec) -> None:
    """Tell the planning of later runs which files of a library's cache these features are of."""
    source = spec.source
    if isinstance(source, ModelSource) and isinstance(source.weights, Pretrained):
        files = {entry.file: entry.fingerprint for entry in encoder.weights}
        write_text(write_note(files, spec.weights), paths.weights_note(encoder.name))


def _images(result: tuple[Batch, np.ndarray]) -> int:
    return len(result[1])


def _digest(manifest: Manifest, first: int, last: int) -> str:
    """Return the digest of some rows' images; features do not depend on labels."""
    rows = manifest.table(DIGESTED, range(first, last))
    at, zeros = DIGESTED.index("label"), pa.array(np.zeros(len(rows), np.int32))
    return digest_rows(rows.set_column(at, "label", zeros), [manifest.image_column])


def _key(
    encoder: Encoder,
    compute: ComputeSpec,
    start: int,
    device: torch.device,
) -> dict[str, Any]:
    """Return what finished chunks must have in common with those to come, beside their images."""
    return {
        "version": encoder.version,
        "compute": compute.model_dump(),
        "start": start,
        "device": device.type,
        "torch": torch.__version__,
        "code": rule_code(SCRIPT),
    }
