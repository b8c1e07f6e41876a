"""The plain softmax, on embeddings of any length."""

from collections.abc import Mapping
from typing import Any

import torch

from cogworks.training.head import Head, class_weights


class SoftmaxHead(Head):
    """Plain class weights with bias: logits z W^T + b."""

    normalised = False

    def __init__(self, dim: int, classes: int, numbers: Mapping[str, Any]) -> None:
        """See `Head`."""
        super().__init__(dim, classes, numbers)
        self.linear = class_weights(dim, classes, numbers, bias=True)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map embeddings (N, d_b) to logits (N, C)."""
        logits: torch.Tensor = self.linear(embeddings)
        return logits

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the class weights and `bias` (C,)."""
        return {"weight": self.linear.weight, "bias": self.linear.bias}


HEAD = SoftmaxHead
