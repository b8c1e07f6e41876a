"""The similarity of the shortest path between two synsets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cogworks.concepts.similarities import Concepts, RankSpec, Similarity

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix
    from cogworks.concepts.wordnet import WordNet


def path_similarity(wordnet: "WordNet", rows: Sequence[str], columns: Sequence[str]) -> "Matrix":
    """Return 1 / (1 + edges of the shortest path over a common ancestor), (R, C)."""
    import numpy as np

    from cogworks.concepts.subsumers import common_ancestors, upward_steps

    up_rows, up_columns = upward_steps(wordnet, rows), upward_steps(wordnet, columns)
    steps = np.full((len(rows), len(columns)), np.inf)
    for wnid, (below, beside) in common_ancestors(wordnet, rows, columns).items():
        from_rows = np.array([up_rows[i][wnid] for i in below], dtype=np.float64)
        from_columns = np.array([up_columns[j][wnid] for j in beside], dtype=np.float64)
        block = np.ix_(below, beside)
        steps[block] = np.minimum(steps[block], from_rows[:, None] + from_columns[None, :])
    return 1.0 / (1.0 + steps)


def _score(spec: RankSpec, concepts: Concepts) -> "Matrix":
    return path_similarity(concepts.wordnet, concepts.rows, concepts.columns)


SIMILARITY = Similarity(RankSpec, _score)
