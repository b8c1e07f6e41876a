"""The similarities of synsets (thesis 3.3.3 and 3.5.2): one file each, named as in the config.

Each has its own spec of the ranking: its fields are the keys of a benchmark that the ranking
depends on, so that no other key makes it stale.

Imported while the DAG is planned: a similarity imports what computes only where it is used.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from pydantic import ConfigDict

from cogworks.core.registry import Registry
from cogworks.core.spec import Spec

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Formula, Matrix
    from cogworks.concepts.wordnet import WordNet


@dataclass(frozen=True)
class Concepts:
    """The synsets between which similarities are wanted.

    Attributes:
        wordnet: the ontology.
        pool: all synsets of the benchmark, the dropped ones included.
        rows: R unseen synsets, all in the pool.
        columns: C seen synsets.
    """

    wordnet: "WordNet"
    pool: Sequence[str]
    rows: Sequence[str]
    columns: Sequence[str]


class RankSpec(Spec):
    """How the eligible concepts are ranked; each similarity has its own."""

    benchmark: str
    wordnet: str | None
    similarity: str
    ties: Literal["wnid", "random", "legacy_argsort"]
    seed: int | None
    """Of `ties: random`; null for another order."""

    @classmethod
    def read(cls, text: str, *, name: str = "--spec") -> Self:
        """Return the spec of the similarity that `text` names; see `Spec.read`."""
        own = (
            SIMILARITIES.load(_Named.read(text, name=name).similarity).spec
            if cls is RankSpec
            else cls
        )
        return (
            super().read(text, name=name)
            if own is cls
            else cls.model_validate(own.read(text, name=name))
        )

    @property
    def files(self) -> list[str]:
        """Return the user's files that the similarity reads."""
        return []

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the keys of the similarity, as `key: message`."""
        yield from ()


Own = TypeVar("Own", bound=RankSpec)


@dataclass(frozen=True)
class Similarity(Generic[Own]):
    """How close two synsets are.

    Attributes:
        spec: what its ranking depends on: no other key may make that stale.
        score: returns the similarities (R, C), larger is closer.
    """

    spec: type[Own]
    score: "Callable[[Own, Concepts], Matrix]"


class InformationSpec(RankSpec):
    """A ranking by information contents; the keys are those of a benchmark in the config."""

    ic_count: str
    lcs: str


def by_information(formula: "Formula") -> Similarity[InformationSpec]:
    """Return the similarity that a formula makes of information contents.

    Args:
        formula: takes the contents of the lowest common subsumers (R, C), which it may overwrite,
            of the rows (R, 1) and of the columns (1, C).
    """

    def score(spec: InformationSpec, concepts: Concepts) -> "Matrix":
        from cogworks.concepts.information import information_content
        from cogworks.concepts.subsumers import information_similarity

        content = information_content(concepts.wordnet, concepts.pool, ic_count=spec.ic_count)
        sides = (concepts.rows, concepts.columns)
        return information_similarity(
            concepts.wordnet, *sides, content, formula=formula, lcs=spec.lcs
        )

    return Similarity(InformationSpec, score)


SIMILARITIES: Registry[Similarity[Any]] = Registry(
    "cogworks.concepts.similarities",
    "SIMILARITY",
    (
        "lin",
        "resnik",
        "jiang_conrath",
        "wu_palmer",
        "path",
        "word_vectors",
    ),
)


def similarities_with(key: str) -> list[str]:
    """Return the names of the similarities that read a key of a benchmark."""
    return [name for name in SIMILARITIES if key in SIMILARITIES.load(name).spec.model_fields]


class _Named(Spec):
    """The name of the similarity, of whatever else a spec holds."""

    model_config = ConfigDict(extra="ignore")

    similarity: str
