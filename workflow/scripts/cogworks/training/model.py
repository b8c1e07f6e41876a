"""What is trained: encoder, projector and head."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from cogworks.networks.backbones import Backbone, describe_backbone
from cogworks.networks.checkpoints import load_strictly, map_keys, read_checkpoint
from cogworks.training.head import Companion, Head
from cogworks.training.losses import LOSSES
from cogworks.training.projector import build_projector
from cogworks.training.specs import KeyMapping, TrainSpec


class Embedder(nn.Module):
    """Encoder f and projector g: normalised images to embeddings z = g(f(I))."""

    def __init__(self, encoder: nn.Module, projector: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = projector

    def forward(self, crops: torch.Tensor | Sequence[torch.Tensor]) -> torch.Tensor:
        """Map crops (N, 3, S, S), or one such tensor for each resolution, to embeddings.

        The encoder runs once for each resolution, the projector once on all features.
        """
        groups = [crops] if isinstance(crops, torch.Tensor) else crops
        features = torch.cat([self.encoder(group) for group in groups])
        embeddings: torch.Tensor = self.projector(features)
        return embeddings


class Classifier(nn.Module):
    """Embedder and head in one module, which is what is trained, wrapped and differentiated."""

    def __init__(self, embedder: Embedder, head: Head) -> None:
        super().__init__()
        self.embedder = embedder
        self.head = head

    def forward(self, crops: torch.Tensor | Sequence[torch.Tensor]) -> torch.Tensor:
        """Map crops to logits (N, C) in float32, in the order of the crops."""
        embeddings = self.embedder(crops)
        with torch.autocast(embeddings.device.type, enabled=False):
            logits: torch.Tensor = self.head(embeddings.float())
        return logits


def build_model(
    spec: TrainSpec, classes: int, start: Path | None = None
) -> tuple[Classifier, Companion | None, int]:
    """Build what a run trains, on the CPU, from torch's global generator.

    Args:
        spec: the run's spec.
        classes: how many there are.
        start: file of the weights with which the encoder begins, whose keys are mapped as
            `spec.start` says; None leaves them random.

    Returns:
        The classifier, what its loss keeps beside it, and the width of the features.

    Raises:
        InputError: the weights do not fit the architecture.
    """
    backbone = describe_backbone(spec.backbone)
    encoder, dim = backbone.module, backbone.feature_dim
    if start is not None and spec.start is not None:
        title = f"start {start} into {spec.backbone.library}:{spec.backbone.name}"
        _load(backbone, start, spec.start, title)
    kind = LOSSES.load(spec.loss.kind)
    projector, width = build_projector(dim, spec.projector, normalised=kind.normalised)
    embedder = Embedder(encoder, projector)
    head = kind(width, classes, spec.loss)
    return Classifier(embedder, head), head.companion(embedder, spec.loss), dim


def _load(backbone: Backbone, path: Path, mapping: KeyMapping, title: str) -> None:
    state = map_keys(
        read_checkpoint(path, [mapping.container]),
        prefix=mapping.prefix,
        drop=mapping.drop,
        rename=[],
    )
    load_strictly(backbone.module, state, heads=backbone.heads, name=title)
