"""Architectures without classifier."""

import pytest
import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.networks.backbones import build_backbone, describe_backbone, output_width
from cogworks.networks.specs import BackboneSpec, Library

TINY_VIT = {
    "pool": "cls",
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def spec(library: Library, name: str, size: int, **options: object) -> BackboneSpec:
    return BackboneSpec(library=library, name=name, image_size=size, options=options)


@pytest.mark.parametrize(
    ("backbone", "width", "heads"),
    [
        (spec("torchvision", "resnet18", 64), 512, ("fc.",)),
        (spec("torchvision", "mobilenet_v3_small", 64), 1024, ("classifier.3.",)),
        (spec("torchvision", "inception_v3", 96), 2048, ("fc.", "AuxLogits.")),
        (spec("torchvision", "googlenet", 64), 1024, ("fc.", "aux1.", "aux2.")),
        (spec("timm", "resnet18", 64), 512, ("fc.",)),
        (spec("timm", "naflexvit_base_patch16_gap", 32, depth=1), 768, ("head.",)),
        (spec("timm", "qwen3_vit_88m_enc", 64, depth=1, global_pool="avg"), 768, ()),
        (spec("timm", "vit_tiny_patch16_224", 64, depth=2), 192, ("head.",)),
        (
            spec("timm", "deit_tiny_distilled_patch16_224", 64, depth=1),
            192,
            ("head.", "head_dist."),
        ),
        (spec("transformers", "vit", 64, **TINY_VIT), 32, ()),
        (spec("transformers", "resnet", 64, depths=[1, 1, 1, 1], embedding_size=16), 2048, ()),
        (spec("cogworks", "small_resnet", 32, channels=[16, 32, 64, 128]), 128, ()),
        (
            spec("cogworks", "small_resnet", 32, block="bottleneck", channels=[8, 8, 8, 8]),
            32,
            (),
        ),
    ],
)
def test_width_heads_and_gradients(
    backbone: BackboneSpec, width: int, heads: tuple[str, ...]
) -> None:
    result = describe_backbone(backbone)
    assert (result.feature_dim, result.heads) == (width, heads)
    assert result.module.training
    size = backbone.image_size
    features = result.module(torch.randn(2, 3, size, size))
    assert features.shape == (2, width)
    features.sum().backward()
    assert not any(key.startswith(heads) for key in result.module.state_dict() if heads)


def test_random_weights_follow_the_global_generator() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        module, _ = build_backbone(spec("cogworks", "small_resnet", 32, channels=[8, 8, 8, 8]))
        return torch.cat([parameter.flatten() for parameter in module.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


@pytest.mark.parametrize(
    ("stem", "side"), [("conv7_pool", 16), ("conv3_stride2", 32), ("conv3", 64)]
)
def test_stems_of_the_small_resnet(stem: str, side: int) -> None:
    module, _ = build_backbone(
        spec("cogworks", "small_resnet", 64, channels=[8, 8, 8, 8], stem=stem)
    )
    seen = []
    module.layer1.register_forward_hook(lambda *args: seen.append(args[2].shape[-1]))
    module(torch.zeros(2, 3, 64, 64))
    assert seen == [side]


def test_the_branches_of_a_random_small_resnet_do_something() -> None:
    """Else it would see single pixels alone, and no baseline would be easier to beat."""
    module, _ = build_backbone(spec("cogworks", "small_resnet", 32, channels=[8, 8, 8, 8]))
    image = torch.randn(1, 3, 32, 32)
    before = module.eval()(image)
    for block in module.modules():
        if hasattr(block, "branch"):
            nn.init.zeros_(block.branch[-1].weight)
    assert (module(image) - before).abs().mean() > 0.1 * before.abs().mean()


@pytest.mark.parametrize(
    ("backbone", "message"),
    [
        (spec("torchvision", "resnet51", 64), "torchvision has no such"),
        (spec("torchvision", "resnet18", 64, depth=3), "torchvision:resnet18: .*depth"),
        (spec("torchvision", "squeezenet1_0", 64), "no linear classifier"),
        (spec("timm", "vit_tinny", 64), "timm has no such model; it has"),
        (spec("timm", "resnet18", 64, colour=1), "timm:resnet18: .*colour"),
        (
            spec("timm", "qwen3_vit_88m_enc", 64, depth=1),
            r"gives \(1, 4, 1024\) .*options: \{global_pool: avg\}",
        ),
        (spec("transformers", "no/such/folder", 64), "neither a folder"),
        (spec("transformers", "vit", 64, pool="max"), "options.pool is 'max'"),
        (spec("cogworks", "resnet", 64), "known: small_resnet"),
        (spec("cogworks", "small_resnet", 64, width=3), "unknown option width"),
        (spec("cogworks", "small_resnet", 64, stem="conv5"), "option stem: .* got 'conv5'"),
        (spec("cogworks", "small_resnet", 64, layers=[1, 1]), "option layers: .* 4 items"),
        (
            spec("cogworks", "small_resnet", 64, channels=[7, 8, 8, 8]),
            r"option channels\[0\]: .* multiple of 2; got 7",
        ),
    ],
)
def test_bad_specs_are_named(backbone: BackboneSpec, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_backbone(backbone)


def test_an_unknown_library_is_named() -> None:
    text = '{"library": "jax", "name": "resnet50", "image_size": 64, "options": {}}'
    with pytest.raises(InputError, match="library: Input should be 'torchvision', 'timm'"):
        BackboneSpec.read(text)


def test_output_width_keeps_mode_and_buffers() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1))
    module.append(nn.Flatten())
    before = {key: value.clone() for key, value in module.state_dict().items()}
    assert output_width(module, 8, "mine") == 4
    assert module.training
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_output_that_is_no_vector_is_refused() -> None:
    with pytest.raises(InputError, match=r"mine: gives \(1, 4, 6, 6\) for 1 image"):
        output_width(nn.Conv2d(3, 4, 3), 8, "mine")
    with pytest.raises(InputError, match="mine: fails on an image of 2 px"):
        output_width(nn.Conv2d(3, 4, 3), 2, "mine")
