"""Word vectors of concepts (thesis 3.5.2), against numbers worked out by hand."""

import math

import numpy as np
import pytest

from cogworks.concepts.word_vectors import (
    Description,
    concept_vector,
    describe,
    inverse_document_frequency,
    word_vector_similarity,
)
from cogworks.core.errors import InputError

VECTORS = {
    "cat": [1.0, 0.0, 0.0],
    "tiger": [0.0, 1.0, 0.0],
    "striped": [0.0, 0.0, 1.0],
    "Egypt": [0.0, 1.0, 1.0],
    "a": [1.0, 1.0, 1.0],
    "ENTITY/Egyptian_cat": [2.0, 0.0, 1.0],
    "pilot": [-1.0, 0.0, 0.0],
}


@pytest.fixture
def vector_file(tmp_path):
    lines = [f"{word} {' '.join(map(str, vector))}" for word, vector in VECTORS.items()]
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join([f"{len(lines)} 3", *lines]) + "\n")
    return path


def test_names_take_entities_and_else_words(toy):
    # "tiger_cat" has no vector of its own, "Egyptian_cat" has; "of" and "the" have none at all.
    assert describe(toy, "n00000006", VECTORS, "ENTITY/") == Description(
        ["tiger", "cat"], ["a", "striped", "cat"]
    )
    assert describe(toy, "n00000007", VECTORS, "ENTITY/") == Description(
        ["ENTITY/Egyptian_cat"], ["a", "cat", "Egypt"]
    )
    assert describe(toy, "n00000007", VECTORS, "") == Description(["cat"], ["a", "cat", "Egypt"])
    lower = {"egyptian_cat", "egypt", "cat"}
    assert describe(toy, "n00000007", lower, "ENTITY/") == Description(
        ["egyptian_cat"], ["cat", "egypt"]
    )


def test_document_frequency_counts_documents_not_occurrences():
    weights = inverse_document_frequency([iter(["cat", "cat"]), iter(["cat", "a"]), iter(["a"])])
    assert weights == {
        "cat": pytest.approx(math.log(4 / 3) + 1),
        "a": pytest.approx(math.log(4 / 3) + 1),
    }
    weights = inverse_document_frequency([iter(["cat"]), iter([]), iter([])])
    assert weights == {"cat": pytest.approx(math.log(4 / 2) + 1)}


def test_concept_vector_adds_two_weighted_means():
    vectors = {word: np.array(value, np.float32) for word, value in VECTORS.items()}
    weights = {"tiger": 1.0, "cat": 3.0, "striped": 2.0}
    text = Description(["tiger", "cat"], ["cat", "cat", "striped"])
    expected = np.array([3 / 4, 1 / 4, 0.0]) + np.array([6 / 8, 0.0, 2 / 8])
    np.testing.assert_allclose(concept_vector(text, vectors, weights), expected, rtol=1e-15)
    # A concept without any known word in one part has the other alone.
    np.testing.assert_allclose(
        concept_vector(Description([], ["cat"]), vectors, weights), [1.0, 0.0, 0.0]
    )


def test_similarity_is_the_cosine(toy, vector_file):
    concepts = ["n00000006", "n00000007", "n00000009"]
    options = {"file": vector_file, "file_format": "auto", "entity_prefix": "ENTITY/"}
    matrix = word_vector_similarity(toy, concepts[1:], concepts[:1], concepts, **options)
    assert matrix.shape == (2, 1)
    n = len(concepts)
    idf = {
        word: math.log((1 + n) / (1 + df)) + 1
        for word, df in {"a": 3, "cat": 2, "tiger": 1, "striped": 1, "Egypt": 1}.items()
    }

    def mean(*words):
        total = sum(idf.get(word, 1.0) for word in words)
        return sum(idf.get(w, 1.0) * np.array(VECTORS[w]) for w in words) / total

    tiger = mean("tiger", "cat") + mean("a", "striped", "cat")
    egyptian = np.array(VECTORS["ENTITY/Egyptian_cat"]) + mean("a", "cat", "Egypt")
    cosine = egyptian @ tiger / np.linalg.norm(egyptian) / np.linalg.norm(tiger)
    assert matrix[0, 0] == pytest.approx(cosine, abs=1e-12)
    assert matrix[0, 0] > matrix[1, 0]


def test_more_documents_change_the_weights(toy, vector_file):
    options = {"file": vector_file, "file_format": "auto", "entity_prefix": "ENTITY/"}
    rows, columns = ["n00000007"], ["n00000006"]
    few = word_vector_similarity(toy, rows, columns, rows, **options)
    many = word_vector_similarity(toy, rows, columns, toy.wnids(), **options)
    assert few != many


def test_a_concept_without_any_word_is_named(toy, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("1 2\ncat 1 2\n")
    with pytest.raises(InputError, match=r"has no word of .* 1 concepts, such as n00000009"):
        word_vector_similarity(
            toy,
            ["n00000006", "n00000009"],
            ["n00000007"],
            [],
            file=path,
            file_format="auto",
            entity_prefix="",
        )
