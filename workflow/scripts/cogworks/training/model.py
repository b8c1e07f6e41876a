"""What is trained: encoder, projector and head; for online class means, the memory beside."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.networks.backbones import Backbone, describe_backbone
from cogworks.networks.checkpoints import load_strictly, map_keys, read_checkpoint
from cogworks.training.ema import MovingAverage
from cogworks.training.heads import Head, PrototypeHead, build_head
from cogworks.training.memory import Memory
from cogworks.training.projector import build_projector


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


class OnlineMeans(nn.Module):
    """What equation 4.2 needs beside the trained model: its moving average, and the memory."""

    def __init__(self, embedder: Embedder, memory: Memory, loss: dict[str, Any]) -> None:
        super().__init__()
        self.average = MovingAverage(
            embedder,
            momentum=loss["ema_momentum"],
            mode=loss["ema_mode"],
            warmup=loss["ema_warmup"],
        )
        self.memory = memory

    @torch.no_grad()
    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return the averaged model's embeddings (B, d_b), float32, of first global crops."""
        return self.average(images).float()

    @torch.no_grad()
    def store(self, embeddings: torch.Tensor, labels: torch.Tensor, head: PrototypeHead) -> None:
        """Put a batch into the memory and take the new prototypes for the next step."""
        self.memory.push(embeddings, labels)
        head.update(self.memory.embeddings, self.memory.labels)


def build_model(
    spec: dict[str, Any], classes: int, start: Path | None = None
) -> tuple[Classifier, OnlineMeans | None, int]:
    """Build what a run trains, on the CPU, from torch's global generator.

    Args:
        spec: the run's spec.
        classes: how many there are.
        start: file of the weights with which the encoder begins, whose keys are mapped as
            `spec["start"]` says; None leaves them random.

    Returns:
        The classifier, the means where the loss is `ocm`, and the width of the features.

    Raises:
        InputError: the weights do not fit the architecture.
    """
    backbone = describe_backbone(spec["backbone"])
    encoder, dim = backbone.module, backbone.feature_dim
    if start is not None:
        _load(backbone, start, spec)
    loss = spec["loss"]
    projector, width = build_projector(dim, spec["projector"], loss["kind"])
    embedder = Embedder(encoder, projector)
    head = build_head(width, classes, loss)
    means = None
    if isinstance(head, PrototypeHead):
        memory = Memory(loss["memory"], width, classes)
        means = OnlineMeans(embedder, memory, loss)
        head.update(memory.embeddings, memory.labels)
    return Classifier(embedder, head), means, dim


def _load(backbone: Backbone, path: Path, spec: dict[str, Any]) -> None:
    mapping = spec["start"]
    state = map_keys(
        read_checkpoint(path, [mapping["container"]]),
        prefix=mapping["prefix"],
        drop=mapping["drop"],
        rename=[],
    )
    title = f"start {path} into {spec['backbone']['library']}:{spec['backbone']['name']}"
    load_strictly(backbone.module, state, heads=backbone.heads, name=title)
