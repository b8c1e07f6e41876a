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
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, stdtrit

LEVEL = 0.95
Counts = npt.NDArray[np.integer]
Bounds = tuple[float, float]
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
    margin, centre = error * quantile / (share * (1 - share)), logit(share)
    return float(expit(centre - margin)), float(expit(centre + margin))


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
    return centre - low, centre - high


def _residuals(counts: Counts, images: Counts) -> npt.NDArray[np.float64]:
    """Return `(C, S)`: what each concept and seed adds to the mean, times C.

    Concepts with more images weigh more, as they do in the accuracy (a ratio of two sums).
    """
    total = images.sum()
    mean = counts.sum() / (total * counts.shape[1])
    residuals: npt.NDArray[np.float64] = (counts - mean * images[:, None]) * (len(images) / total)
    return residuals


def _t(residuals: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return standard error of the mean of `(C, S)` residuals, its quantile of t, its skewness.

    All are NaN where the error is unknown: with one concept, or where all agree to the last image.
    """
    concepts = len(residuals)
    if concepts < 2:
        return math.nan, math.nan, math.nan
    variance, freedom = mean_variance(residuals)
    if variance < ROUNDING:
        return math.nan, math.nan, math.nan
    skewness = 0.0
    if concepts > 2:
        third = float((residuals.mean(axis=1) ** 3).sum())
        skewness = third / (concepts * (concepts - 1) * (concepts - 2)) / variance**1.5
    return math.sqrt(variance), float(stdtrit(freedom, (1 + LEVEL) / 2)), skewness


def _skewed(quantile: float, skewness: float) -> float:
    """Return the quantile of t = (mean - truth) / error, where the mean has a skewness.

    The inverse of Hall's w = t + a t^2 + a^2 t^3 / 3 + a / 2, with a = skewness / 3, which is free
    of it.
    """
    if abs(skewness) < 1e-6:
        return quantile
    root = float(np.cbrt(1 + skewness * (quantile - skewness / 6)))
    return 3 * (root - 1) / skewness


def mean_variance(residuals: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the variance of the mean of `(C, S)` residuals, and its degrees of freedom; C > 1."""
    concepts, seeds = residuals.shape
    by_concept, by_seed = residuals.mean(axis=1), residuals.mean(axis=0)
    first = float(by_concept.var(ddof=1)) / concepts
    if seeds == 1:
        return first, concepts - 1
    second = float(by_seed.var(ddof=1)) / seeds
    rest = residuals - by_concept[:, None] - by_seed + residuals.mean()
    free = (concepts - 1) * (seeds - 1)
    third = float((rest**2).sum()) / free / (concepts * seeds)
    if second <= third:
        return first, concepts - 1
    variance = first + second - third
    spread = first**2 / (concepts - 1) + second**2 / (seeds - 1) + third**2 / free
    return variance, variance**2 / spread
