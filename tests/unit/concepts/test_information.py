"""Information content by each reading of what is counted."""

import math

import pytest

from cogworks.concepts.information import corpus, information_content

POOL = ["n00000004", "n00000006", "n00000008", "n00000009"]


def content(toy, ic_count):
    return information_content(toy, POOL, ic_count=ic_count)


def test_nodes_counts_the_pool_and_all_above(toy):
    # 1 entity, 2 animal, 3 person, 4 cat, 5 pet, 6 tiger cat, 8 house dog, 9 pilot.
    assert corpus(toy, POOL, "nodes") == [f"n{i:08d}" for i in (1, 2, 3, 4, 5, 6, 8, 9)]
    values = content(toy, "nodes")
    assert values["n00000001"] == 0.0
    assert math.copysign(1, values["n00000001"]) == 1
    assert values["n00000002"] == -math.log(5 / 8)
    assert values["n00000004"] == -math.log(2 / 8)
    # A node with two roads to it counts once.
    assert values["n00000005"] == -math.log(2 / 8)
    assert values["n00000008"] == -math.log(1 / 8)
    assert "n00000007" not in values


def test_pool_counts_the_pool_alone(toy):
    values = content(toy, "pool")
    assert values["n00000002"] == -math.log(3 / 4)
    assert values["n00000004"] == -math.log(2 / 4)
    assert values["n00000005"] == values["n00000008"] == -math.log(1 / 4)


def test_leaves_counts_the_ends_of_the_pool(toy):
    values = content(toy, "leaves")
    assert values["n00000004"] == values["n00000006"] == -math.log(1 / 3)
    assert values["n00000002"] == -math.log(2 / 3)


def test_wordnet_counts_all(toy):
    values = content(toy, "wordnet")
    assert values["n00000002"] == -math.log(6 / 9)
    assert values["n00000007"] == -math.log(1 / 9)


def test_unknown_reading_is_an_error(toy):
    with pytest.raises(ValueError, match="node"):
        content(toy, "node")


def test_true_size(wordnet, pool):
    values = information_content(wordnet, pool, ic_count="nodes")
    assert len(values) == 23546
    assert values["n00001740"] == 0.0
    assert max(values.values()) == -math.log(1 / 23546)
    # The teddy bear is not in the pool and nothing in the pool is below it.
    assert "n04399382" not in values
    # Contents never grow on the way up.
    assert all(values[parent] <= values[w] for w in values for parent in wordnet.parents(w))
