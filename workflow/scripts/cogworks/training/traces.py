"""Traces of the training's course (section 4.4.2, figures 4.6 c and d)."""

import torch
from torch.nn import functional

from cogworks.training.head import Head


def gradient_similarity(gradients: torch.Tensor) -> float:
    """Return the mean cosine between the gradients (C, d_b) of different class weights.

    With unit gradients g_c the sum over pairs i != j of g_i g_j is |sum g_c|^2 - C, so that it
    costs O(C d_b). Classes whose gradient is zero take part in no pair. NaN for fewer than two.
    """
    lengths = gradients.norm(dim=1)
    units = functional.normalize(gradients[lengths > 0].double(), dim=1)
    count = len(units)
    if count < 2:
        return float("nan")
    return float((units.sum(dim=0).square().sum() - count) / (count * (count - 1)))


class StepTrace:
    """Records one step: `before` it, after its `gradients` are there, and `after` it."""

    def __init__(self, head: Head) -> None:
        """Look at a head before the step."""
        self.head = head
        self.directions = head.directions()
        self.values: dict[str, float] = {}

    def gradients(self) -> None:
        """Take the gradients of the class weights; prototypes have none."""
        gradient = self.head.gradient()
        if gradient is not None:
            self.values["gradient_similarity"] = gradient_similarity(gradient)

    def after(self) -> dict[str, float]:
        """Return the trace, with the Frobenius norm of the change of the normalised matrix."""
        turned = self.head.directions() - self.directions
        self.values[self.head.change] = float(turned.norm())
        return {key: value for key, value in self.values.items() if value == value}
