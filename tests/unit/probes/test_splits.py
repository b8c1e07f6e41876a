import numpy as np
import pytest

from cogworks.core.errors import InputError
from cogworks.probes.splits import balance, fit_rows, rows_by_class, split

CLASSES = ["a", "b", "c"]


def rows_of(counts: list[int]) -> tuple[np.ndarray, list[np.ndarray]]:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    return labels, rows_by_class(labels, len(counts))


def test_rows_by_class_finds_every_row_of_each_class_even_of_an_empty_one() -> None:
    labels, rows = rows_of([3, 0, 5])
    assert [len(own) for own in rows] == [3, 0, 5]
    for label, own in enumerate(rows):
        assert np.array_equal(own, np.flatnonzero(labels == label))


@pytest.mark.parametrize(("count", "held_out"), [(2, 1), (4, 1), (9, 1), (10, 2), (101, 20)])
def test_each_class_is_divided_with_at_least_one_image_on_each_side(
    count: int, held_out: int
) -> None:
    labels, rows = rows_of([count, 7, 30])
    found = split(rows, CLASSES, seed=0, validation=0.2, shots=None)
    assert np.bincount(labels[found.val])[0] == held_out
    assert np.bincount(labels[found.train])[0] == count - held_out
    together = np.concatenate([found.train, found.val])
    assert np.array_equal(np.sort(together), np.arange(len(labels)))


def test_a_class_of_one_image_is_refused_by_name() -> None:
    _, rows = rows_of([5, 1, 5])
    with pytest.raises(InputError, match="class b has 1 training image"):
        split(rows, CLASSES, seed=0, validation=0.2, shots=None)


def test_too_few_images_for_the_shots_are_refused_by_name() -> None:
    _, rows = rows_of([12, 9, 10])
    split(rows, CLASSES, seed=0, validation=0.2, shots=8)
    with pytest.raises(InputError, match="class b has 9, of which 1 validate"):
        split(rows, CLASSES, seed=0, validation=0.2, shots=9)


def test_shots_come_from_the_training_part_and_all_of_the_rest_validates() -> None:
    labels, rows = rows_of([20, 30, 40])
    whole = split(rows, CLASSES, seed=3, validation=0.2, shots=None)
    few = split(rows, CLASSES, seed=3, validation=0.2, shots=4)
    fewer = split(rows, CLASSES, seed=3, validation=0.2, shots=2)
    assert np.bincount(labels[few.train]).tolist() == [4, 4, 4]
    assert set(fewer.train) < set(few.train) < set(whole.train)
    assert np.array_equal(few.val, whole.val)


def test_the_fit_takes_the_shots_of_the_search_or_everything() -> None:
    labels, rows = rows_of([20, 30, 40])
    few = split(rows, CLASSES, seed=3, validation=0.2, shots=4)
    keys = {"seed": 3, "validation": 0.2}
    assert np.array_equal(fit_rows(rows, CLASSES, shots=4, **keys), few.train)
    assert np.array_equal(fit_rows(rows, CLASSES, shots=None, **keys), np.arange(len(labels)))


def test_seeds_draw_differently_and_a_class_keeps_its_draw_when_others_go() -> None:
    _, rows = rows_of([20, 30, 40])
    first = split(rows, CLASSES, seed=0, validation=0.2, shots=None)
    other = split(rows, CLASSES, seed=1, validation=0.2, shots=None)
    alone = split(rows[1:2], CLASSES[1:2], seed=0, validation=0.2, shots=None)
    assert not np.array_equal(first.val, other.val)
    assert set(alone.val) == set(first.val) & set(rows[1])


def test_balance_takes_the_same_number_of_each_class_and_refuses_smaller_ones() -> None:
    _, rows = rows_of([20, 30, 40])
    balanced = balance(rows, CLASSES, 20)
    assert [len(own) for own in balanced] == [20, 20, 20]
    assert all(set(own) <= set(whole) for own, whole in zip(balanced, rows, strict=True))
    assert np.array_equal(balance(rows, CLASSES, 20)[2], balanced[2])
    with pytest.raises(InputError, match="a has only 20"):
        balance(rows, CLASSES, 21)
