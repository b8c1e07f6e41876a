"""The cosine softmax (equation 4.1)."""

import torch
from torch.nn import functional

from cogworks.training.head import Head, class_weights
from cogworks.training.specs import Loss


class CosineHead(Head):
    """Cosine softmax (4.1): logits z w_c / (|w_c| tau), for embeddings of length one."""

    def __init__(self, dim: int, classes: int, spec: Loss) -> None:
        """See `Head`."""
        super().__init__(dim, classes, spec)
        self.temperature = spec.temperature
        self.weight = class_weights(dim, classes, spec, bias=False).weight

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map l2-normalised embeddings (N, d_b) to logits (N, C)."""
        return embeddings @ functional.normalize(self.weight, dim=1).T / self.temperature

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the class weights, of any length."""
        return {"weight": self.weight}


HEAD = CosineHead
