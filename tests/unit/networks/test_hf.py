"""Vision models of transformers: which vector, which settings, and no randomness."""

from typing import Any

import pytest
import torch
import transformers

from cogworks.core.errors import InputError
from cogworks.networks.backbones import describe_backbone
from cogworks.networks.hf import hf_config
from cogworks.networks.specs import BackboneSpec

SIZE = 32
LAYERS = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
VIT = LAYERS | {"intermediate_size": 16, "patch_size": 8}
STAGES: dict[str, Any] = {
    "hidden_sizes": [8, 8, 8, 8],
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 1, 1, 1],
}
MODELS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "vit": (VIT, {"pooler", "cls", "mean"}),
    "dinov2": (LAYERS | {"patch_size": 8}, {"pooler", "cls", "mean"}),
    "dinov3_vit": (VIT, {"pooler", "cls", "mean"}),
    "clip": (VIT, {"pooler", "cls", "mean"}),
    "siglip": (VIT, {"pooler", "mean"}),
    "vit_mae": (VIT, {"cls", "mean"}),
    "vit_msn": (VIT, {"cls", "mean"}),
    "ijepa": (VIT, {"mean"}),
    "data2vec-vision": (VIT, {"cls", "mean"}),
    "beit": (VIT, {"pooler", "cls", "mean"}),
    "swin": (
        {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 1], "window_size": 2},
        {"pooler", "mean"},
    ),
    "hiera": (
        {"embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 1, 1]},
        {"pooler", "mean"},
    ),
    "poolformer": ({"hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1]}, {"mean"}),
    "segformer": (STAGES, {"mean"}),
    "pvt_v2": (STAGES, {"mean"}),
    "convnext": ({"hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1]}, {"pooler", "mean"}),
}


def describe(name: str, size: int = SIZE, **options: Any) -> Any:
    return describe_backbone(
        BackboneSpec(library="transformers", name=name, image_size=size, options=options)
    )


@pytest.mark.parametrize("name", MODELS)
def test_pools_of_a_family(name: str) -> None:
    settings, pools = MODELS[name]
    size = 64 if name == "hiera" else SIZE
    torch.manual_seed(0)
    for pool in ("pooler", "cls", "mean"):
        if pool in pools:
            assert describe(name, size, pool=pool, **settings).feature_dim in (8, 16, 64)
            continue
        with pytest.raises(InputError, match="set `options") as caught:
            describe(name, size, pool=pool, **settings)
        # What is advised is what works.
        advised = {pool for pool in ("cls", "mean") if f"pool: {pool}" in str(caught.value)}
        assert advised == pools - {"pooler"}


def test_vit_mae_sees_all_patches_in_order() -> None:
    """The same features as of the ViT whose weights it has."""
    torch.manual_seed(0)
    backbone = describe("vit_mae", pool="cls", **VIT)
    config = transformers.ViTConfig(image_size=SIZE, **VIT, hidden_act="gelu")
    vit = transformers.ViTModel(config, add_pooling_layer=False).eval()
    vit.load_state_dict(
        {k: v for k, v in backbone.module.model.state_dict().items() if k in vit.state_dict()},
        strict=True,
    )
    images = torch.randn(3, 3, SIZE, SIZE)
    features = backbone.module.eval()(images)
    assert torch.equal(features, backbone.module(images))
    assert torch.allclose(features, vit(images).last_hidden_state[:, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vit", {"hidden_sise": 16}, "ViTConfig.* has no entry hidden_sise"),
        ("vit_mae", {"mask_ratio": 0.5}, "sees every patch"),
        ("vit", {"hidden_size": "wide"}, "hf:vit: .*hidden_size"),
        ("cvt", {"embed_dim": [16, 32], "depth": [1]}, "hf:cvt: |transformers:cvt: "),
        ("videomae", {}, "fails on an image"),
        ("bert", {}, "fails on an image"),
    ],
)
def test_settings_that_do_not_fit(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        describe(name, **options)


def test_settings_of_a_clip_are_those_of_its_image_tower() -> None:
    config = hf_config("clip", 48, {"hidden_size": 24})
    assert (config.image_size, config.hidden_size) == (48, 24)
    assert hf_config("hiera", 64, {}).image_size == [64, 64]
    assert hf_config("vit", 64, {"image_size": 32}).image_size == 32
