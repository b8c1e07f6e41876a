"""The classifier of a finished run, for evaluation on features."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.training.heads import build_head
from cogworks.training.projector import build_projector

Logits = Callable[[torch.Tensor], torch.Tensor]


def load_classifier(run_dir: str | Path) -> Logits:
    """Return the function from a run's features (N, D) to its logits (N, C), both float32.

    It reads `spec.json` and `classifier.safetensors`. The tensors of the latter:

    - `weight` (C, d_b): class weights, or prototypes where the loss was `ocm`;
    - `bias` (C,): with the plain `softmax` only;
    - `projector.*`: the projector's weights and statistics, where there is one.

    Features go through the projector (in evaluation mode); with `cosine` and `ocm` the logits are
    cosines divided by the temperature. Classes are in the order of `classes` in `spec.json`.

    Raises:
        InputError: a file is missing or damaged, or its tensors do not fit the run's spec.
    """
    folder = Path(run_dir)
    spec = read_json(folder / "spec.json")
    path = folder / "classifier.safetensors"
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from error
    chosen = spec["classifier"]
    projector, width = build_projector(spec["feature_dim"], chosen["projector"], chosen["kind"])
    head = build_head(width, len(spec["classes"]), chosen)
    model = nn.ModuleDict({"projector": projector, "head": head}).eval().requires_grad_(False)
    own = {_tensor_name(name): name for name in model.state_dict()}
    if own.keys() != tensors.keys():
        differ = ", ".join(sorted(own.keys() ^ tensors.keys()))
        raise InputError(f"{path}: does not fit spec.json: {differ} is in one of the two only")
    try:
        model.load_state_dict({own[name]: value for name, value in tensors.items()})
    except RuntimeError as error:
        raise InputError(f"{path}: does not fit spec.json ({error})") from error

    def logits(features: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            result: torch.Tensor = head(projector(features.float()))
        return result

    return logits


def _tensor_name(name: str) -> str:
    """Return the file's name for a tensor of the modules."""
    head = {"head.prototypes": "weight", "head.weight": "weight"}
    return head.get(name, name.removeprefix("head.linear."))
