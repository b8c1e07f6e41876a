"""Similarity of concepts by word vectors of their names and definitions (thesis 3.5.2, eq. 3.3)."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cogworks.concepts.vector_file import Vectors, read_vectors
from cogworks.concepts.wordnet import WordNet
from cogworks.core.errors import InputError

WORD = re.compile(r"[^\W_]+")
# Cosines are kept to this many decimals: beyond them a sum depends on the processor, and what
# ties on one machine must tie on another.
DECIMALS = 12


class Description(NamedTuple):
    """The words of a concept's name and definition, spelled as in the file of vectors."""

    name: list[str]
    definition: list[str]


def word_vector_similarity(
    wordnet: WordNet,
    rows: Sequence[str],
    columns: Sequence[str],
    concepts: Collection[str],
    *,
    file: str | Path,
    file_format: str,
    entity_prefix: str,
) -> NDArray[np.float64]:
    """Return the cosines (R, C) of the concepts' vectors.

    A concept's vector is the mean over the words of its name plus the mean over those of its
    definition, words weighted by tf-idf learnt on name and definition of all `concepts`. The term
    frequency is that of the part that is averaged: each occurrence of a word counts.

    Args:
        wordnet: names (all lemmas) and definitions.
        rows: R synsets.
        columns: C synsets.
        concepts: the documents for the inverse document frequency (the pool and the seen).
        file: vectors in word2vec's format.
        file_format: see `vector_file.read_vectors`.
        entity_prefix: what the file writes before the title of an entity, such as Wikipedia2Vec's
            `ENTITY/`: a lemma of several words takes the vector of the entity of that title, or
            of the phrase with underscores, and is split into words where there is neither.

    Raises:
        InputError: a bad file, or a row or column without any word in it.
    """
    documents = sorted(set(concepts) | set(rows) | set(columns))
    vectors = read_vectors(
        file, _all_spellings(wordnet, documents, entity_prefix), file_format=file_format
    )
    described = {wnid: describe(wordnet, wnid, vectors, entity_prefix) for wnid in documents}
    weights = inverse_document_frequency([chain(*text) for text in described.values()])
    sides = []
    for wnids in (rows, columns):
        _require_words(described, wnids, file)
        stacked = np.stack([concept_vector(described[wnid], vectors, weights) for wnid in wnids])
        sides.append(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))
    return np.round(sides[0] @ sides[1].T, DECIMALS)


def describe(
    wordnet: WordNet, wnid: str, vectors: Collection[str] | Vectors, entity_prefix: str
) -> Description:
    """Return a concept's words, those without a vector left out."""
    name: list[str] = []
    for lemma in wordnet.lemmas(wnid):
        phrase = [key for key in _phrase_spellings(lemma, entity_prefix) if key in vectors]
        name += phrase[:1] or _known_words(lemma, vectors)
    return Description(name, _known_words(wordnet.definition(wnid), vectors))


def inverse_document_frequency(documents: Collection[chain[str]]) -> dict[str, float]:
    """Return log((1 + n) / (1 + documents with the word)) + 1 for each word of n documents."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(set(document))
    return {
        word: math.log((1 + len(documents)) / (1 + count)) + 1 for word, count in counts.items()
    }


def concept_vector(
    text: Description, vectors: Vectors, weights: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return the weighted mean of the name plus that of the definition (D,), whichever there is."""
    parts = []
    for words in text:
        if words:
            share = np.array([weights[word] for word in words])
            stacked = np.stack([vectors[word] for word in words]).astype(np.float64)
            parts.append((share[:, None] * stacked).sum(axis=0) / share.sum())
    return np.asarray(np.sum(parts, axis=0))


def _all_spellings(wordnet: WordNet, wnids: Sequence[str], entity_prefix: str) -> set[str]:
    wanted: set[str] = set()
    for wnid in wnids:
        for lemma in wordnet.lemmas(wnid):
            wanted.update(_phrase_spellings(lemma, entity_prefix))
        for text in (*wordnet.lemmas(wnid), wordnet.definition(wnid)):
            for word in WORD.findall(text):
                wanted.update(_word_spellings(word))
    return wanted


def _phrase_spellings(lemma: str, entity_prefix: str) -> list[str]:
    """Return how a file may spell a lemma of several words, the most specific spelling first."""
    if "_" not in lemma:
        return []
    title = entity_prefix + lemma[0].upper() + lemma[1:]
    return list(dict.fromkeys([entity_prefix + lemma, title, lemma, lemma.lower()]))


def _word_spellings(word: str) -> list[str]:
    return list(dict.fromkeys([word, word.lower()]))


def _known_words(text: str, vectors: Collection[str] | Vectors) -> list[str]:
    spelled = (
        next((key for key in _word_spellings(word) if key in vectors), None)
        for word in WORD.findall(text)
    )
    return [word for word in spelled if word is not None]


def _require_words(
    described: Mapping[str, Description], wnids: Sequence[str], file: str | Path
) -> None:
    silent = [wnid for wnid in wnids if not any(described[wnid])]
    if silent:
        raise InputError(
            f"word_vectors.file: {file} has no word of the name or definition of {len(silent)} "
            f"concepts, such as {', '.join(silent[:5])}: take a larger file of vectors"
        )
