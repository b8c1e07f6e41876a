"""The plain softmax, on embeddings of any length."""

import torch

from cogworks.training.head import Head, class_weights
from cogworks.training.specs import Loss


class SoftmaxHead(Head):
    """Plain class weights with bias: logits z W^T + b."""

    normalised = False

    def __init__(self, dim: int, classes: int, spec: Loss) -> None:
        """See `Head`."""
        super().__init__(dim, classes, spec)
        self.linear = class_weights(dim, classes, spec, bias=True)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map embeddings (N, d_b) to logits (N, C)."""
        logits: torch.Tensor = self.linear(embeddings)
        return logits

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the class weights and `bias` (C,)."""
        return {"weight": self.linear.weight, "bias": self.linear.bias}


HEAD = SoftmaxHead
