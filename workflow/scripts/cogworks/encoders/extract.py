"""Features of a manifest, or of a shard of it, by one encoder or several (thesis, 3.3.4.1).

The manifest's rows form a fixed grid of batches, and batches on a grid of chunks. A shard is a
run of whole chunks and a resumed job goes on with the next chunk, so an image always stands in the
same place of the same batch: its features are the same bytes for any number of workers, shards,
GPUs and interruptions. Several encoders that take the same pixels share each decoded batch, and
nothing else.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
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
from cogworks.encoders.forward import Lane, devices, make_runners
from cogworks.encoders.identity import write_note
from cogworks.encoders.loader import Batch, BatchLoader
from cogworks.encoders.partial import PartialFeatures
from cogworks.encoders.preparation import Preparation
from cogworks.encoders.registry import Encoder, load_encoder
from cogworks.encoders.shards import SCRIPT
from cogworks.encoders.specs import ComputeSpec, EncoderSpec, ModelSource, Pretrained
from cogworks.encoders.store import check_finite, write_index
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import DIGESTED, Manifest, digest_rows
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import Decode, make_decoder

CHUNK_BATCHES = 16
# Damaged images that an error names.
NAMED = 20
# Features below the first, or that differ by less than this share of them, are worth a warning.
TINY = 1e-6
CONSTANT = 1e-5


@dataclass(frozen=True)
class Wanted:
    """Features to be made.

    Attributes:
        spec: the encoder.
        npy: the array to write, (N, D).
        index: the index to write, see `store`.
        work: the folder of what is unfinished.
        sign: called once both are in their places.
    """

    spec: EncoderSpec
    npy: Path
    index: Path
    work: Path
    sign: Callable[[], None] = lambda: None


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
    extraction = Extraction(
        manifest, device, gpus=gpus, threads=threads, shard=shard, shards=shards, online=online
    )
    done = extraction.run([Wanted(spec, npy, index, npy.with_suffix(".work"))])
    for error in extraction.failed.values():
        raise error
    return done


@dataclass
class Extraction:
    """A shard of a manifest's images, and what encodes them: see `extract`.

    Attributes:
        failed: by encoder, what kept it from its features.
    """

    manifest: Manifest
    device: torch.device
    gpus: int = 1
    threads: int = 1
    shard: int = 0
    shards: int = 1
    online: bool = False
    failed: dict[str, Exception] = field(default_factory=dict)

    def run(self, wanted: Sequence[Wanted]) -> bool:
        """Write the features of some encoders, all of which are in memory at once.

        Those that take the same pixels get each image from one decoding. If one fails, it is in
        `failed`, and the others go on.

        Returns:
            Whether all others are done: False where a signal stopped it; call again to go on.

        Raises:
            CorruptImageError: as of `extract`, since damaged images concern all of them.
            InputError: an image that cannot be read.
        """
        with contextlib.ExitStack() as held:
            jobs: list[_Job] = []
            for one in wanted:
                with self._noting(one.spec.name):
                    jobs.append(held.enter_context(self._job(one)))
            for kind in dict.fromkeys(job.kind for job in jobs):
                if not self._encode([job for job in jobs if job.kind == kind]):
                    return False
            self._each(jobs, _Job.publish)
        return True

    def _job(self, wanted: Wanted) -> "_Job":
        spec, images = wanted.spec, len(self.manifest)
        encoder = load_encoder(spec, device="cpu", online=self.online)
        _note_weights(encoder, spec)
        chunk_rows = CHUNK_BATCHES * spec.compute.batch_size
        start, stop = shard_rows(
            images, chunk_rows=chunk_rows, shard=self.shard, shards=self.shards
        )
        part = self.manifest.part(start, stop)
        partial = PartialFeatures(
            wanted.work,
            key=_key(encoder, spec.compute, start, self.device),
            images=lambda first, last: _digest(part, first, last),
            rows=stop - start,
            chunk_rows=chunk_rows,
            dim=encoder.feature_dim,
            dtype=spec.compute.dtype,
        )
        return _Job(wanted, part, encoder, partial, start=start, images=images)

    def _encode(self, jobs: list["_Job"]) -> bool:
        """Make what is missing of jobs of one kind; False where a signal came."""
        set_arithmetic(jobs[0].compute.precision)  # only now: the user's code may have set it
        targets = devices(self.device, self.gpus)
        self._each(jobs, _Job.begin, targets)
        missing = sorted({chunk for job in jobs for chunk in job.missing})
        spans = [span for chunk in missing for span in jobs[0].batches_of(chunk)]
        with StopFlag() as flag:
            for batch in self._batches(jobs, spans):
                if flag.stop:
                    print("stopped by a signal; run again to go on from here", file=sys.stderr)
                    return False
                for reason in batch.corrupt.values():
                    print(reason, file=sys.stderr)
                self._each(jobs, _Job.take, batch)
                if all(job.name in self.failed for job in jobs):
                    break
            self._each(jobs, _Job.finish)
        return True

    def _batches(self, jobs: list["_Job"], spans: list[tuple[int, int]]) -> Iterator[Batch]:
        first, names = jobs[0], ", ".join(job.name for job in jobs)
        loader = BatchLoader(
            first.manifest,
            first.decode,
            size=first.encoder.image.image_size,
            threads=self.threads,
            pin=self.device.type == "cuda",
            # A compiled network is compiled for one shape.
            pad_to=first.compute.batch_size if first.compute.compile else 0,
        )
        if not spans:
            return iter(())
        return track(
            loader.batches(spans),
            label=f"{names} on {self.manifest.dataset}/{self.manifest.split}",
            total=sum(last - first for first, last in spans),
            unit="images",
            count=lambda batch: batch.stop - batch.start,
        )

    def _each(self, jobs: Iterable["_Job"], do: Callable[..., None], *given: object) -> None:
        """Do something to the jobs that have not failed."""
        for job in jobs:
            if job.name not in self.failed:
                with self._noting(job.name):
                    do(job, *given)

    @contextlib.contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Note what keeps an encoder from its features; damaged images keep all of them."""
        try:
            yield
        except CorruptImageError:
            raise
        except Exception as error:
            self.failed[name] = error


def shard_rows(rows: int, *, chunk_rows: int, shard: int, shards: int) -> tuple[int, int]:
    """Return first and last row (exclusive) of a shard: whole chunks, as even as they come."""
    chunks = -(-rows // chunk_rows)
    first, last = shard * chunks // shards, (shard + 1) * chunks // shards
    return min(first * chunk_rows, rows), min(last * chunk_rows, rows)


class _Job:
    """The chunks of some rows of a manifest, from `start` of its `images`, still to be made.

    A context manager that holds the work folder.
    """

    def __init__(
        self,
        wanted: Wanted,
        manifest: Manifest,
        encoder: Encoder,
        partial: PartialFeatures,
        *,
        start: int,
        images: int,
    ) -> None:
        self.wanted = wanted
        self.manifest = manifest
        self.encoder = encoder
        self.compute = wanted.spec.compute
        self.partial = partial
        self.start, self.images = start, images
        self.decode = _decoder(encoder.image)
        self.missing: frozenset[int] = frozenset()
        self._lane = Lane([])
        self._parts: list[np.ndarray] = []
        self._corrupt: dict[int, str] = {}
        self._warned = False

    def __enter__(self) -> "_Job":
        self.partial.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.partial.__exit__(*error)

    @property
    def name(self) -> str:
        """Return the encoder's name."""
        return self.encoder.name

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what jobs have in common that share batches: normalising is the networks' part."""
        image = replace(self.encoder.image, mean=(0, 0, 0), std=(1, 1, 1), channel_order="rgb")
        return image, *self.compute.model_dump(exclude={"dtype"}).values()

    def begin(self, targets: list[torch.device]) -> None:
        """Find the chunks that are missing, and load the network onto the devices to make them."""
        finished = self._finished()
        self.missing = frozenset(range(self.partial.chunks)) - finished
        if not self.missing:
            return
        if finished:
            found = f"{len(finished)} of {self.partial.chunks}"
            print(f"{self.name}: resuming: {found} chunks are there")
        self._lane = Lane(self._runners(targets))

    def take(self, batch: Batch) -> None:
        """Encode a batch, if its chunk is missing; they come in order."""
        if self._chunk(batch) in self.missing:
            for done, features in self._lane.put(batch):
                self._keep(done, features)

    def finish(self) -> None:
        """Wait for the last batches."""
        for done, features in self._lane.rest():
            self._keep(done, features)

    def _keep(self, batch: Batch, features: np.ndarray) -> None:
        """Add a batch to its chunk, which is written with its last one."""
        whole = ~np.isin(np.arange(batch.start, batch.stop), list(batch.corrupt))
        ids = np.array(self.manifest.ids(range(batch.start, batch.stop)), object)[whole]
        place = str(self.manifest.path)
        check_finite(features[whole], ids, encoder=self.name, place=place)
        self._parts.append(features)
        self._corrupt |= batch.corrupt
        chunk = self._chunk(batch)
        first, last = self.partial.span(chunk)
        if batch.stop < last:
            return
        made, corrupt = np.concatenate(self._parts), self._corrupt
        self._parts, self._corrupt = [], {}
        if len(corrupt) == self.partial.chunk_rows and self.manifest.on_corrupt == "error":
            # Not one can be decoded: nothing is gained by trying all the others.
            self._refuse(corrupt)
        self._look_at(np.delete(made, [row - first for row in corrupt], 0))
        self.partial.write(chunk, made, corrupt)

    def _chunk(self, batch: Batch) -> int:
        return batch.start // self.partial.chunk_rows

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

    def _check_corrupt(self) -> None:
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
        if self._warned or len(features) < 2:
            return
        size = float(np.abs(features).max())
        spread = float(np.ptp(features.astype(np.float32), axis=0).max())
        if size < TINY or spread < CONSTANT * size or spread == 0:
            self._warned = True
            print(
                f"warning: the features of encoder {self.encoder.name} are at most {size:.1e} and "
                f"differ by at most {spread:.1e} among {len(features)} images: probes will learn "
                "little from them. Are its weights loaded, and trained in evaluation mode?",
                file=sys.stderr,
            )

    def batches_of(self, chunk: int) -> list[tuple[int, int]]:
        """Return the first and last row (exclusive) of each batch of a chunk."""
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

    def publish(self) -> None:
        """Write the index, then move the array to its place: a kill in between costs nothing.

        Raises:
            CorruptImageError: images that cannot be decoded and are not to be dropped.
        """
        self._check_corrupt()
        partial, manifest, encoder = self.partial, self.manifest, self.encoder
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
            "start": self.start,
            "stop": self.start + len(manifest),
            "images": self.images,
            "dropped": [rows["id"][row].as_py() for row in dropped],
            "sha256": sha256_file(array),
            "dim": encoder.feature_dim,
            "dtype": self.compute.dtype,
            "image": asdict(encoder.image),
            "weights": [asdict(file) for file in encoder.weights],
        }
        rows = rows.filter(~np.isin(np.arange(len(rows)), dropped))
        write_index(rows, self.wanted.index, metadata=metadata)
        os.replace(array, self.wanted.npy)
        self.wanted.sign()
        partial.remove()
        if dropped:
            print(f"{len(dropped)} corrupt images were left out, see the index", file=sys.stderr)


def _decoder(image: Preparation) -> Decode:
    return make_decoder(
        decoder=image.decoder,
        size=image.image_size,
        resize=image.resize,
        interpolation=image.interpolation,
        squash=image.squash,
        floor=image.floor,
    )


def _note_weights(encoder: Encoder, spec: EncoderSpec) -> None:
    """Tell the planning of later runs which files of a library's cache these features are of."""
    source = spec.source
    if isinstance(source, ModelSource) and isinstance(source.weights, Pretrained):
        files = {entry.file: entry.fingerprint for entry in encoder.weights}
        write_text(write_note(files, spec.weights), paths.weights_note(encoder.name))


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
