"""Matrices against NLTK pair by pair, and against values worked out by hand."""

import itertools
import math
import warnings

import numpy as np
import pytest

from cogworks.concepts.information import information_content
from cogworks.concepts.selection import Rules, select
from cogworks.concepts.similarities import jiang_conrath, lin, resnik
from cogworks.concepts.similarities.path import path_similarity
from cogworks.concepts.similarities.wu_palmer import wu_palmer_similarity
from cogworks.concepts.subsumers import (
    information_similarity,
    longest_paths,
    shortest_paths,
    upward_steps,
)


@pytest.fixture(scope="module")
def unseen(wordnet, pool, seen):
    return select(wordnet, pool, Rules(seen=seen, exclude_subtrees=["n00007846"])).eligible


@pytest.fixture(scope="module")
def information(wordnet, pool):
    return information_content(wordnet, pool, ic_count="nodes")


@pytest.fixture(scope="module")
def sides(unseen, seen):
    """Random rows and columns, and the teddy bear, which is not in the pool."""
    rng = np.random.default_rng(7)
    rows = sorted(rng.choice(unseen, 60, replace=False).tolist())
    columns = sorted({*rng.choice(seen, 25, replace=False).tolist(), "n04399382"})
    return rows, columns


def nltk_matrix(sides, nltk_reader, oracle, similarity):
    rows, columns = ([oracle.synset(nltk_reader, wnid) for wnid in side] for side in sides)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array([[similarity(row, column) for column in columns] for row in rows])


@pytest.mark.parametrize(
    ("measure", "method"),
    [
        (lin, "lin_similarity"),
        (resnik, "res_similarity"),
        (jiang_conrath, "jcn_similarity"),
    ],
)
def test_information_measures_equal_nltk(
    measure, method, wordnet, sides, information, nltk_reader, nltk_nodes, oracle
):
    ours = information_similarity(
        wordnet, *sides, information, formula=measure.formula, lcs="max_ic"
    )
    theirs = nltk_matrix(
        sides, nltk_reader, oracle, lambda row, column: getattr(row, method)(column, nltk_nodes)
    )
    # Exact, except for the teddy bear: NLTK's infinity is 1e300.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-299)


def test_path_equals_nltk(wordnet, sides, nltk_reader, oracle):
    ours = path_similarity(wordnet, *sides)
    theirs = nltk_matrix(sides, nltk_reader, oracle, lambda row, col: row.path_similarity(col))
    np.testing.assert_array_equal(ours, theirs)


def test_wu_palmer_equals_nltk(wordnet, sides, nltk_reader, oracle):
    ours = wu_palmer_similarity(wordnet, *sides)
    theirs = nltk_matrix(sides, nltk_reader, oracle, lambda row, col: row.wup_similarity(col))
    np.testing.assert_array_equal(ours, theirs)


def test_deepest_subsumer_equals_nltk_where_the_readings_differ(
    wordnet, unseen, seen, information, nltk_reader, nltk_nodes, oracle
):
    matrices = {
        lcs: information_similarity(
            wordnet, unseen, seen, information, formula=resnik.formula, lcs=lcs
        )
        for lcs in ("max_ic", "deepest")
    }
    differing = np.argwhere(matrices["max_ic"] != matrices["deepest"])
    assert (matrices["max_ic"] >= matrices["deepest"]).all()
    drawn = np.random.default_rng(0).choice(len(differing), 150, replace=False)
    for row, column in differing[drawn]:
        pair = [oracle.synset(nltk_reader, wnid) for wnid in (unseen[row], seen[column])]
        lowest = pair[0].lowest_common_hypernyms(pair[1])[0]
        content = -math.log(nltk_nodes["n"][lowest.offset()] / nltk_nodes["n"][0])
        assert matrices["deepest"][row, column] == content


def test_the_protocols_numbers_at_true_size(wordnet, unseen, seen, information, dev_data):
    with open(dev_data / "lists" / "imagenet21k_fall2011_counts.csv") as handle:
        counts = dict(line.strip().split(",") for line in handle)
    with open("resources/paper/discarded_concepts.txt") as handle:
        discarded = set(handle.read().split())
    rows = [w for w in unseen if int(counts[w]) >= 782 and w not in discarded]
    matrices = {
        lcs: information_similarity(wordnet, rows, seen, information, formula=lin.formula, lcs=lcs)
        for lcs in ("max_ic", "deepest")
    }
    assert matrices["deepest"].shape == (5146, 1000)
    # 1,274 where synsets that share their first word (food.n.01, food.n.02) are not told apart;
    # NLTK sorts by the full name, and then these four pairs differ too.
    assert (matrices["max_ic"] != matrices["deepest"]).sum() == 1278
    values, ties = np.unique(matrices["deepest"].max(axis=1), return_counts=True)
    assert len(values) == 335
    assert ties.max() == 686


def test_by_hand(toy):
    # Counted as nodes over all nine synsets.
    content = information_content(toy, toy.wnids(), ic_count="nodes")
    rows, columns = ["n00000007", "n00000009"], ["n00000006", "n00000008"]
    shared = np.array([[-math.log(3 / 9), -math.log(6 / 9)], [0.0, 0.0]])
    own = -math.log(1 / 9)
    for lcs in ("max_ic", "deepest"):
        by_lin = information_similarity(toy, rows, columns, content, formula=lin.formula, lcs=lcs)
        np.testing.assert_allclose(by_lin, shared / own, rtol=1e-15)
        jcn = information_similarity(
            toy, rows, columns, content, formula=jiang_conrath.formula, lcs=lcs
        )
        np.testing.assert_allclose(jcn, 1 / (2 * own - 2 * shared), rtol=1e-15)
    # Egyptian cat - cat - animal - house dog: three edges, by the short cut past pet.
    np.testing.assert_array_equal(
        path_similarity(toy, rows, columns), [[1 / 3, 1 / 4], [1 / 6, 1 / 5]]
    )
    # Nodes on the path to the root: cat 3, animal 2, entity 1.
    np.testing.assert_array_equal(
        wu_palmer_similarity(toy, rows, columns), [[6 / 8, 4 / 7], [2 / 7, 2 / 6]]
    )


def test_depths_and_steps(toy):
    assert longest_paths(toy, ["n00000008"])["n00000008"] == 3
    assert shortest_paths(toy, ["n00000008"])["n00000008"] == 2
    assert upward_steps(toy, ["n00000008"]) == [
        {"n00000008": 0, "n00000005": 1, "n00000002": 1, "n00000001": 2}
    ]


def test_equally_deep_subsumers_go_by_name(write_ontology):
    from cogworks.concepts.wordnet import open_wordnet

    # Both pairs of parents are common to 5 and 6; "ape" comes before "zebra" and knows less.
    entries = {
        "n00000001": ("entity", "all", ()),
        "n00000002": ("zebra", "", ("n00000001",)),
        "n00000003": ("ape", "", ("n00000001",)),
        "n00000004": ("other", "", ("n00000003",)),
        "n00000005": ("left", "", ("n00000002", "n00000003")),
        "n00000006": ("right", "", ("n00000002", "n00000003")),
    }
    ontology = open_wordnet(write_ontology("two", entries))
    content = information_content(ontology, entries, ic_count="nodes")
    assert content["n00000003"] < content["n00000002"]
    for lcs, expected in (("deepest", "n00000003"), ("max_ic", "n00000002")):
        value = information_similarity(
            ontology, ["n00000005"], ["n00000006"], content, formula=resnik.formula, lcs=lcs
        )
        assert value == content[expected]


def test_no_common_ancestor_is_no_similarity(write_ontology):
    from cogworks.concepts.wordnet import open_wordnet

    entries = {"n00000001": ("one", "", ()), "n00000002": ("two", "", ())}
    ontology = open_wordnet(write_ontology("roots", entries))
    content = information_content(ontology, entries, ic_count="nodes")
    pair = (["n00000001"], ["n00000002"])
    for lcs, measure in itertools.product(("deepest", "max_ic"), (lin, resnik)):
        matrix = information_similarity(ontology, *pair, content, formula=measure.formula, lcs=lcs)
        assert matrix.item() == 0.0
    assert path_similarity(ontology, *pair).item() == 0.0
    assert wu_palmer_similarity(ontology, *pair).item() == 0.0
