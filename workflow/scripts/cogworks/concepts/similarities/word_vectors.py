"""The cosine of word vectors of two synsets' names and definitions (thesis 3.5.2, eq. 3.3)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cogworks.concepts.similarities import Concepts, Section, Similarity

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix


def _score(section: Section, concepts: Concepts) -> "Matrix":
    from cogworks.concepts.word_vectors import word_vector_similarity

    options = section["word_vectors"]
    return word_vector_similarity(
        concepts.wordnet,
        concepts.rows,
        concepts.columns,
        [*concepts.pool, *concepts.columns],
        file=options["file"],
        file_format=options["format"],
        entity_prefix=options["entity_prefix"],
    )


def _files(section: Section) -> list[str]:
    return [section["word_vectors"]["file"]]


def _problems(section: Section) -> Iterator[str]:
    if section["word_vectors"]["file"] is None:
        yield (
            "word_vectors.file: similarity word_vectors needs a file of vectors in word2vec's "
            "format"
        )


SIMILARITY = Similarity(_score, keys=("word_vectors",), files=_files, problems=_problems)
