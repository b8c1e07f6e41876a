"""The cosine of word vectors of two synsets' names and definitions (thesis 3.5.2, eq. 3.3)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from cogworks.concepts.similarities import Concepts, RankSpec, Similarity
from cogworks.core.spec import Spec

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix


class Vectors(Spec):
    """Where the vectors are; the keys are those of `word_vectors` in the config."""

    file: str | None
    format: Literal["auto", "text", "binary"]
    entity_prefix: str


class VectorSpec(RankSpec):
    """A ranking by word vectors."""

    word_vectors: Vectors

    @property
    def files(self) -> list[str]:
        """Return the file of the vectors."""
        file = self.word_vectors.file
        return [] if file is None else [file]

    def problems(self) -> Iterator[str]:
        """Yield that there is no file, if so."""
        if self.word_vectors.file is None:
            yield (
                "word_vectors.file: similarity word_vectors needs a file of vectors in word2vec's "
                "format"
            )


def _score(spec: VectorSpec, concepts: Concepts) -> "Matrix":
    from cogworks.concepts.word_vectors import word_vector_similarity

    vectors = spec.word_vectors
    assert vectors.file is not None, "`problems` refuses vectors without a file"
    return word_vector_similarity(
        concepts.wordnet,
        concepts.rows,
        concepts.columns,
        [*concepts.pool, *concepts.columns],
        file=vectors.file,
        file_format=vectors.format,
        entity_prefix=vectors.entity_prefix,
    )


SIMILARITY = Similarity(VectorSpec, _score)
