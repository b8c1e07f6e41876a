from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from cogworks.core.errors import InputError
from cogworks.core.files import write_json
from cogworks.training.classifier import load_classifier
from cogworks.training.export import write_classifier
from cogworks.training.losses import LOSSES
from cogworks.training.model import Classifier, Embedder
from cogworks.training.projector import build_projector

PROJECTOR = {
    "enabled": True,
    "layers": 1,
    "hidden": 6,
    "bottleneck": 5,
    "normalize_input": True,
}


def written(folder: Path, kind: str, enabled: bool = True) -> Classifier:
    torch.manual_seed(0)
    loss = {"kind": kind, "temperature": 0.1}
    chosen = PROJECTOR | {"enabled": enabled}
    head_of = LOSSES.load(kind)
    projector, width = build_projector(4, chosen, normalised=head_of.normalised)
    head = head_of(width, 3, loss)
    model = Classifier(Embedder(torch.nn.Identity(), projector), head)
    model(torch.randn(8, 4))
    write_classifier(model, folder / "classifier.safetensors")
    description: dict[str, Any] = {
        "feature_dim": 4,
        "classes": ["a", "b", "c"],
        "classifier": loss | {"projector": chosen},
    }
    write_json(description, folder / "spec.json")
    return model.eval()


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize(
    ("kind", "own"),
    [("cosine", {"weight"}), ("ocm", {"weight"}), ("softmax", {"weight", "bias"})],
)
def test_round_trip(kind: str, own: set[str], enabled: bool, tmp_path: Path) -> None:
    model = written(tmp_path, kind, enabled)
    tensors = load_file(tmp_path / "classifier.safetensors")
    assert {name for name in tensors if not name.startswith("projector.")} == own
    assert any(name.startswith("projector.") for name in tensors) == enabled
    assert tensors["weight"].shape == (3, 5 if enabled else 4)
    features = torch.randn(6, 4)
    logits = load_classifier(tmp_path)(features)
    assert logits.shape == (6, 3)
    assert not logits.requires_grad
    torch.testing.assert_close(logits, model(features))


def test_bad_files_are_named(tmp_path: Path) -> None:
    written(tmp_path, "cosine")
    path = tmp_path / "classifier.safetensors"
    tensors = load_file(path)
    save_file({k: v for k, v in tensors.items() if k != "projector.hidden.0.bias"}, path)
    with pytest.raises(InputError, match=r"projector\.hidden\.0\.bias is in one of the two only"):
        load_classifier(tmp_path)
    save_file(tensors | {"weight": torch.zeros(3, 7)}, path)
    with pytest.raises(InputError, match=r"weight is \(3, 7\), expected \(3, 5\)"):
        load_classifier(tmp_path)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_classifier(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=r"classifier\.safetensors: no such file"):
        load_classifier(tmp_path)
