"""How far an encoder's advantage over a baseline depends on the distance from the seen concepts.

Levels of a few concepts differ in difficulty by themselves. So accuracy is taken concept by
concept, always against others at nearly the same distance, minus the accuracy of a baseline (a
random network) in the very same tasks, and the line along similarity has an interval.

**Tasks.** A task is a concept and K - 1 others, drawn from its window: the W others that are
nearest to it in the ranking. A test image is right if its class is the nearest: the mean of its k
largest cosines to a class's training images is above that of every other class. With a of the
window above the image's own class, that is so in (W - a)/W (W - a - 1)/(W - 1) ... of all tasks,
K - 1 factors, so none needs to be drawn.

**Interval.** Concepts are resampled, with their images, as windows too: each bootstrap gives every
concept a weight, by which it counts in the line and stands in the windows of others. Where a window
holds a concept twice its tasks are easier to win, the more so for a poor encoder; so the bootstraps
say how far the estimate may be off, and not where it is: they are centred on it.

**Groups.** Where concepts come from several data sets, windows stay within one: what tells two data
sets apart (size, background, camera) tells their classes apart as well. The slope is then given
with a level of its own for each group, too, as data sets differ in both difficulty and distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# Training images of a class to which an image is compared: the nearest ones.
NEAREST = 5
# The quantiles of bootstraps at which an interval ends.
ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class Images:
    """Features of the images of C concepts.

    Attributes:
        train, test: (N, D), of any scale.
        train_labels, test_labels: (N,), from 0 to C - 1.
    """

    train: npt.NDArray[np.floating]
    train_labels: npt.NDArray[np.integer]
    test: npt.NDArray[np.floating]
    test_labels: npt.NDArray[np.integer]


@dataclass(frozen=True)
class Estimate:
    """A number and its interval; all are NaN where there are too few concepts."""

    value: float
    low: float
    high: float


def closeness(images: Images, concepts: int) -> npt.NDArray[np.float32]:
    """Return how near each test image is to each concept, (N, C): the mean of its k best cosines.

    Args:
        images: every concept has training images.
        concepts: C.
    """
    train, test = _normalised(images.train), _normalised(images.test)
    result = np.empty((len(test), concepts), np.float32)
    for concept in range(concepts):
        cosines = test @ train[images.train_labels == concept].T
        best = np.sort(cosines, axis=1)[:, -NEAREST:]
        result[:, concept] = best.mean(axis=1)
    return result


def windows(order: Sequence[int], groups: Sequence[str], size: int) -> list[npt.NDArray[np.int64]]:
    """Return for each concept the others of its window, as positions.

    Args:
        order: rank of each concept; equal ones are in the order given.
        groups: group of each; windows stay within one.
        size: W. At the ends of the ranking a window is as large, and one-sided.
    """
    ranked = np.argsort(np.asarray(order), kind="stable")
    names = np.asarray(groups)
    found: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)] * len(names)
    for name in sorted(set(groups)):
        members = ranked[names[ranked] == name]
        for place, concept in enumerate(members):
            first = min(max(place - size // 2, 0), max(len(members) - size - 1, 0))
            window = members[first : first + size + 1]
            found[concept] = window[window != concept]
    return found


def accuracies(
    near: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
    window: Sequence[npt.NDArray[np.int64]],
    weights: Floats,
    classes: int,
) -> Floats:
    """Return the expected accuracy of each concept in all tasks of its window, (B, C).

    Args:
        near: (N, C), see `closeness`.
        labels: (N,).
        window: see `windows`.
        weights: (B, C), how often each concept counts in each of B resamples.
        classes: K.

    Returns:
        shares; NaN where a concept has no test image or fewer than K - 1 others to be told from.
    """
    result = np.full((len(weights), near.shape[1]), np.nan)
    for concept, others in enumerate(window):
        rows = near[labels == concept]
        if len(others) < classes - 1 or not len(rows):
            continue
        own = rows[:, [concept]]
        # Equals share the image.
        above = (rows[:, others] > own) + 0.5 * (rows[:, others] == own)
        weight = weights[:, others]
        total = weight.sum(axis=1, keepdims=True)
        below = total - weight @ above.T
        right = np.ones_like(below)
        for drawn in range(classes - 1):
            right *= np.maximum(below - drawn, 0) / np.maximum(total - drawn, 1)
        enough = total[:, 0] >= classes - 1
        result[enough, concept] = right[enough].mean(axis=1)
    return result


def resamples(concepts: int, times: int, seed: int) -> Floats:
    """Return weights (1 + times, C): all ones, then how often a bootstrap draws each concept."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(concepts, np.full(concepts, 1 / concepts), size=times)
    return np.concatenate([np.ones((1, concepts)), drawn])


def mean(values: Floats, weights: Floats, chosen: npt.NDArray[np.bool_]) -> Estimate:
    """Return the mean of some concepts.

    Args:
        values: (1 + B, C), of the sample itself and of its resamples.
        weights: of the same shape.
        chosen: (C,), which concepts.
    """
    weight = np.where(np.isfinite(values) & chosen, weights, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (weight * np.nan_to_num(values)).sum(axis=1) / weight.sum(axis=1)
    return estimate(means)


def slope(
    values: Floats, weights: Floats, similarity: Floats, groups: Sequence[str] | None = None
) -> Estimate:
    """Return the slope of the line of values along similarity; arguments as for `slopes`."""
    return estimate(slopes(values, weights, similarity, groups))


def slopes(
    values: Floats, weights: Floats, similarity: Floats, groups: Sequence[str] | None = None
) -> Floats:
    """Return the slope of the line of values along similarity for each resample, (1 + B,).

    Args:
        values, weights: (1 + B, C), as for `mean`.
        similarity: (C,).
        groups: group of each concept, for a line with a level of its own for each group.
    """
    weight = np.where(np.isfinite(values), weights, 0.0)
    names = np.asarray(groups if groups is not None else [""] * len(similarity))
    x = np.broadcast_to(similarity, values.shape).copy()
    y = np.nan_to_num(values)
    for name in sorted(set(names.tolist())):
        members = names == name
        own = weight[:, members]
        with np.errstate(invalid="ignore", divide="ignore"):
            for array in (x, y):
                centre = (own * array[:, members]).sum(axis=1) / own.sum(axis=1)
                array[:, members] -= np.nan_to_num(centre)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (weight * x * y).sum(axis=1) / (weight * x * x).sum(axis=1)
    return found


def lines(values: Floats, weights: Floats, similarity: Floats, at: Floats) -> Floats:
    """Return the line of values along similarity for each resample, (1 + B, A), at A similarities.

    Other arguments as for `slopes`.
    """
    weight = np.where(np.isfinite(values), weights, 0.0)
    total = weight.sum(axis=1)
    centre = (weight * np.nan_to_num(values)).sum(axis=1) / total
    away = at - (weight @ similarity / total)[:, None]
    result: Floats = centre[:, None] + slopes(values, weights, similarity)[:, None] * away
    return result


def estimate(found: Floats) -> Estimate:
    """Return the first value, and the quantiles of the others, centred on it."""
    others = found[1:][np.isfinite(found[1:])]
    if not np.isfinite(found[0]) or not len(others):
        return Estimate(np.nan, np.nan, np.nan)
    low, high = found[0] + np.quantile(others - others.mean(), ENDS)
    return Estimate(float(found[0]), float(low), float(high))


def _normalised(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    x = np.asarray(features, np.float32)
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    result: npt.NDArray[np.float32] = x / np.maximum(norm, np.finfo(np.float32).tiny)
    return result
