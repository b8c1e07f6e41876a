"""Nearest seen concepts and the order of ties."""

import numpy as np
import pytest

from cogworks.concepts.introsort import legacy_argsort
from cogworks.concepts.ordering import nearest, rank_order

WNIDS = [f"n{index:08d}" for index in range(40)]


def test_nearest_is_the_first_of_the_largest():
    values, columns = nearest(np.array([[0.1, 0.7, 0.7], [0.0, 0.0, 0.0], [0.2, 0.1, np.inf]]))
    assert values.tolist() == [0.7, 0.0, np.inf]
    assert columns.tolist() == [1, 0, 2]


def test_every_rule_sorts_by_similarity_first():
    similarity = np.random.default_rng(0).integers(0, 4, 40).astype(float)
    for ties in ("wnid", "random", "legacy_argsort"):
        order = rank_order(similarity, WNIDS, ties=ties, seed=0)
        assert sorted(order) == list(range(40))
        assert (np.diff(similarity[order]) <= 0).all()


def test_ties_by_wnid():
    assert rank_order([0.5, 0.9, 0.5, 0.9], WNIDS[:4], ties="wnid", seed=0) == [1, 3, 0, 2]


def test_ties_at_random_depend_on_seed_and_wnid_alone():
    def order(wnids, seed):
        return [wnids[i] for i in rank_order([0.5] * len(wnids), wnids, ties="random", seed=seed)]

    assert order(WNIDS, 1) == order(WNIDS, 1) != order(WNIDS, 2)
    assert order(WNIDS, 1) != WNIDS
    assert order(WNIDS[::2], 1) == [wnid for wnid in order(WNIDS, 1) if wnid in WNIDS[::2]]


def test_ties_as_numpys_old_quicksort_leaves_the_negated_values():
    similarity = [0.5, 0.75] * 20
    order = rank_order(similarity, WNIDS, ties="legacy_argsort", seed=0)
    assert order == legacy_argsort([-value for value in similarity])
    assert order != rank_order(similarity, WNIDS, ties="wnid", seed=0)


def test_unknown_rule():
    with pytest.raises(ValueError, match="argsort"):
        rank_order([0.5], WNIDS[:1], ties="argsort", seed=0)
