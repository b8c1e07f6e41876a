"""The filters: each on a toy ontology, all of them at true size."""

import csv
from dataclasses import replace

import pytest

from cogworks.concepts.selection import Rules, select
from cogworks.concepts.wnid_lists import read_wnids
from cogworks.core.errors import InputError

PERSON = "n00007846"


def reasons(wordnet, pool, **rules):
    chosen = Rules(**({"seen": [], "drop_seen_ancestors": False, "leaves_only": False} | rules))
    return dict(select(wordnet, pool, chosen).dropped)


def test_each_filter_alone(toy):
    all_of_them = toy.wnids()
    assert reasons(toy, all_of_them) == {}
    assert reasons(toy, all_of_them, seen=["n00000006"]) == {"n00000006": "seen"}
    assert reasons(toy, all_of_them, seen=["n00000006"], drop_seen_ancestors=True) == {
        "n00000006": "seen",
        "n00000001": "seen_ancestor",
        "n00000002": "seen_ancestor",
        "n00000004": "seen_ancestor",
    }
    assert reasons(toy, all_of_them, exclude_subtrees=["n00000003"]) == {
        "n00000003": "excluded_subtree",
        "n00000009": "excluded_subtree",
    }
    assert reasons(toy, all_of_them, leaves_only=True) == dict.fromkeys(all_of_them[:5], "not_leaf")
    assert reasons(toy, all_of_them, discard=["n00000008"]) == {"n00000008": "discarded"}


def test_leaf_means_no_eligible_descendant_at_any_distance(toy):
    # Without cat and pet in the pool, animal has no eligible child, but eligible grandchildren.
    dropped = reasons(toy, ["n00000002", "n00000006", "n00000008"], leaves_only=True)
    assert dropped == {"n00000002": "not_leaf"}
    # A seen descendant is not eligible, so its ancestor may be a leaf.
    dropped = reasons(toy, ["n00000004", "n00000006"], seen=["n00000006"], leaves_only=True)
    assert dropped == {"n00000006": "seen"}


def test_filters_see_what_the_ones_before_left(toy):
    # A pilot is a person and has few images: the earlier filter is the reason.
    counts = {"n00000006": 5, "n00000007": 10, "n00000008": 10}
    dropped = reasons(
        toy,
        ["n00000006", "n00000007", "n00000008", "n00000009"],
        exclude_subtrees=["n00000003"],
        image_counts=counts,
        min_images=6,
        discard=["n00000006", "n00000007"],
    )
    assert dropped == {
        "n00000006": "few_images",
        "n00000007": "discarded",
        "n00000009": "excluded_subtree",
    }


def test_counts_are_needed_only_where_they_decide(toy):
    rules = {"image_counts": {"n00000007": 10}, "min_images": 6}
    assert reasons(toy, ["n00000006", "n00000007"], seen=["n00000006"], **rules) == {
        "n00000006": "seen"
    }
    with pytest.raises(InputError, match=r"no count for 1 of the 2 concepts .* n00000006"):
        reasons(toy, ["n00000006", "n00000007"], **rules)


def test_members_of_another_benchmark(toy):
    pool = ["n00000006", "n00000007", "n00000008"]
    assert reasons(toy, pool, members=["n00000006", "n00000008"]) == {"n00000007": "not_member"}
    with pytest.raises(InputError, match=r"members_of: 1 concepts .* n00000006"):
        reasons(toy, pool, members=["n00000006"], discard=["n00000006"])


def test_true_size_without_counts(wordnet, pool, seen):
    selection = select(wordnet, pool, Rules(seen=seen, exclude_subtrees=[PERSON]))
    assert selection.steps == [
        ("pool", 21841),
        ("seen", 20842),
        ("seen_ancestor", 20081),
        ("excluded_subtree", 17254),
        ("not_leaf", 14248),
    ]
    assert len(selection.eligible) == 14248
    eligible = set(selection.eligible)
    assert all(eligible.isdisjoint(wordnet.ancestors(wnid)) for wnid in [*eligible, *seen])


def test_true_size_with_counts(wordnet, pool, seen, dev_data):
    with open(dev_data / "lists" / "imagenet21k_fall2011_counts.csv") as handle:
        counts = {row["wnid"]: int(row["images"]) for row in csv.DictReader(handle)}
    discard = read_wnids("resources/paper/discarded_concepts.txt", key="discard")
    rules = Rules(
        seen=seen,
        exclude_subtrees=[PERSON],
        image_counts=counts,
        min_images=782,
        discard=discard,
    )
    assert select(wordnet, pool, rules).steps[-2:] == [("few_images", 5216), ("discarded", 5146)]
    # By the other reading of "leaf", no eligible child, five more would stay.
    before = select(wordnet, pool, replace(rules, leaves_only=False, min_images=None, discard=()))
    parents = {parent for wnid in before.eligible for parent in wordnet.parents(wnid)}
    childless = set(before.eligible) - parents - set(discard)
    assert sum(counts[wnid] >= 782 for wnid in childless) == 5146 + 5
