from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cogworks.core.errors import InputError
from cogworks.training.classifier import load_classifier
from cogworks.training.export import describe_run, write_classifier, write_description
from cogworks.training.losses import LOSSES
from cogworks.training.model import Classifier, Embedder
from cogworks.training.projector import build_projector
from cogworks.training.specs import TrainSpec

MakeSpec = Callable[..., TrainSpec]


def written(make_spec: MakeSpec, folder: Path, kind: str, enabled: bool = True) -> Classifier:
    torch.manual_seed(0)
    sizes = {"projector__hidden": 6, "projector__bottleneck": 5}
    spec = make_spec(loss__kind=kind, projector__enabled=enabled, **sizes)
    head_of = LOSSES.load(kind)
    projector, width = build_projector(4, spec.projector, normalised=head_of.normalised)
    head = head_of(width, 3, spec.loss)
    model = Classifier(Embedder(torch.nn.Identity(), projector), head)
    model(torch.randn(8, 4))
    write_classifier(model, folder / "classifier.safetensors")
    description = describe_run(
        spec, classes=["a", "b", "c"], feature_dim=4, dataset="noise", digest="0"
    )
    write_description(description, folder / "spec.json")
    return model.eval()


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("cosine", {"weight"}),
        ("look", {"embeddings", "labels"}),
        ("ocm", {"weight"}),
        ("softmax", {"weight", "bias"}),
    ],
)
def test_round_trip(
    kind: str, own: set[str], enabled: bool, tmp_path: Path, make_spec: MakeSpec
) -> None:
    model = written(make_spec, tmp_path, kind, enabled)
    tensors = load_file(tmp_path / "classifier.safetensors")
    assert {name for name in tensors if not name.startswith("projector.")} == own
    assert any(name.startswith("projector.") for name in tensors) == enabled
    vectors = tensors["embeddings" if kind == "look" else "weight"]
    assert vectors.shape[1] == (5 if enabled else 4)
    features = torch.randn(6, 4)
    logits = load_classifier(tmp_path)(features)
    assert logits.shape == (6, 3)
    assert not logits.requires_grad
    torch.testing.assert_close(logits, model(features))


def test_bad_files_are_named(tmp_path: Path, make_spec: MakeSpec) -> None:
    written(make_spec, tmp_path, "cosine")
    path = tmp_path / "classifier.safetensors"
    tensors = load_file(path)
    save_file({k: v for k, v in tensors.items() if k != "projector.hidden.0.bias"}, path)
    with pytest.raises(InputError, match=r"projector\.hidden\.0\.bias is in one of the two only"):
        load_classifier(tmp_path)
    save_file(tensors | {"weight": torch.zeros(3, 7)}, path)
    with pytest.raises(InputError, match=r"weight is \(3, 7\), expected \(3, 5\)"):
        load_classifier(tmp_path)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="a safetensors file that is cut off"):
        load_classifier(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=r"classifier\.safetensors: no such file"):
        load_classifier(tmp_path)
    (tmp_path / "spec.json").write_text('{"feature_dim": "4"}')
    with pytest.raises(
        InputError, match=r"spec\.json: .*; feature_dim: Input should be a valid int"
    ):
        load_classifier(tmp_path)
    (tmp_path / "spec.json").unlink()
    with pytest.raises(InputError, match=r"spec\.json: no such file"):
        load_classifier(tmp_path)
