"""What is known of a network before it is built: its features, parameters, work and memory.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cogworks.networks.options import EXPANSION, LIBRARY, SMALL_RESNET, STRIDES, SmallResnet
from cogworks.networks.specs import BackboneSpec
from cogworks.plan.counts import Count

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder

# Pixels of a side of an encoder's images where nothing says so.
IMAGE_SIZE = 224


class Architecture(NamedTuple):
    """A network without its classifier.

    Attributes:
        dim: the length of its features.
        millions: its parameters.
        work: thousand multiplications for each pixel of an image.
        forward: bytes that an image takes for each of its pixels on its way through in float32,
            where nothing is kept for the way back: what the largest layers hold at once.
    """

    dim: int
    millions: float
    work: float
    forward: float


KNOWN = {
    "resnet18": Architecture(512, 11.7, 36, 140),
    "resnet34": Architecture(512, 21.8, 73, 140),
    "resnet50": Architecture(2048, 25.6, 82, 270),
    "resnet101": Architecture(2048, 44.5, 156, 270),
    "resnet152": Architecture(2048, 60.2, 230, 270),
    "inception_v3": Architecture(2048, 27.2, 64, 180),
    "vgg19_bn": Architecture(4096, 143.7, 391, 530),
    "deit_small_patch16_224": Architecture(384, 22.1, 92, 150),
    "vit_small_patch16_224": Architecture(384, 22.1, 92, 150),
    "vit_base_patch16_224": Architecture(768, 86.6, 350, 280),
    "vit_b_16": Architecture(768, 86.6, 350, 280),
    # Their depthwise layers wait for memory: they take as long as several times their work.
    "efficientnet_b1": Architecture(1280, 7.8, 60, 380),
    "efficientnet_b4": Architecture(1792, 19.3, 150, 380),
}
# Of others: features, parameters and work of ResNet50, and the memory of the largest ones.
OTHER = KNOWN["resnet50"]._replace(forward=400)
# Copies of a stage's output in float32 that a residual block of `small_resnet` holds at once, and
# what its input takes: as it is, normalised, and in the layout of the convolutions.
BLOCK, INPUT = 16, 27


def architecture(backbone: BackboneSpec) -> tuple[Architecture, bool]:
    """Return what is known of an architecture, and whether it is, or only assumed."""
    if (backbone.library, backbone.name) == (LIBRARY, SMALL_RESNET):
        return _small_resnet(SmallResnet.of(backbone.options)), True
    known = KNOWN.get(backbone.name.partition(".")[0])
    return known or OTHER, known is not None


def backbone_of(encoder: Encoder) -> BackboneSpec | None:
    """Return the architecture of an encoder; None where the user's code builds it."""
    if encoder.run is not None:
        return encoder.run.spec.backbone
    if encoder.model is None:
        return None
    return BackboneSpec(
        library=encoder.model.library,
        name=encoder.model.name,
        options=encoder.section.options,
        image_size=image_size(encoder),
    )


def of_encoder(encoder: Encoder) -> Architecture:
    """Return what is known of an encoder's network, or assumed."""
    backbone = backbone_of(encoder)
    return OTHER if backbone is None else architecture(backbone)[0]


def image_size(encoder: Encoder) -> int:
    """Return the pixels of a side of the images that an encoder sees."""
    if encoder.run is not None:
        return encoder.section.image_size or encoder.run.spec.augmentation.global_size
    return encoder.spec.image.image_size or IMAGE_SIZE


def dim(encoder: Encoder) -> Count:
    """Return the length D of an encoder's features."""
    published, backbone = encoder.published_model, backbone_of(encoder)
    if published is not None:
        return Count(published.feature_dim)
    if backbone is None:
        return Count(OTHER.dim, f"{OTHER.dim} features of encoders.{encoder.declared}")
    found, known = architecture(backbone)
    named = f"{OTHER.dim} features of {backbone.library}:{backbone.name}"
    return Count(found.dim, "" if known else named)


def _small_resnet(options: SmallResnet) -> Architecture:
    widths = options.channels
    stride = STRIDES[options.stem]
    before = [widths[0], *widths[:-1]]
    weights = work = 0.0
    # Two 3 x 3 convolutions a block, and a shortcut where the width changes.
    for place, (n, v, w) in enumerate(zip(options.layers, before, widths, strict=True)):
        stage = 18 * n * w * w - 9 * w * (w - v) + v * w
        weights += stage
        work += stage / (stride * 2**place) ** 2
    forward = BLOCK * EXPANSION[options.block] * widths[0] / stride**2 + INPUT
    return Architecture(options.feature_dim, weights / 1e6, work / 1e3, forward)
