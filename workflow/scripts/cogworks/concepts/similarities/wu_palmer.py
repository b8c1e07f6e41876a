"""Wu and Palmer's similarity: the depth of the lowest common subsumer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cogworks.concepts.similarities import Concepts, RankSpec, Similarity

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Blocks, Matrix
    from cogworks.concepts.wordnet import WordNet


def wu_palmer_similarity(
    wordnet: "WordNet", rows: Sequence[str], columns: Sequence[str]
) -> "Matrix":
    """Return Wu-Palmer similarities (R, C), as NLTK's `wup_similarity` reads them.

    The subsumer is the common ancestor whose shortest path to the root is longest, the first by
    name among equals; its depth d counts the nodes of its longest path to the root; and the
    similarity is 2d / (2d + steps from the row + steps from the column). (Where a row is an
    ancestor of a column, NLTK prefers the row itself among equals, whatever its name.)
    """
    import numpy as np

    from cogworks.concepts.subsumers import (
        by_depth,
        common_ancestors,
        longest_paths,
        lowest_of,
        shortest_paths,
    )

    blocks = common_ancestors(wordnet, rows, columns)
    ranked = by_depth(wordnet, blocks, shortest_paths(wordnet, blocks))
    lowest = lowest_of(blocks, ranked, (len(rows), len(columns)))
    longest = longest_paths(wordnet, blocks)
    # Index -1, no common ancestor: a depth of 0.
    depth = np.array([longest[wnid] + 1.0 for wnid in ranked] + [0.0])[lowest]
    steps_row = _steps_to(wordnet, rows, ranked, blocks, axis=0)
    steps_column = _steps_to(wordnet, columns, ranked, blocks, axis=1)
    steps = steps_row[np.arange(len(rows))[:, None], lowest]
    steps += steps_column[np.arange(len(columns))[None, :], lowest]
    return 2.0 * depth / (2.0 * depth + steps)


def _steps_to(
    wordnet: "WordNet", wnids: Sequence[str], ranked: Sequence[str], blocks: "Blocks", *, axis: int
) -> "Matrix":
    """Return (len(wnids), len(ranked) + 1): edges of the shortest path to each ancestor.

    The path may lead over a higher ancestor, where a synset has a short cut past the lower one;
    NLTK's `shortest_path_distance` takes that too. The last column stands for "no ancestor", and
    is not 0, so that a depth of 0 there makes a similarity of 0.
    """
    import numpy as np

    from cogworks.concepts.subsumers import upward_steps

    up = upward_steps(wordnet, wnids)
    up_ranked = upward_steps(wordnet, ranked)
    steps = np.ones((len(wnids), len(ranked) + 1))
    for index, wnid in enumerate(ranked):
        turns = up_ranked[index].items()
        for member in blocks[wnid][axis]:
            steps[member, index] = min(up[member][turn] + down for turn, down in turns)
    return steps


def _score(spec: RankSpec, concepts: Concepts) -> "Matrix":
    return wu_palmer_similarity(concepts.wordnet, concepts.rows, concepts.columns)


SIMILARITY = Similarity(RankSpec, _score)
