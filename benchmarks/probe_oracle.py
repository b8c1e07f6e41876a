"""The plain probe: one configuration at a time, nn.Linear, torch.optim.SGD, epoch after epoch.

It shares with the fast probe only what makes the two the same experiment (start, order of images,
learning rate by epoch), so that their weights can be compared; it is what the fast probe is
measured against.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cogworks.probes.schedule import factors
from cogworks.probes.stack import orders, start


@dataclass
class Plain:
    """Logistic regression on features `(N, D)` with labels `(N,)`.

    Attributes:
        x: features.
        y: labels.
        n_classes: C.
        epochs: passes over the rows.
        batch_size: rows per step.
        momentum: of SGD.
        schedule: see `schedule.factors`.
        monitor: also keep running loss, top-1 and top-5 of the training batches and stop at a loss
            that is not finite, as the loops that are published do.
    """

    x: Tensor
    y: Tensor
    n_classes: int
    epochs: int
    batch_size: int = 1024
    momentum: float = 0.9
    schedule: str = "cosine"
    monitor: bool = False

    def fit(
        self,
        rows: Tensor,
        seed: int,
        *,
        lr: float,
        weight_decay: float,
        val: Tensor | None = None,
    ) -> tuple[nn.Linear, float | None]:
        """Train on `rows`; with `val`, evaluate on those after every epoch.

        Returns:
            The classifier and its last validation accuracy in percent.
        """
        x, y = self.x[rows], self.y[rows]
        model = nn.Linear(x.shape[1], self.n_classes).to(x.device)
        with torch.no_grad():
            for parameter, value in zip(
                model.parameters(), start(self.n_classes, x.shape[1], seed), strict=True
            ):
                parameter.copy_(value)
        optimizer = torch.optim.SGD(
            model.parameters(), lr=lr, momentum=self.momentum, weight_decay=weight_decay
        )
        order = orders(torch.arange(len(rows)), seed)
        accuracy = None
        for factor in factors(self.schedule, self.epochs):
            for group in optimizer.param_groups:
                group["lr"] = lr * factor
            if not self._epoch(model, optimizer, x, y, next(order).to(x.device)):
                return model, None
            if val is not None:
                accuracy = self.evaluate(model, val)
        return model, accuracy

    def evaluate(self, model: nn.Linear, rows: Tensor) -> float:
        """Return the accuracy on `rows` in percent; loss and top-5 too where it monitors."""
        x, y = self.x[rows], self.y[rows]
        hits = 0.0
        with torch.no_grad():
            for begin in range(0, len(x), self.batch_size):
                part = slice(begin, begin + self.batch_size)
                logits = model(x[part])
                if self.monitor:
                    F.cross_entropy(logits, y[part]).item()
                    hits += _top(logits, y[part])[0]
                else:
                    hits += (logits.argmax(1) == y[part]).sum().item()
        return 100 * hits / len(x)

    def _epoch(
        self, model: nn.Linear, optimizer: torch.optim.SGD, x: Tensor, y: Tensor, order: Tensor
    ) -> bool:
        for begin in range(0, len(order), self.batch_size):
            batch = order[begin : begin + self.batch_size]
            logits = model(x[batch])
            loss = F.cross_entropy(logits, y[batch])
            if self.monitor:
                if not math.isfinite(loss.item()):
                    return False
                _top(logits, y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return True


def _top(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Return how many labels are first, and among the first five."""
    right = logits.topk(min(5, logits.shape[1]), dim=1).indices == labels[:, None]
    return right[:, 0].sum().item(), right.sum().item()


def clusters(
    n_classes: int, per_class: int, dim: int, *, spread: float, seed: int
) -> tuple[Tensor, Tensor]:
    """Return features `(N, D)` of length 1 and labels `(N,)`: a Gaussian around each class's mean.

    The variances of the D dimensions fall off as those of a network's features do.
    """
    rng = np.random.default_rng(seed)
    scale = (1 + np.arange(dim)) ** -0.5
    centres = rng.standard_normal((n_classes, dim)) * scale
    labels = np.repeat(np.arange(n_classes), per_class)
    x = centres[labels] + spread * rng.standard_normal((len(labels), dim)) * scale
    rotation = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    features = torch.from_numpy((x @ rotation).astype(np.float32))
    return F.normalize(features, dim=1), torch.from_numpy(labels)
