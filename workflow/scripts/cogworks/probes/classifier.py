"""A fitted linear classifier, and its file."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cogworks.core.errors import InputError
from cogworks.core.products import linear
from cogworks.networks.tensor_files import read_facts, write_tensors


@dataclass(frozen=True)
class Classifier:
    """Logits of features x are `x W^T + b`.

    Attributes:
        weight: `(C, D)`, float32 or float64.
        bias: `(C,)` of the same type.
        converged: whether the solver met its tolerance; null where the method has none.
    """

    weight: Tensor
    bias: Tensor
    converged: bool | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Return logits `(N, C)` of features `(N, D)`, on their device, of the weights' type."""
        weight, bias = self.weight.to(x.device), self.bias.to(x.device)
        return linear(x.to(weight.dtype), weight, bias)

    @property
    def finite(self) -> bool:
        """Whether the fit has not diverged."""
        return all(bool(torch.isfinite(part).all()) for part in (self.weight, self.bias))


@dataclass(frozen=True)
class StoredClassifier:
    """What a classifier's file holds.

    Attributes:
        classifier: null where the fit diverged.
        classes: ids of the C classes.
        normalize: whether it takes features of length 1.
        n_train: images that it was fitted on.
    """

    classifier: Classifier | None
    classes: list[str]
    normalize: bool
    n_train: int


def write_classifier(stored: StoredClassifier, path: Path, *, key: str) -> None:
    """Write a classifier as safetensors, atomically, under the digest of all it depends on."""
    about = {
        "key": key,
        "classes": stored.classes,
        "normalize": stored.normalize,
        "n_train": stored.n_train,
    }
    tensors = {}
    if stored.classifier is not None:
        about["converged"] = stored.classifier.converged
        tensors = {"weight": stored.classifier.weight, "bias": stored.classifier.bias}
    write_tensors(tensors, path, about=about)


def has_classifier(path: Path, *, key: str) -> bool:
    """Say whether there is a whole file with this key; of a damaged one the log tells."""
    if not path.is_file():
        return False
    try:
        return bool(read_facts(path)[1].get("key") == key)
    except InputError as error:
        print(f"{error}; it is fitted again", file=sys.stderr)
        return False


def read_classifier(path: Path) -> StoredClassifier:
    """Read a classifier's file.

    Raises:
        InputError: it is missing or damaged.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; it is kept where the protocol's `classifiers` says so, and "
            "made again when the score table beside it is deleted"
        )
    tensors, about = read_facts(path)
    if "classes" not in about:
        raise InputError(f"{path}: does not say which classes it tells apart; delete it")
    classifier = None
    if tensors:
        classifier = Classifier(tensors["weight"], tensors["bias"], about["converged"])
    return StoredClassifier(
        classifier=classifier,
        classes=about["classes"],
        normalize=about["normalize"],
        n_train=about["n_train"],
    )


def same_classes(a: Sequence[str], b: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the places in `a`, and in `b`, of the classes that both have, in the order of `a`."""
    place = {wnid: label for label, wnid in enumerate(b)}
    common = [(label, place[wnid]) for label, wnid in enumerate(a) if wnid in place]
    return [first for first, _ in common], [second for _, second in common]
