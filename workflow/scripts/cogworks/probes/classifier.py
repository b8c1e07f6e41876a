"""A fitted linear classifier, and its file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cogworks.core.errors import InputError
from cogworks.core.files import atomic

# The entry of a file's metadata that describes the classifier, as JSON.
ABOUT = "classifier"


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
        return torch.addmm(bias, x.to(weight.dtype), weight.T)

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
    # One entry: safetensors writes several in any order, and so other bytes each time.
    metadata = {ABOUT: json.dumps(about)}
    with atomic(path) as partial:
        save_file({k: v.contiguous() for k, v in tensors.items()}, partial, metadata=metadata)


def has_classifier(path: Path, *, key: str) -> bool:
    """Say whether there is a file with this key."""
    if not path.is_file():
        return False
    with _open(path) as handle:
        return bool(_about(handle).get("key") == key)


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
    with _open(path) as handle:
        about = _about(handle)
        tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    classifier = None
    if tensors:
        classifier = Classifier(tensors["weight"], tensors["bias"], about["converged"])
    return StoredClassifier(
        classifier=classifier,
        classes=about["classes"],
        normalize=about["normalize"],
        n_train=about["n_train"],
    )


def _about(handle: safe_open) -> dict[str, Any]:
    """Return what a file says of its classifier; nothing where another version wrote it."""
    about: dict[str, Any] = json.loads((handle.metadata() or {}).get(ABOUT, "{}"))
    return about


def _open(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable classifier ({error}); delete it") from error


def same_classes(a: Sequence[str], b: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the places in `a`, and in `b`, of the classes that both have, in the order of `a`."""
    place = {wnid: label for label, wnid in enumerate(b)}
    common = [(label, place[wnid]) for label, wnid in enumerate(a) if wnid in place]
    return [first for first, _ in common], [second for _, second in common]
