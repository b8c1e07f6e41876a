"""The classifier of a finished run, for evaluation on features."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.records import read_record
from cogworks.core.spec import canonical
from cogworks.networks.tensor_files import read_tensors
from cogworks.training.head import Head
from cogworks.training.losses import LOSSES
from cogworks.training.projector import build_projector
from cogworks.training.specs import Description

Logits = Callable[[torch.Tensor], torch.Tensor]


def load_classifier(run_dir: str | Path) -> Logits:
    """Return the function from a run's features (N, D) to its logits (N, C), both float32.

    It reads `spec.json` and `classifier.safetensors`. Features go through the projector (in
    evaluation mode) and the head of the run's loss. Classes are in the order of `classes` in
    `spec.json`.

    Raises:
        InputError: a file is missing or damaged, or its tensors do not fit the run's spec.
    """
    folder = Path(run_dir)
    text = canonical(read_record(folder / "spec.json"))
    described = Description.read(text, name=str(folder / "spec.json"))
    path = folder / "classifier.safetensors"
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    tensors = read_tensors(path)
    spec = described.training
    kind = LOSSES.load(spec.loss.kind)
    projector, width = build_projector(
        described.feature_dim, spec.projector, normalised=kind.normalised
    )
    head = kind(width, len(described.classes), spec.loss)
    projector.eval()
    _fill(classifier_tensors(projector, head), tensors, path)

    def logits(features: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            result: torch.Tensor = head(projector(features.float()))
        return result

    return logits


def classifier_tensors(projector: nn.Module, head: Head) -> dict[str, torch.Tensor]:
    """Return the tensors of `classifier.safetensors` by name, not copied.

    - those of the head (`Head.tensors`): `weight` (C, d_b), and `bias` (C,) where it has one;
    - `projector.*`: the projector's weights and statistics, where there is one.
    """
    own = {f"projector.{name}": value for name, value in projector.state_dict().items()}
    return own | head.tensors()


def _fill(own: dict[str, torch.Tensor], tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Copy a file's tensors into those of the same name, all of which must be there."""
    if own.keys() != tensors.keys():
        differ = ", ".join(sorted(own.keys() ^ tensors.keys()))
        raise InputError(f"{path}: does not fit spec.json: {differ} is in one of the two only")
    for name, value in own.items():
        if value.shape != tensors[name].shape:
            given, expected = tuple(tensors[name].shape), tuple(value.shape)
            raise InputError(
                f"{path}: does not fit spec.json ({name} is {given}, expected {expected})"
            )
        with torch.no_grad():
            value.copy_(tensors[name])
