"""Features as a probe sees them: float32, normalised, regrouped where a pool asks for it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet
from cogworks.core.spec import digest
from cogworks.encoders.store import CHANGING, read_features
from cogworks.probes.batches import fits
from cogworks.probes.pools import group_classes
from cogworks.probes.specs import Draw, Level

# Features that are read together: what they pass through on their way stays with the process.
CHUNK_BYTES = 2**20
COMPARED_ROWS = 4096


@dataclass(frozen=True)
class FeatureTable:
    """Features of one split of one data set.

    Attributes:
        x: `(N, D)` float32, on the CPU or on the device that computes.
        y: labels `(N,)` int64 on the CPU.
        classes: sorted ids of the C classes that labels index; a split may lack images of some.
        name: the files that it was read from, for errors.
    """

    x: Tensor
    y: Tensor
    classes: list[str]
    name: str

    @property
    def dim(self) -> int:
        """Length D of a feature vector."""
        return self.x.shape[1]

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """Labels as an array."""
        return self.y.numpy()


class _Part(NamedTuple):
    """One feature file after its checks: where its numbers are, and their labels."""

    path: Path
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]
    labels: npt.NDArray[np.int32]
    classes: list[str]


@dataclass(frozen=True)
class TableSource:
    """The files of a feature table; nothing is read before it is needed.

    Attributes:
        arrays: `.npy` files, more than one for a pool.
        indices: their Parquet indices.
        manifests: the manifests that they must have been made from.
        normalize: whether to scale each vector to length 1.
        group: which classes of a pool to take, see `pools.group_classes`; None takes all.
        levels: level of each class of another ranking, for a pool by levels.
    """

    arrays: Sequence[Path]
    indices: Sequence[Path]
    manifests: Sequence[Path]
    normalize: bool
    group: Draw | Level | None = None
    levels: dict[str, int] | None = None

    @property
    def name(self) -> str:
        """The files, for errors."""
        return ", ".join(str(array) for array in self.arrays)

    @cached_property
    def metadata(self) -> list[dict[str, Any]]:
        """What the indices say of their arrays."""
        return [read_metadata(index) for index in self.indices]

    @cached_property
    def classes(self) -> list[str]:
        """Sorted ids of the classes wanted.

        Raises:
            InputError: the group cannot be drawn.
        """
        known = sorted({wnid for entry in self.metadata for wnid in entry["classes"]})
        return known if self.group is None else group_classes(self.group, known, self.levels)

    @property
    def digest(self) -> str:
        """Hash of everything that the numbers depend on, and of the images that they stand for."""
        parts = [
            [entry["sha256"], entry["manifest"], entry["classes"], _labels_digest(index)]
            for entry, index in zip(self.metadata, self.indices, strict=True)
        ]
        return digest([parts, self.classes, self.normalize])

    def require_same_encoder(self, other: "TableSource") -> None:
        """Refuse files that another encoder, or another version of it, has made.

        Raises:
            InputError: naming the file and both versions.
        """
        first = self.metadata[0]
        for array, entry in zip(other.arrays, other.metadata, strict=True):
            if (entry["encoder"], entry["version"]) != (first["encoder"], first["version"]):
                raise InputError(
                    f"{array}: features of encoder {entry['encoder']}, version "
                    f"{entry['version'][:12]}, but {self.arrays[0]} holds those of "
                    f"{first['encoder']}, version {first['version'][:12]}; delete both "
                    f"and run again.{CHANGING}"
                )

    def load(self, device: torch.device) -> FeatureTable:
        """Read the features into memory, once, chunk by chunk.

        Args:
            device: where to put them if they fit there; else they stay on the CPU.

        Raises:
            InputError: damaged or contradictory files, or no image of the classes wanted.
        """
        self.require_same_encoder(self)
        parts = [
            _check(array, index, manifest)
            for array, index, manifest in zip(
                self.arrays, self.indices, self.manifests, strict=True
            )
        ]
        kept = [_kept_rows(part, self.classes) for part in parts]
        shape = (sum(len(rows) for rows, _ in kept), parts[0].shape[1])
        if shape[0] == 0:
            raise InputError(f"{self.name}: holds no image of the classes wanted")
        home = device if fits(4 * shape[0] * shape[1], device) else torch.device("cpu")
        x = torch.empty(shape, dtype=torch.float32, device=home)
        done = 0
        for part, (rows, _) in zip(parts, kept, strict=True):
            _fill(x[done : done + len(rows)], part, rows, normalize=self.normalize)
            done += len(rows)
        labels = np.concatenate([labels for _, labels in kept])
        return FeatureTable(x, torch.from_numpy(labels), self.classes, self.name)


def require_variation(table: FeatureTable) -> None:
    """Refuse features that are the same for every image, on which no probe can learn.

    Raises:
        InputError: naming the files.
    """
    # Part by part, since the answer for all rows is a quarter of what they take themselves.
    if all(bool((part == table.x[:1]).all()) for part in table.x.split(COMPARED_ROWS)):
        raise InputError(
            f"{table.name}: the features of all {len(table.x)} images are equal, so that no probe "
            "can tell classes apart; check the encoder's weights and its preparation of images, "
            "and that the images are not all alike"
        )


def _labels_digest(index: Path) -> str:
    frame = read_parquet(index, columns=["label"])
    return hashlib.sha256(frame["label"].to_numpy().astype("<i8").tobytes()).hexdigest()


def _check(array: Path, index: Path, manifest: Path) -> _Part:
    """Check a feature file; its map is closed again, so that its pages do not count as ours."""
    features = read_features(array, index, manifest=read_metadata(manifest)["digest"])
    x = features.x
    offset = x.offset if isinstance(x, np.memmap) else 0
    part = _Part(array, offset, x.dtype, x.shape, features.labels, features.classes)
    del features, x
    # Arrow would keep the memory of the index, mostly its ids, although nothing reads it again.
    pa.default_memory_pool().release_unused()
    return part


def _kept_rows(
    part: _Part, classes: Sequence[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows of a part whose class is wanted, and their labels among `classes`."""
    place = {wnid: label for label, wnid in enumerate(classes)}
    lookup = np.array([place.get(wnid, -1) for wnid in part.classes], dtype=np.int64)
    labels = lookup[part.labels]
    rows = np.flatnonzero(labels >= 0)
    return rows, labels[rows]


def _fill(out: Tensor, part: _Part, rows: npt.NDArray[np.int64], *, normalize: bool) -> None:
    """Copy `rows` (ascending) of an array into `out`, without ever mapping more than a chunk."""
    total, dim = part.shape
    width = dim * part.dtype.itemsize
    count = max(1, CHUNK_BYTES // width)
    for start in range(0, total, count):
        first, last = np.searchsorted(rows, [start, start + count])
        if first == last:
            continue
        shape = (min(count, total - start), dim)
        offset = part.offset + start * width
        chunk = np.memmap(part.path, part.dtype, mode="r", offset=offset, shape=shape)
        values = torch.from_numpy(chunk[rows[first:last] - start].astype(np.float32, copy=False))
        if normalize:
            # In float64 no square of a very small or large number is lost; a zero stays zero.
            norm = torch.linalg.vector_norm(values, dim=1, keepdim=True, dtype=torch.float64)
            values = (values / norm.masked_fill_(norm == 0, 1)).float()
        out[first:last] = values
