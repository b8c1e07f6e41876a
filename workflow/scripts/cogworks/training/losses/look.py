"""LOOK: the nearest embeddings in a memory in place of class weights (Feng et al. 2022)."""

import math

import torch
from torch import nn
from torch.nn import functional

from cogworks.training.head import Head
from cogworks.training.memory import Memory, Remembered, class_sums
from cogworks.training.specs import Loss

# Weight of the vote for a class that none of the nearest embeddings has.
FAR = 1e-6


class NeighbourHead(Head):
    """Leave-one-out k-NN: the k embeddings of a memory that are nearest to a crop vote for classes.

    With N_k(z) these neighbours, the probability of class c is the sum of exp(z q / tau) over the
    neighbours q of class c, divided by that over all of them; the logits are the logarithms of the
    sums. So a crop is drawn to the nearest images of its class and not to all of them: a class may
    lie in several places.

    The memory holds embeddings of earlier steps, so an image has no vote on itself. The exceptions
    are images that come late in one epoch and early in the next: about one in 760, for a memory of
    65,536 and the images of IN-1K.

    A class without a neighbour would have the logit minus infinity, and a crop of that class no
    gradient. It gets the vote of its nearest embedding in the memory instead, with the weight
    `FAR`, which is too little to change the others' probabilities but draws the crop there. The
    vote of a class that is not in the memory is that of an opposite embedding, which is constant.
    """

    described = ("temperature", "k")
    change = "prototype_change"

    def __init__(self, dim: int, classes: int, spec: Loss) -> None:
        """See `Head`."""
        super().__init__(dim, classes, spec)
        self.temperature, self.k, self.classes = spec.temperature, spec.k, classes
        self.memory = Memory(spec.memory, dim, classes)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map l2-normalised embeddings (N, d_b) to logits (N, C)."""
        exponents = embeddings @ self.memory.embeddings.T / self.temperature
        labels = self.memory.labels.expand_as(exponents)
        nearest, places = exponents.topk(self.k, dim=1)
        # Relative to the largest vote, so that none is infinite.
        largest = nearest[:, :1].detach()
        none = exponents.new_zeros(len(exponents), self.classes)
        votes, given = none, (nearest - largest).exp()
        # One neighbour of each crop after the other: a GPU adds those of one class in any order.
        for own, label in zip(given.split(1, 1), labels.gather(1, places).split(1, 1), strict=True):
            votes = votes.scatter_add(1, label, own)
        has_neighbour = votes > 0
        # Where a class has none, the logarithm of 1 has a gradient that `where` can drop.
        near = torch.where(has_neighbour, votes, 1).log() + largest
        opposite = torch.full_like(none, -1 / self.temperature)
        far = opposite.scatter_reduce(1, labels, exponents, "amax") + math.log(FAR)
        return torch.where(has_neighbour, near, far)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the memory: there are no class vectors."""
        return {"embeddings": self.memory.embeddings, "labels": self.memory.labels}

    def directions(self) -> torch.Tensor:
        """Return the normalised class means of the memory (C, d_b); zero for a class not there."""
        sums, _ = class_sums(self.memory.embeddings, self.memory.labels, self.classes)
        return functional.normalize(sums, dim=1)

    def gradient(self) -> None:
        """Return None: no gradient reaches the memory."""

    def companion(self, embedder: nn.Module, spec: Loss) -> Remembered:
        """Return a moving average of the embedder, which fills the memory."""
        return Remembered(embedder, spec, self.memory)


HEAD = NeighbourHead
