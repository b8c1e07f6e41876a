"""Scores of predictions (section 3.3.4.3 and equation 4.3)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

TOP = 5
# Rank of an image that cannot be ranked: beyond every class, and so wrong in top-5 of two classes.
WRONG = 2**31


@dataclass(frozen=True)
class Score:
    """Scores of one classifier on one test set.

    Attributes:
        top1: percentage of images whose highest score is their own class's.
        top5: percentage whose class is among the five highest (all that can be ranked, where there
            are fewer classes).
        mean_class: mean over classes of the percentage of their images that are right.
        log_odds: log(p / (1 - p)) of the share p that is right, see `log_odds`.
        class_right: of each class that has test images, by id, how many are right.
        class_images: how many it has.
        n_test: images.
        n_classes: classes among them.
    """

    top1: float
    top5: float
    mean_class: float
    log_odds: float
    class_right: list[int]
    class_images: list[int]
    n_test: int
    n_classes: int


def ranks(logits: Tensor, labels: Tensor) -> Tensor:
    """Return how many classes come before each image's own, `(N,)`, 0 where it is predicted.

    An image whose logits hold a NaN or an infinity cannot be ranked and is wrong: its rank
    is `WRONG`. One whose logits are all equal says nothing of the image: it is
    ranked in the order of the classes, as in `argmax`, so that a classifier that never decides is
    right on the images of one class alone.

    Args:
        logits: `(N, C)`; of equal scores the first class comes first, as in `argmax`.
        labels: `(N,)`.
    """
    own = logits.gather(1, labels[:, None])
    # Sums of numbers of that size are faster than those of truth values, and as exact.
    flags = torch.empty_like(logits, dtype=torch.float32)
    rank = torch.gt(logits, own, out=flags).sum(1).long()
    (tied,) = torch.where(torch.eq(logits, own, out=flags).sum(1) > 1)
    before = torch.arange(logits.shape[1], device=logits.device) < labels[tied, None]
    rank[tied] += ((logits[tied] == own[tied]) & before).sum(1)
    return torch.where(all_finite(logits), rank, WRONG)


def predicts(logits: Tensor, labels: Tensor) -> Tensor:
    """Say of each image whether its class is predicted, `(N,)`; see `ranks`. Spoils the logits."""
    if logits.is_cuda:
        return (logits.argmax(1) == labels) & all_finite(logits)
    # On a CPU `argmax` takes ten times as long as `amax`.
    places = labels[:, None]
    own, lowest = logits.gather(1, places), logits.amin(1)
    other = logits.scatter_(1, places, -math.inf).amax(1)
    right = own[:, 0] > other
    (tied,) = torch.where(own[:, 0] == other)
    before = torch.arange(logits.shape[1]) < places[tied]
    right[tied] = ~((logits[tied] == own[tied]) & before).any(1)
    return right & torch.isfinite(own[:, 0]) & torch.isfinite(lowest)


def all_finite(logits: Tensor) -> Tensor:
    """Say of each row of `(N, C)` whether all is finite, `(N,)`.

    Both ends of a row are NaN where anything in it is; to ask them takes a tenth of the time that
    it takes to ask every number.
    """
    return torch.isfinite(logits.amax(1)) & torch.isfinite(logits.amin(1))


def score(rank: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]) -> Score:
    """Return the scores that follow from `ranks`, `(N,)` with N >= 1, and labels `(N,)`."""
    correct, n = int((rank == 0).sum()), len(rank)
    classes, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    right = np.bincount(place[rank == 0], minlength=len(classes))
    return Score(
        top1=100 * correct / n,
        top5=100 * float((rank < TOP).mean()),
        mean_class=100 * float((right / counts).mean()),
        log_odds=log_odds(correct, n),
        class_right=right.tolist(),
        class_images=counts.tolist(),
        n_test=n,
        n_classes=len(classes),
    )


def log_odds(correct: float, n: int) -> float:
    """Return log(p / (1 - p)), natural, for p = correct / n (equation 4.3).

    So that a perfect or a hopeless classifier has a finite score, `correct` counts as at least half
    an image and at most n less half an image.
    """
    clamped = min(max(correct, 0.5), n - 0.5)
    return math.log(clamped / (n - clamped))


def mean_log_odds(percentages: Iterable[float]) -> float:
    """Return the mean over data sets of the log odds of top-1 accuracies in percent (table D.1)."""
    values = [math.log(p / (100 - p)) for p in percentages]
    return sum(values) / len(values)
