"""Results of top-1 by class, and the intervals that follow from them, in percent."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cogworks.report.intervals import (
    UNKNOWN,
    Bounds,
    Counts,
    Results,
    accuracy_interval,
    difference_interval,
    joined,
    mean_difference_interval,
    mean_interval,
)
from cogworks.report.scores import CELL

# Encoder, data set, test set, protocol and number of shots.
Key = tuple[str, ...]
# By seed, how many images of each class are right; and how many there are.
Own = tuple[dict[int, Counts], Counts]
Found = Mapping[Key, Own]


def by_class(scores: pd.DataFrame) -> dict[Key, Own]:
    """Return the results of each cell of which a fit did not diverge.

    Args:
        scores: the long table of `scores.collect`.
    """
    known = scores[(scores["metric"] == "top1") & scores["value"].notna()]
    results: dict[Key, Own] = {}
    for key, rows in known.groupby(CELL, sort=False):
        right = dict(zip(rows["seed"], rows["class_right"], strict=True))
        results[key] = right, np.asarray(rows["class_images"].iloc[0])
    return results


def bounds(found: Found, keys: Sequence[Key]) -> Bounds:
    """Return the interval of the mean accuracy over test sets of the same classes.

    There is none where one of them has no result, or other classes than the others.
    """
    results = together(found, keys)
    if not results or len({len(images) for _, images in results}) > 1:
        return UNKNOWN
    return _percent(accuracy_interval(*joined(results)))


def mean_bounds(found: Found, keys: Sequence[Key], *, log_odds: bool = False) -> Bounds:
    """Return the interval of the mean accuracy, or of mean log odds, over data sets.

    There is none where one of them has no result.
    """
    if len(keys) == 1 and not log_odds:
        return bounds(found, keys)
    results = together(found, keys)
    if not results:
        return UNKNOWN
    ends = mean_interval(results, log_odds=log_odds)
    return ends if log_odds else _percent(ends)


def gained(found: Found, keys: Sequence[Key], others: Sequence[Key]) -> Bounds:
    """Return the interval of one mean accuracy minus another one, over the seeds that all have.

    Each is over test sets of the same classes. There is none where the two are not about the same
    images: classifiers of two training runs may know other classes of a test set.
    """
    pairs = _pairs(found, keys, others)
    if not pairs or len({len(own[1]) for own, _ in pairs}) > 1:
        return UNKNOWN
    own, other = (joined(side) for side in zip(*pairs, strict=True))
    return _difference(own, other)


def mean_gained(
    found: Found, keys: Sequence[Key], others: Sequence[Key], *, log_odds: bool = False
) -> Bounds:
    """Return the same of means over data sets, of accuracies or of log odds."""
    pairs = _pairs(found, keys, others)
    if not pairs:
        return UNKNOWN
    sets = [(right, other, images) for (right, images), (other, _) in pairs]
    ends = mean_difference_interval(sets, log_odds=log_odds)
    return ends if log_odds else _percent(ends)


def gained_on_one(own: Own, other: Own) -> Bounds:
    """Return the same, over all seeds of the first and the only seed of the other."""
    right, images = _stacked(own)
    single, theirs = _stacked(other)
    return _difference((right, images), (np.repeat(single, right.shape[1], axis=1), theirs))


def together(found: Found, keys: Sequence[Key]) -> list[Results]:
    """Return the results of cells over the seeds that all have; none where one has no result."""
    if not all(key in found for key in keys):
        return []
    results = [found[key] for key in keys]
    seeds = [seed for seed in results[0][0] if all(seed in right for right, _ in results)]
    return [_stacked(own, seeds) for own in results] if seeds else []


def _pairs(
    found: Found, keys: Sequence[Key], others: Sequence[Key]
) -> list[tuple[Results, Results]]:
    """Return the results of two lists of cells by pairs; none where one has other images."""
    results = together(found, [*keys, *others])
    pairs = list(zip(results[: len(keys)], results[len(keys) :], strict=True))
    return pairs if all(np.array_equal(own[1], other[1]) for own, other in pairs) else []


def _difference(own: Results, other: Results) -> Bounds:
    if not np.array_equal(own[1], other[1]):
        return UNKNOWN
    return _percent(difference_interval(own[0], other[0], own[1]))


def _stacked(own: Own, seeds: Sequence[int] | None = None) -> Results:
    """Return the results as `(C, S)` and `(C,)`, of all seeds or of some."""
    right, images = own
    return np.stack([right[seed] for seed in (right if seeds is None else seeds)], axis=1), images


def _percent(found: Bounds) -> Bounds:
    return 100 * found[0], 100 * found[1]
