"""The advantage along similarity, on planted data: a slope is found, and none where there is none.

The planted encoder places each concept's images around a centre; how far centres are apart depends
on the concept's similarity by a slope, and on luck. The baseline's centres are near one another.
"""

import itertools

import numpy as np
import pytest

from cogworks.analysis.advantage import (
    Images,
    accuracies,
    closeness,
    mean,
    resamples,
    slope,
    windows,
)

DIM, TRAIN, TEST = 24, 12, 8


def planted(strength: np.ndarray, seed: int) -> Images:
    """Images of concepts whose centres have the lengths given, with noise of length 1."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((len(strength), DIM)) * strength[:, None]

    def draw(images: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.repeat(np.arange(len(strength)), images)
        return centres[labels] + generator.standard_normal((len(labels), DIM)), labels

    train, train_labels = draw(TRAIN)
    test, test_labels = draw(TEST)
    return Images(train, train_labels, test, test_labels)


def advantage(similarity: np.ndarray, strength: np.ndarray, groups: list[str], seed: int):
    order = np.argsort(np.argsort(-similarity, kind="stable"))
    window = windows(order.tolist(), groups, 20)
    weights = resamples(len(similarity), 300, seed)
    scores = []
    for number, strengths in enumerate((strength, np.full(len(strength), 0.1))):
        images = planted(strengths, 2 * seed + number)
        near = closeness(images, len(strength))
        scores.append(accuracies(near, images.test_labels, window, weights, 5))
    return scores[0] - scores[1], weights


def test_the_share_of_tasks_is_that_of_all_tasks_drawn() -> None:
    generator = np.random.default_rng(0)
    near = generator.standard_normal((6, 5)).astype(np.float32)
    labels = np.array([0, 0, 1, 2, 3, 4])
    window = windows([0, 1, 2, 3, 4], ["a"] * 5, 3)
    assert [sorted(others) for others in window] == [
        [1, 2, 3],
        [0, 2, 3],
        [1, 3, 4],
        [1, 2, 4],
        [1, 2, 3],
    ]
    weights = np.array([[1, 1, 1, 1, 1], [2, 0, 1, 3, 1]], float)
    found = accuracies(near, labels, window, weights, 3)
    for resample, concept in itertools.product(range(2), range(5)):
        # A concept of weight n stands n times in the window of others.
        others = np.repeat(window[concept], weights[resample, window[concept]].astype(int))
        right = [
            all(row[concept] > row[other] for other in task)
            for row in near[labels == concept]
            for task in itertools.combinations(others, 2)
        ]
        expected = np.mean(right) if right else np.nan
        assert found[resample, concept] == pytest.approx(expected, nan_ok=True)
    near[0, 1:] = near[0, 0]  # as near to all others as to its own
    found = accuracies(near[:1], labels[:1], window, weights, 2)
    assert found[0, 0] == 0.5


def test_the_nearest_training_images_of_a_class_decide() -> None:
    train = np.array([[1, 0], [0, 1], [0, 1], [1, 1]], float)
    images = Images(train, np.array([0, 0, 0, 1]), np.array([[3.0, 0.0]]), np.array([0]))
    near = closeness(images, 2)
    assert near == pytest.approx(np.array([[1 / 3, np.sqrt(0.5)]]), abs=1e-6)


def test_a_planted_slope_is_found_and_none_where_there_is_none() -> None:
    """In each of six worlds: with a slope the interval is above zero, without it, it holds zero."""
    found = {True: 0, False: 0}
    for seed, sloped in itertools.product(range(6), (True, False)):
        generator = np.random.default_rng(100 + seed)
        similarity = np.sort(generator.uniform(0.2, 1, 90))[::-1]
        luck = generator.normal(0, 0.12, 90)
        strength = np.clip(0.35 + (0.5 * (similarity - 0.6) if sloped else 0) + luck, 0.05, None)
        values, weights = advantage(similarity, strength, ["a"] * 90, seed)
        estimate = slope(values, weights, similarity)
        assert estimate.low < estimate.value < estimate.high
        found[sloped] += estimate.low > 0 if sloped else estimate.low < 0 < estimate.high
    assert found == {True: 6, False: 6}


def test_a_difference_between_groups_is_no_slope_within_them() -> None:
    """One data set is far and easy, the other near and hard: the line alone would mislead."""
    generator = np.random.default_rng(3)
    similarity = np.concatenate([generator.uniform(0.6, 1, 60), generator.uniform(0, 0.4, 60)])
    groups = ["near"] * 60 + ["far"] * 60
    luck = generator.normal(0, 0.08, 120)
    strength = np.where(np.arange(120) < 60, 0.25, 0.6) + luck
    values, weights = advantage(similarity, np.clip(strength, 0.05, None), groups, 1)
    assert slope(values, weights, similarity).high < 0
    within = slope(values, weights, similarity, groups)
    assert within.low < 0 < within.high


def test_a_mean_and_its_interval_agree_with_those_of_a_plain_bootstrap() -> None:
    generator = np.random.default_rng(5)
    sample = generator.normal(0.3, 0.1, 50)
    weights = resamples(50, 4000, 0)
    chosen = np.arange(50) < 40
    found = mean(np.broadcast_to(sample, weights.shape), weights, chosen)
    error = sample[:40].std(ddof=1) / np.sqrt(40)
    assert found.value == pytest.approx(sample[:40].mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_concepts_without_others_are_left_out() -> None:
    """The one concept of a small group is told from nothing."""
    window = windows([0, 1, 2, 3], ["a", "b", "a", "a"], 10)
    near = np.eye(4, dtype=np.float32)
    values = accuracies(near, np.arange(4), window, np.ones((3, 4)), 3)
    assert np.isnan(values[:, 1]).all()
    assert (values[:, [0, 2, 3]] == 1).all()
    everything = np.ones(4, bool)
    assert mean(values, np.ones((3, 4)), everything).value == 1
    assert np.isnan(mean(values, np.ones((3, 4)), np.arange(4) == 1).value)
