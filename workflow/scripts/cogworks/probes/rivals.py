"""Which images a classifier gets right, by few products where classifiers resemble each other.

An image is wrong as soon as one class scores higher than its own. So the class that scored highest
under the classifier before is asked first: that takes two rows of the weights. Only where it does
not decide are the scores of all classes needed.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from cogworks.core.products import linear
from cogworks.probes.scores import predicts

# Images are multiplied in multiples of this many: a library prepares itself for each new number.
ROWS = 64


class Images:
    """Images under one classifier after the other.

    Products with other images may round differently, so where two scores are equal but for
    rounding, either may come out higher, as among any two shapes of a product.

    Args:
        x: features `(n, D)`, float32 on a CPU.
        y: labels `(n,)`.
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y
        self._reach = float(torch.linalg.vector_norm(x, dim=1).max())
        # Of each image the class that scored highest besides its own.
        self._rivals: Tensor | None = None

    def right(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Say which images are predicted correctly, `(n,)`; see `scores.ranks`.

        Args:
            weight: `(C, D)`.
            bias: `(C,)`.
        """
        if self._rivals is None:
            logits = linear(self.x, weight, bias)
            right = predicts(logits, self.y)
            self._rivals = logits.argmax(1)
            return right
        right = torch.zeros(len(self.y), dtype=torch.bool)
        rows = self._undecided(weight, bias, self._rivals)
        count = len(rows)
        if count:
            rows = F.pad(rows, (0, min(-count % ROWS, len(self.y) - count)))
            logits = linear(self.x[rows], weight, bias)
            found = predicts(logits, self.y[rows])[:count]
            right[rows[:count]] = found
            wrong = torch.nonzero(~found)[:, 0]
            self._rivals[rows[wrong]] = logits[wrong].argmax(1)
        return right

    def _undecided(self, weight: Tensor, bias: Tensor, rivals: Tensor) -> Tensor:
        """Return the images that do not score lower for their own class than for their rival.

        Nor do those whose scores are nearer to each other than twice what rounding can change.
        """
        difference = weight.index_select(0, rivals).sub_(weight.index_select(0, self.y))
        gap = torch.linalg.vecdot(difference, self.x).add_(bias[rivals] - bias[self.y])
        longest = torch.linalg.vector_norm(weight, dim=1).max()
        size = float(longest) * self._reach + float(bias.abs().max())
        # A score of D terms is off by at most (D + 1) roundings of 2^-24, and of what may be taken
        # for 0; there are two of them.
        rounding = 2.0**-24 * size + torch.finfo(torch.float32).tiny
        margin = 4 * (weight.shape[1] + 2) * rounding
        return torch.nonzero(~(gap > margin))[:, 0]
