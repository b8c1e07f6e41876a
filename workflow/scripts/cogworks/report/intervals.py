"""95% intervals of accuracies and of differences between two encoders (section 3.3.4.3).

**What is estimated.** The expected accuracy on further concepts like these: a level is taken for a
random sample of the concepts at its distance, the test images of a concept for a random sample of
its images, and the seeds for a random sample of all seeds. So an interval says how far a result
would move on other concepts, with other images of them and another repetition of the probe. It does
not say how far it would move on these very concepts: that is less.

**Sampling.** All seeds classify the same test images: seeds are crossed with concepts, and images
are nested in concepts. With the residuals u of C concepts and S seeds, whose mean is zero, the
variance of the mean is estimated without bias by

    V = MS_concepts / CS + (MS_seeds - MS_rest) / CS,

the mean squares of a two-way analysis of variance of u. The first term has the noise of images in
it, since an accuracy varies more between concepts if each has few images; to draw images again
within the concepts drawn, as a two-stage bootstrap does, would count that noise twice. The second
term is what the choice of seeds adds to all concepts at once; it is left out where it is not
positive. V is the variance of a bootstrap that draws concepts with all their images and seeds,
less twice the MS_rest / CS that such a draw adds.

**Few seeds or concepts.** The quantile is that of Student's t with Satterthwaite's degrees of
freedom: close to C - 1 where concepts differ most, down to S - 1 where seeds do. Percentiles of
bootstrap draws are too narrow for 20 concepts or five seeds (benchmarks/coverage.py). An accuracy
is skewed near its ends, and so are differences: the interval of an accuracy is taken on the scale
of log odds, that of a difference by Hall's transformation of t (Hall 1992, "On the removal of
skewness by transformation"). With one seed, its effect is not known: the interval is for the
classifier of that seed.

**Several data sets.** The mean over transfer sets is for further concepts like those of each of
them, not for further data sets: they have no concept in common, so what concepts add to the
variance adds up over data sets. Seeds are the same in all of them, and what a seed adds is taken on
the mean over data sets: a training run that went badly is worse on all. Test sets of the same
concepts (ImageNet-v2 has three) are one set instead: what makes a concept hard is in all of them.

**Training runs.** Of several that differ in their seed alone, each is one column in place of a seed
of the probe, as the mean over the probe's seeds: the interval is for other seeds of the training.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtri, stdtrit

LEVEL = 0.95
# Images by class; means over the seeds of a probe need not be whole.
Counts = npt.NDArray[np.number]
Residuals = npt.NDArray[np.float64]
Bounds = tuple[float, float]
# `right` (C, S) and `images` (C,) of one test set, as for `accuracy_interval`.
Results = tuple[Counts, Counts]
UNKNOWN: Bounds = (math.nan, math.nan)
# A variance below this, of a share, is zero but for rounding.
ROUNDING = 1e-18


def accuracy_interval(right: Counts, images: Counts) -> Bounds:
    """Return the interval of an accuracy, as shares.

    Where all images are right, its lower end is the accuracy at which C concepts are all without an
    error once in forty times at most; that holds however much the images of a concept depend on
    each other. Likewise where all are wrong.

    Args:
        right: `(C, S)`, how many test images of each concept are right with each seed.
        images: `(C,)`, how many there are.

    Returns:
        Lower and upper end; NaN for a single concept, or where no concept differs from another.
    """
    concepts, seeds = right.shape
    share = float(right.sum() / (images.sum() * seeds))
    if share in (0.0, 1.0):
        least = ((1 - LEVEL) / 2) ** (1 / concepts)
        return (least, 1.0) if share else (0.0, 1 - least)
    error, quantile, _ = _t(_residuals(right, images))
    return _of_share(share, error * quantile)


def mean_interval(sets: Sequence[Results], *, log_odds: bool = False) -> Bounds:
    """Return the interval of the mean accuracy over data sets, as shares, or of mean log odds.

    Args:
        sets: `right` and `images` of each data set, all with the same S seeds; they have no
            concepts in common.
        log_odds: whether it is the mean of log odds (equation 4.3).

    Returns:
        Lower and upper end; NaN where the error of one of the data sets is not known, see
        `accuracy_interval`, or where log odds are infinite.
    """
    shares = [right.sum(axis=0) / images.sum() for right, images in sets]
    if log_odds and any(share.min() <= 0 or share.max() >= 1 for share in shares):
        return UNKNOWN
    means = np.array([share.mean() for share in shares])
    slopes = (1 / (means * (1 - means)) if log_odds else np.ones(len(sets))) / len(sets)
    parts = [slope * _residuals(*found) for slope, found in zip(slopes, sets, strict=True)]
    variance, freedom = _variance(parts)
    if math.isnan(variance):
        return UNKNOWN
    margin = math.sqrt(variance) * float(stdtrit(freedom, (1 + LEVEL) / 2))
    if not log_odds:
        return _of_share(float(means.mean()), margin)
    centre = float(np.mean([logit(share).mean() for share in shares]))
    return centre - margin, centre + margin


def joined(sets: Sequence[Results]) -> Results:
    """Return test sets of the same C classes as one, whose accuracy is the mean of theirs."""
    if len(sets) == 1:
        return sets[0]
    right = np.sum([right / images.sum() for right, images in sets], axis=0)
    return right, np.sum([images / images.sum() for _, images in sets], axis=0)


def difference_interval(right: Counts, other: Counts, images: Counts) -> Bounds:
    """Return the interval of the accuracy of one encoder minus that of another one, as shares.

    Both classify the same images with the same seeds, concept by concept: whatever makes a concept,
    an image or a seed easy for both cancels.

    Args:
        right: `(C, S)`, as for `accuracy_interval`.
        other: `(C, S)`, of the other encoder with the same seeds.
        images: `(C,)`.

    Returns:
        Lower and upper end; NaN for a single concept, or where no concept differs from another.
    """
    gained = right - other
    centre = float(gained.sum() / (images.sum() * right.shape[1]))
    error, quantile, skewness = _t(_residuals(gained, images))
    high, low = (error * _skewed(end, skewness) for end in (-quantile, quantile))
    # Of a few concepts, whose skewness may be large, an end can be beyond what is possible.
    return float(np.clip(centre - low, -1, 1)), float(np.clip(centre - high, -1, 1))


def shares_interval(
    share: npt.NDArray[np.float64], other: npt.NDArray[np.float64], images: Counts
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the interval of the accuracy on one concept minus another one, for other images of it.

    Agresti and Caffo 2000, "Simple and effective confidence intervals for proportions and
    differences of proportions": one image is added that is right, and one that is wrong. It takes
    the two for independent, since which images are right is not kept: on the same images it is too
    wide. Seeds classify the same images: they do not make it narrower.

    Args:
        share: `(C,)`, the accuracy on each concept.
        other: `(C,)`, of the other encoder.
        images: `(C,)`.

    Returns:
        Lower and upper ends, each `(C,)`.
    """
    own, theirs = ((found * images + 1) / (images + 2) for found in (share, other))
    error = np.sqrt((own * (1 - own) + theirs * (1 - theirs)) / (images + 2))
    margin = float(ndtri((1 + LEVEL) / 2)) * error
    return np.maximum(own - theirs - margin, -1), np.minimum(own - theirs + margin, 1)


def mean_difference_interval(
    sets: Sequence[tuple[Counts, Counts, Counts]], *, log_odds: bool = False
) -> Bounds:
    """Return the interval of one encoder's mean over data sets minus that of another one, paired.

    What skewness concepts have is averaged out over data sets: the interval is Student's.

    Args:
        sets: `right`, `other` and `images` of each data set, as for `difference_interval`, all with
            the same S seeds; they have no concepts in common.
        log_odds: whether the means are those of log odds (equation 4.3), else of shares.

    Returns:
        Lower and upper end; NaN where the error of one of the data sets is not known, or where log
        odds are infinite.
    """
    parts, gains = [], []
    for *both, images in sets:
        shares = np.array([right.sum(axis=0) / images.sum() for right in both])
        if log_odds and (shares.min() <= 0 or shares.max() >= 1):
            return UNKNOWN
        means = shares.mean(axis=1)
        slopes = 1 / (means * (1 - means)) if log_odds else np.ones(2)
        own, other = (s * _residuals(r, images) for s, r in zip(slopes, both, strict=True))
        parts.append((own - other) / len(sets))
        gains.append(np.subtract(*(logit(shares) if log_odds else shares)).mean())
    variance, freedom = _variance(parts)
    margin = math.sqrt(variance) * float(stdtrit(freedom, (1 + LEVEL) / 2))
    centre = float(np.mean(gains))
    return centre - margin, centre + margin


def _residuals(counts: Counts, images: Counts) -> Residuals:
    """Return `(C, S)`: what each concept and seed adds to the mean, times C.

    Concepts with more images weigh more, as they do in the accuracy (a ratio of two sums).
    """
    total = images.sum()
    mean = counts.sum() / (total * counts.shape[1])
    residuals: Residuals = (counts - mean * images[:, None]) * (len(images) / total)
    return residuals


def _t(residuals: Residuals) -> tuple[float, float, float]:
    """Return standard error of the mean of `(C, S)` residuals, its quantile of t, its skewness.

    All are NaN where the error is unknown: with one concept, or where all agree to the last image.
    """
    concepts = len(residuals)
    variance, freedom = _variance([residuals])
    if math.isnan(variance):
        return math.nan, math.nan, math.nan
    skewness = 0.0
    if concepts > 2:
        third = float((residuals.mean(axis=1) ** 3).sum())
        skewness = third / (concepts * (concepts - 1) * (concepts - 2)) / variance**1.5
    return math.sqrt(variance), float(stdtrit(freedom, (1 + LEVEL) / 2)), skewness


def _variance(parts: Sequence[Residuals]) -> tuple[float, float]:
    """Return what `mean_variance` does; NaN where the error is unknown, see `_t`."""
    if any(len(part) < 2 or (part**2).sum() < ROUNDING for part in parts):
        return UNKNOWN
    variance, freedom = mean_variance(*parts)
    return UNKNOWN if variance < ROUNDING else (variance, freedom)


def _of_share(share: float, margin: float) -> Bounds:
    """Return the ends of an interval of a share on the scale of log odds, given its margin."""
    centre, wide = logit(share), margin / (share * (1 - share))
    return float(expit(centre - wide)), float(expit(centre + wide))


def _skewed(quantile: float, skewness: float) -> float:
    """Return the quantile of t = (mean - truth) / error, where the mean has a skewness.

    The inverse of Hall's w = t + a t^2 + a^2 t^3 / 3 + a / 2, with a = skewness / 3, which is free
    of it.
    """
    if abs(skewness) < 1e-6:
        return quantile
    root = float(np.cbrt(1 + skewness * (quantile - skewness / 6)))
    return 3 * (root - 1) / skewness


def mean_variance(*parts: Residuals) -> tuple[float, float]:
    """Return the variance of the mean of residuals, and its degrees of freedom.

    Args:
        parts: `(C, S)` with C > 1; where there are several, their means are added. They have no
            concepts in common, and the same S seeds.
    """
    seeds = parts[0].shape[1]
    firsts = [float(part.mean(axis=1).var(ddof=1)) / len(part) for part in parts]
    frees = [len(part) - 1 for part in parts]
    variance, spread = sum(firsts), sum(v**2 / n for v, n in zip(firsts, frees, strict=True))
    if seeds > 1:
        by_seed = np.sum([part.mean(axis=0) for part in parts], axis=0)
        second = float(by_seed.var(ddof=1)) / seeds
        thirds = [_rest(part) for part in parts]
        if second > sum(thirds):
            variance += second - sum(thirds)
            spread += second**2 / (seeds - 1)
            spread += sum(v**2 / (n * (seeds - 1)) for v, n in zip(thirds, frees, strict=True))
    return variance, variance**2 / spread if spread else math.inf


def _rest(residuals: Residuals) -> float:
    """Return MS_rest / CS of `(C, S)` residuals."""
    concepts, seeds = residuals.shape
    by_concept, by_seed = residuals.mean(axis=1, keepdims=True), residuals.mean(axis=0)
    rest = residuals - by_concept - by_seed + residuals.mean()
    return float((rest**2).sum()) / ((concepts - 1) * (seeds - 1)) / (concepts * seeds)
