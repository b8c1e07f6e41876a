"""Which training images a probe trains on and which validate it (section 3.3.4.3).

Every draw is made class by class, from a seed and the class's id, so that a class keeps its images
when other classes come or go, and the first N of a draw are the same for every larger N.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cogworks.core.errors import InputError
from cogworks.core.seeds import derive_seed
from cogworks.probes.specs import held_out

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Rows of a feature table.

    Attributes:
        train: rows to train on, ascending.
        val: rows that validate, ascending.
    """

    train: Rows
    val: Rows


def rows_by_class(labels: npt.NDArray[np.int64], n_classes: int) -> list[Rows]:
    """Return the rows (ascending) of each class, given labels `(N,)`."""
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=n_classes))
    return np.split(order, ends[:-1])


def balance(rows: Sequence[Rows], classes: Sequence[str], per_class: int) -> list[Rows]:
    """Return `per_class` rows of each class, the same for every seed (section 3.3.3).

    Raises:
        InputError: a class has fewer.
    """
    result = []
    for name, own in zip(classes, rows, strict=True):
        if len(own) < per_class:
            raise InputError(
                f"per_class: {per_class} images of each class are asked for, but {name} has only "
                f"{len(own)} for training; lower per_class or leave the class out"
            )
        result.append(np.sort(_shuffled(own, "per_class", name)[:per_class]))
    return result


def split(
    rows: Sequence[Rows],
    classes: Sequence[str],
    *,
    seed: int,
    validation: float,
    shots: int | None,
) -> Split:
    """Return the training and validation rows of one seed.

    Args:
        rows: rows of each class, C arrays.
        classes: their ids, for the draw and for errors.
        seed: the repetition.
        validation: share of each class that validates, rounded down, at least one image.
        shots: training rows of each class; None takes all that do not validate.

    Raises:
        InputError: a class has fewer than two images, or fewer than `shots` besides those that
            validate.
    """
    train, val = [], []
    for name, own in zip(classes, rows, strict=True):
        if len(own) < 2:
            raise InputError(
                f"class {name} has {len(own)} training image{'s' if not own.size else ''}; a probe "
                "needs at least two of each class, one to train on and one to validate"
            )
        validating = held_out(len(own), validation)
        if len(own) - validating < max(1, shots or 0):
            raise InputError(
                f"shots: {shots or 1} images of each class are asked for, but class {name} has "
                f"{len(own)}, of which {validating} validate; lower shots or validation"
            )
        drawn = _shuffled(own, "split", seed, name)
        val.append(drawn[:validating])
        train.append(drawn[validating:][:shots])
    return Split(np.sort(np.concatenate(train)), np.sort(np.concatenate(val)))


def fit_rows(
    rows: Sequence[Rows],
    classes: Sequence[str],
    *,
    seed: int,
    validation: float,
    shots: int | None,
) -> Rows:
    """Return the rows of the final fit: all of them, or the very shots that the search used."""
    if shots is None:
        return np.sort(np.concatenate(list(rows)))
    return split(rows, classes, seed=seed, validation=validation, shots=shots).train


def _shuffled(rows: Rows, *parts: object) -> Rows:
    return np.random.default_rng(derive_seed(*parts)).permutation(rows)
