"""The similarities of synsets (thesis 3.3.3 and 3.5.2): one file each, named as in the config.

Imported while the DAG is planned: a similarity imports what computes only where it is used.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cogworks.core.registry import Registry

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Formula, Matrix
    from cogworks.concepts.wordnet import WordNet

Section = Mapping[str, Any]


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


def _no_files(section: Section) -> list[str]:
    return []


def _no_problems(section: Section) -> Iterator[str]:
    yield from ()


@dataclass(frozen=True)
class Similarity:
    """How close two synsets are.

    Attributes:
        score: returns the similarities (R, C), larger is closer, given the benchmark's section.
        keys: the keys of the section that it reads: no other key may make the ranking stale.
        files: returns the files that it reads.
        problems: yields what is wrong with its keys, as `key: message`.
    """

    score: "Callable[[Section, Concepts], Matrix]"
    keys: tuple[str, ...] = ()
    files: Callable[[Section], list[str]] = _no_files
    problems: Callable[[Section], Iterator[str]] = _no_problems


def by_information(formula: "Formula") -> Similarity:
    """Return the similarity that a formula makes of information contents.

    Args:
        formula: takes the contents of the lowest common subsumers (R, C), which it may overwrite,
            of the rows (R, 1) and of the columns (1, C).
    """

    def score(section: Section, concepts: Concepts) -> "Matrix":
        from cogworks.concepts.information import information_content
        from cogworks.concepts.subsumers import information_similarity

        content = information_content(concepts.wordnet, concepts.pool, ic_count=section["ic_count"])
        sides = (concepts.rows, concepts.columns)
        return information_similarity(
            concepts.wordnet, *sides, content, formula=formula, lcs=section["lcs"]
        )

    return Similarity(score, keys=("ic_count", "lcs"))


SIMILARITIES: Registry[Similarity] = Registry(
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
