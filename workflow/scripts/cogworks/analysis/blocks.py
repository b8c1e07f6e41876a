"""Features read piece by piece, on the unit sphere: memory never holds all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cogworks.core.errors import InputError
from cogworks.encoders.store import read_rows

FloatArray = npt.NDArray[np.float64]
BLOCK_ROWS = 4096
# As in common practice: a vector shorter than this is divided by it, and stays about zero.
LEAST_NORM = 1e-12


@dataclass(frozen=True)
class Part:
    """One stored array: features `(N, D)`, usually mapped from disk, and labels `(N,)`."""

    x: npt.NDArray[np.floating]
    labels: npt.NDArray[np.integer]


@dataclass(frozen=True)
class FeatureSet:
    """All features of one encoder on one data set, of one split or of several.

    Attributes:
        parts: the arrays, which share their dimension and the meaning of their labels.
    """

    parts: Sequence[Part]

    def __post_init__(self) -> None:
        if not self.parts or not len(self):
            raise InputError("there are no features to analyse: the data set has no images")
        if len({part.x.shape[1] for part in self.parts}) > 1:
            raise InputError(
                f"features of different dimensions: {[part.x.shape[1] for part in self.parts]}"
            )

    def __len__(self) -> int:
        """Number of rows."""
        return sum(len(part.x) for part in self.parts)

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        return int(self.parts[0].x.shape[1])

    def blocks(self, *, rows: int = BLOCK_ROWS) -> Iterator[FloatArray]:
        """Yield all vectors in float64, l2-normalised, at most `rows` at a time."""
        for part in self.parts:
            for start in range(0, len(part.x), rows):
                yield normalize(read_rows(part.x, start, start + rows))

    def by_class(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield each label that occurs, ascending, with its l2-normalised vectors `(n, D)`."""
        places = [_places(part.labels) for part in self.parts]
        for label in sorted(set().union(*places)):
            found = [
                normalize(_read(part.x, place[label]))
                for part, place in zip(self.parts, places, strict=True)
                if label in place
            ]
            yield label, found[0] if len(found) == 1 else np.concatenate(found)


def normalize(x: npt.ArrayLike) -> FloatArray:
    """Return the rows of `x` `(N, D)` in float64, scaled to length 1; a zero row stays zero."""
    rows = np.asarray(x, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, LEAST_NORM))


def _places(labels: npt.NDArray[np.integer]) -> dict[int, npt.NDArray[np.intp]]:
    """Return the row numbers of each label, ascending."""
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    pieces = np.split(order, starts[1:])
    return {int(label): rows for label, rows in zip(found, pieces, strict=True)}


def _read(x: npt.NDArray[np.floating], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.floating]:
    """Return some rows of `x`; neighbours, as of one class, in one go."""
    first, last = int(rows[0]), int(rows[-1])
    return read_rows(x, first, last + 1) if last - first + 1 == len(rows) else x[rows]
