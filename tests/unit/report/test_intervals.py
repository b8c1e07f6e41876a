"""Intervals against slow and against textbook oracles, and how often they hold the truth."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from cogworks.report.intervals import (
    accuracy_interval,
    difference_interval,
    joined,
    mean_interval,
    mean_variance,
    shares_interval,
)


@pytest.fixture(scope="module")
def coverage(load_module):
    """The module of the benchmark, whose model draws encoders with a known accuracy."""
    return load_module("benchmarks/coverage.py")


def bootstrap_variance(residuals):
    """Draw C - 1 concepts and S - 1 seeds in every possible way: as scaled, without bias."""
    concepts, seeds = residuals.shape
    means = [
        residuals[np.ix_(rows, columns)].mean()
        for rows in itertools.product(range(concepts), repeat=concepts - 1)
        for columns in itertools.product(range(seeds), repeat=max(seeds - 1, 1))
    ]
    return np.var(means)


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_variance_is_that_of_a_bootstrap_of_concepts_and_seeds(rng, seeds):
    """Drawing both adds the interaction thrice, where it belongs once."""
    # Seeds far apart, so that their term counts.
    residuals = rng.normal(size=(4, seeds)) + 3 * np.arange(seeds)
    residuals -= residuals.mean()
    rows, columns = residuals.mean(axis=1, keepdims=True), residuals.mean(axis=0)
    rest = ((residuals - rows - columns) ** 2).sum()
    rest /= 3 * (seeds - 1) * residuals.size if seeds > 1 else 1
    variance, freedom = mean_variance(residuals)
    assert variance == pytest.approx(bootstrap_variance(residuals) - 2 * rest)
    assert freedom == pytest.approx(3) if seeds == 1 else 2 <= freedom <= 3


def test_one_seed_is_the_t_test_over_concepts(rng):
    right = rng.integers(0, 11, (30, 1))
    images = np.full(30, 10)
    share = right.sum() / 300
    one = stats.ttest_1samp(right[:, 0] / 10, share).confidence_interval(0.95)
    margin = (one.high - share) / (share * (1 - share))
    expected = expit(logit(share) + np.array([-margin, margin]))
    assert accuracy_interval(right, images) == pytest.approx(expected)
    # As many differences up as down have no skewness.
    gained = np.concatenate([right, -right]) + 1
    pair = stats.ttest_1samp(gained[:, 0] / 10, 0).confidence_interval(0.95)
    found = difference_interval(gained, 0 * gained, np.full(60, 10))
    assert found == pytest.approx([pair.low, pair.high])


def test_a_skewed_difference_has_a_skewed_interval(rng):
    """Hall's transformation of t at each end is the quantile of Student's."""
    gained = rng.geometric(0.4, (30, 1))
    low, high = difference_interval(gained, 0 * gained, np.full(30, 10))
    values = gained[:, 0] / 10
    skewness = stats.skew(values, bias=False) / math.sqrt(30)
    t = (values.mean() - np.array([high, low])) / stats.sem(values)
    free = t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6
    assert free == pytest.approx(stats.t.ppf([0.025, 0.975], 29))
    assert high - values.mean() > 1.1 * (values.mean() - low)


def test_concepts_count_by_their_images(rng):
    """The accuracy is that of all images: its variance is that of a ratio of two sums."""
    images = rng.integers(5, 50, 200)
    right = rng.binomial(images, rng.beta(4, 2, 200))[:, None]
    weights = rng.multinomial(200, [1 / 200] * 200, 20_000)
    ratios = (weights @ right)[:, 0] / (weights @ images)
    low, high = accuracy_interval(right, images)
    assert (logit(high) + logit(low)) / 2 == pytest.approx(logit(right.sum() / images.sum()))
    assert high - low == pytest.approx(2 * stats.t.ppf(0.975, 199) * ratios.std(), rel=0.03)


def test_the_mean_over_data_sets_has_the_sum_of_their_variances(rng):
    """Nine times the same numbers are nine data sets: a third of the error, 9 (C - 1) degrees."""
    right, images = rng.integers(1, 10, (30, 1)), np.full(30, 10)
    one, nine = (mean_interval([(right, images)] * n, log_odds=True) for n in (1, 9))
    assert expit(one) == pytest.approx(accuracy_interval(right, images))
    quantiles = stats.t.ppf(0.975, [29, 9 * 29])
    assert np.ptp(nine) / np.ptp(one) == pytest.approx(quantiles[1] / quantiles[0] / 3)
    shares = mean_interval([(right, images)] * 9)
    assert logit(shares) == pytest.approx(nine)
    assert all(map(math.isnan, mean_interval([(right, images), (images[:, None], images)])))


def test_seeds_are_the_same_in_all_data_sets(rng):
    """What a run adds to all of them does not become less with their number."""
    images = np.full(200, 50)
    run = np.array([0, 5, 10])
    sets = [(20 + run + rng.integers(-1, 2, (200, 3)), images) for _ in range(8)]
    one, eight = mean_interval(sets[:1], log_odds=True), mean_interval(sets, log_odds=True)
    assert np.ptp(eight) == pytest.approx(np.ptp(one), rel=0.05)
    means = logit((20 + run) / 50)
    expected = 2 * stats.t.ppf(0.975, 2) * stats.sem(means)
    assert np.ptp(eight) == pytest.approx(expected, rel=0.05)


def test_test_sets_of_the_same_concepts_are_one_set(rng):
    right, images = rng.integers(1, 10, (30, 3)), np.full(30, 10)
    once = accuracy_interval(right, images)
    assert accuracy_interval(*joined([(right, images), (2 * right, 2 * images)])) == (
        pytest.approx(once)
    )
    # Sets of other sizes count alike.
    whole, counts = joined([(right, images), (0 * right, 4 * images)])
    assert whole.sum() / counts.sum() / 3 == pytest.approx(right.sum() / images.sum() / 3 / 2)


def test_a_perfect_score_is_not_certain():
    images = np.full(20, 10)
    right = np.full((20, 3), 10)
    least, most = accuracy_interval(right, images)
    # Twenty concepts without an error, at that accuracy: one time in forty.
    assert least**20 == pytest.approx(0.025)
    assert most == 1
    assert accuracy_interval(0 * right, images) == (0, pytest.approx(1 - least))
    high = accuracy_interval(right - (np.arange(20) == 0)[:, None], images)
    assert 0.95 < high[0] < 1 - 1 / 200 < high[1] < 1


def test_nothing_is_known_from_one_concept_or_from_equal_ones():
    for right in ([[3, 4]], [[5, 5], [5, 5]]):
        counts, images = np.array(right), np.full(len(right), 10)
        assert all(map(math.isnan, accuracy_interval(counts, images)))
        assert all(map(math.isnan, difference_interval(counts, counts - 1, images)))


@pytest.mark.parametrize("number", [0, 1, 5])
def test_intervals_hold_the_truth(coverage, number):
    """As benchmarks/coverage.py, with enough draws to tell 95% from 90% and from 99%."""
    design, draws = coverage.DESIGNS[number], 600
    images = np.full(design.concepts, design.images)
    held = []
    for _ in range(draws):
        drawn = coverage.draw(design, np.random.default_rng([number, len(held)]))
        right, other = drawn.right.sum(axis=2)
        bounds = accuracy_interval(right, images), difference_interval(right, other, images)
        truths = drawn.truth[0], drawn.truth[0] - drawn.truth[1]
        held.append([low <= t <= high for t, (low, high) in zip(truths, bounds, strict=True)])
    shares = 100 * np.mean(held, axis=0)
    assert ((shares > 92.5) & (shares < 97.5)).all(), shares


def test_the_interval_of_mean_log_odds_holds_the_truth(coverage):
    """Over data sets with the same three seeds, whose effects are others in each."""
    held, designs = [], [replace(design, seeds=3) for design in coverage.DESIGNS[:3]]
    for number in range(1000):
        rng = np.random.default_rng([9, number])
        drawn = [coverage.draw(design, rng) for design in designs]
        sets = [
            (one.right[0].sum(axis=1), np.full(design.concepts, design.images))
            for one, design in zip(drawn, designs, strict=True)
        ]
        low, high = mean_interval(sets, log_odds=True)
        held.append(low <= np.mean([logit(one.truth[0]) for one in drawn]) <= high)
    assert 92.5 < 100 * np.mean(held) < 97.5, np.mean(held)


def test_a_difference_of_few_concepts_is_between_all_wrong_and_all_right() -> None:
    """One of four concepts is much better for one encoder: Hall's end is beyond a whole."""
    images = np.full(4, 25)
    right, other = np.array([[0], [0], [0], [25]]), np.array([[0], [1], [0], [0]])
    low, high = difference_interval(right, other, images)
    assert -0.25 < low < 0.24 < high == 1
    assert difference_interval(other, right, images) == (-1, pytest.approx(-low))


def test_the_interval_of_one_concept_holds_the_truth():
    """Of two encoders that are right independently, in all outcomes of ten and of forty images."""
    for images in (10, 40):
        outcomes = np.arange(images + 1)
        own, other = (found.ravel() for found in np.meshgrid(outcomes, outcomes))
        counts = np.full(len(own), images)
        low, high = shares_interval(own / images, other / images, counts)
        assert ((low <= (own - other) / images) & ((own - other) / images <= high)).all()
        for p, q in itertools.product((0.02, 0.2, 0.5, 0.8), repeat=2):
            weights = stats.binom.pmf(own, images, p) * stats.binom.pmf(other, images, q)
            assert weights[(low <= p - q) & (p - q <= high)].sum() > 0.93
        assert low[images] > 0.6
