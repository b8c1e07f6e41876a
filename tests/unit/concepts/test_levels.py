"""Where levels start."""

import pytest

from cogworks.concepts.levels import level_starts
from cogworks.core.errors import InputError


def gaps_of(ranked, count, size, gaps):
    starts = level_starts(ranked, count=count, size=size, gaps=gaps)
    ends = [start + size for start in starts]
    return starts[0], [b - a for a, b in zip(ends, starts[1:], strict=False)], ranked - ends[-1]


def test_the_thesiss_gaps():
    assert gaps_of(5146, 5, 1000, "floor_last") == (0, [36, 36, 36, 38], 0)
    assert gaps_of(5146, 5, 1000, "even") == (0, [36, 37, 36, 37], 0)
    assert gaps_of(5146, 5, 1000, "none") == (0, [0, 0, 0, 0], 146)


@pytest.mark.parametrize("gaps", ["floor_last", "even", "none"])
def test_exactly_enough(gaps):
    assert level_starts(100, count=5, size=20, gaps=gaps) == [0, 20, 40, 60, 80]


@pytest.mark.parametrize("gaps", ["floor_last", "even", "none"])
def test_one_level_starts_at_the_top(gaps):
    assert level_starts(10, count=1, size=4, gaps=gaps) == [0]


@pytest.mark.parametrize("gaps", ["floor_last", "even"])
@pytest.mark.parametrize("ranked", [21, 22, 23, 24, 25, 100])
def test_levels_span_the_ranking_without_overlap(ranked, gaps):
    first, between, after = gaps_of(ranked, 3, 7, gaps)
    assert (first, after) == (0, 0)
    assert min(between) >= 0
    if gaps == "even":
        assert max(between) - min(between) <= 1


def test_too_few_concepts():
    with pytest.raises(InputError, match=r"5 x 20 concepts need 100, and 99 are eligible"):
        level_starts(99, count=5, size=20, gaps="floor_last")


def test_unknown_rule():
    with pytest.raises(ValueError, match="wide"):
        level_starts(10, count=2, size=4, gaps="wide")
