"""Similarities of synsets on WordNet's graph (thesis 3.3.3), as matrices.

Pair by pair through NLTK the thesis's 5,146 x 1000 similarities take minutes. Here the lowest
common subsumers are filled ancestor by ancestor: ancestors are taken from the least to the most
preferred, and each overwrites the block of its own descendants, rows x columns. The values are
those of NLTK's `*_similarity` functions to the last bit, which the tests assert.

Throughout, rows are unseen and columns seen synsets, and rows have a finite information content,
since they are in the pool.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cogworks.concepts.wordnet import WordNet

Matrix = NDArray[np.float64]
Blocks = dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]


def information_similarity(
    wordnet: WordNet,
    rows: Sequence[str],
    columns: Sequence[str],
    information: Mapping[str, float],
    *,
    measure: str,
    lcs: str,
) -> Matrix:
    """Return lin (eq. 3.1), resnik or jiang_conrath similarities (R, C), larger is closer.

    Args:
        wordnet: the ontology.
        rows: R synsets.
        columns: C synsets.
        information: IC by synset, see `information.information_content`.
        measure: a key of INFORMATION_FORMULAS.
        lcs: which common subsumer counts as the lowest: `max_ic`, the one with the largest IC
            (what NLTK's similarities use), or `deepest`, the one with the longest path to the
            root, the first by name among equals (NLTK's `lowest_common_hypernyms()[0]`).
    """
    blocks = common_ancestors(wordnet, rows, columns)
    if lcs == "max_ic":
        ranked = sorted(blocks, key=lambda wnid: (information.get(wnid, math.inf), wnid))
    elif lcs == "deepest":
        ranked = _by_depth(wordnet, blocks, longest_paths(wordnet, blocks))
    else:
        raise ValueError(f"lcs {lcs!r}: expected max_ic or deepest")
    lowest = _fill(blocks, ranked, (len(rows), len(columns)))
    # A pair without any common ancestor has index -1: it takes the last value, an IC of 0.
    # The formulas may work in place: this array is theirs.
    shared = np.array([information.get(wnid, math.inf) for wnid in ranked] + [0.0])[lowest]
    own = [
        np.array([information.get(wnid, math.inf) for wnid in wnids]) for wnids in (rows, columns)
    ]
    return INFORMATION_FORMULAS[measure](shared, own[0][:, None], own[1][None, :])


def _lin(shared: Matrix, row: Matrix, column: Matrix) -> Matrix:
    total = row + column
    shared *= 2.0
    # Where both contents are 0, so is the shared one: nothing to divide.
    return np.divide(shared, total, out=shared, where=total > 0)


def _resnik(shared: Matrix, row: Matrix, column: Matrix) -> Matrix:
    return shared


def _jiang_conrath(shared: Matrix, row: Matrix, column: Matrix) -> Matrix:
    distance = row + column - 2.0 * shared
    with np.errstate(divide="ignore"):
        # A distance of 0 is an infinite similarity: same information, same subsumer.
        return np.where((row == 0) | (column == 0), 0.0, 1.0 / distance)


INFORMATION_FORMULAS: dict[str, Callable[[Matrix, Matrix, Matrix], Matrix]] = {
    "lin": _lin,
    "resnik": _resnik,
    "jiang_conrath": _jiang_conrath,
}


def path_similarity(wordnet: WordNet, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """Return 1 / (1 + edges of the shortest path over a common ancestor), (R, C)."""
    up_rows, up_columns = upward_steps(wordnet, rows), upward_steps(wordnet, columns)
    steps = np.full((len(rows), len(columns)), np.inf)
    for wnid, (below, beside) in common_ancestors(wordnet, rows, columns).items():
        from_rows = np.array([up_rows[i][wnid] for i in below], dtype=np.float64)
        from_columns = np.array([up_columns[j][wnid] for j in beside], dtype=np.float64)
        block = np.ix_(below, beside)
        steps[block] = np.minimum(steps[block], from_rows[:, None] + from_columns[None, :])
    return 1.0 / (1.0 + steps)


def wu_palmer_similarity(wordnet: WordNet, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """Return Wu-Palmer similarities (R, C), as NLTK's `wup_similarity` reads them.

    The subsumer is the common ancestor whose shortest path to the root is longest, the first by
    name among equals; its depth d counts the nodes of its longest path to the root; and the
    similarity is 2d / (2d + steps from the row + steps from the column). (Where a row is an
    ancestor of a column, NLTK prefers the row itself among equals, whatever its name.)
    """
    blocks = common_ancestors(wordnet, rows, columns)
    ranked = _by_depth(wordnet, blocks, shortest_paths(wordnet, blocks))
    lowest = _fill(blocks, ranked, (len(rows), len(columns)))
    longest = longest_paths(wordnet, blocks)
    # Index -1, no common ancestor: a depth of 0.
    depth = np.array([longest[wnid] + 1.0 for wnid in ranked] + [0.0])[lowest]
    steps_row = _steps_to(wordnet, rows, ranked, blocks, axis=0)
    steps_column = _steps_to(wordnet, columns, ranked, blocks, axis=1)
    steps = steps_row[np.arange(len(rows))[:, None], lowest]
    steps += steps_column[np.arange(len(columns))[None, :], lowest]
    return 2.0 * depth / (2.0 * depth + steps)


def common_ancestors(wordnet: WordNet, rows: Sequence[str], columns: Sequence[str]) -> Blocks:
    """Return, for each synset at or above a row and a column, which rows and columns those are."""
    above = [_members_below(wordnet, wnids) for wnids in (rows, columns)]
    shared = sorted(above[0].keys() & above[1].keys())
    return {wnid: (np.array(above[0][wnid]), np.array(above[1][wnid])) for wnid in shared}


def longest_paths(wordnet: WordNet, wnids: Sequence[str] | Blocks) -> dict[str, int]:
    """Return the edges of the longest path to a root, for `wnids` and all above them."""
    return _depths(wordnet, wnids, max)


def shortest_paths(wordnet: WordNet, wnids: Sequence[str] | Blocks) -> dict[str, int]:
    """Return the edges of the shortest path to a root, for `wnids` and all above them."""
    return _depths(wordnet, wnids, min)


def upward_steps(wordnet: WordNet, wnids: Sequence[str]) -> list[dict[str, int]]:
    """Return for each synset the fewest edges up to each ancestor (itself: 0)."""
    result = []
    for wnid in wnids:
        steps = {wnid: 0}
        front = [wnid]
        while front:
            above = [parent for node in front for parent in wordnet.parents(node)]
            distance = steps[front[0]] + 1
            front = [node for node in dict.fromkeys(above) if node not in steps]
            steps.update(dict.fromkeys(front, distance))
        result.append(steps)
    return result


def _members_below(wordnet: WordNet, wnids: Sequence[str]) -> dict[str, list[int]]:
    below: dict[str, list[int]] = defaultdict(list)
    for index, wnid in enumerate(wnids):
        below[wnid].append(index)
        for ancestor in wordnet.ancestors(wnid):
            below[ancestor].append(index)
    return below


def _depths(
    wordnet: WordNet, wnids: Sequence[str] | Blocks, pick: Callable[..., int]
) -> dict[str, int]:
    depths: dict[str, int] = {}

    def depth(wnid: str) -> int:
        if wnid not in depths:
            parents = [depth(parent) for parent in wordnet.parents(wnid)]
            depths[wnid] = 1 + pick(parents) if parents else 0
        return depths[wnid]

    for wnid in wnids:
        depth(wnid)
    return depths


def _by_depth(wordnet: WordNet, blocks: Blocks, depths: Mapping[str, int]) -> list[str]:
    """Sort ancestors from shallow to deep; among equals the first by name comes last, to win."""
    by_name = sorted(blocks, key=wordnet.name, reverse=True)
    return sorted(by_name, key=depths.__getitem__)


def _fill(blocks: Blocks, ranked: Sequence[str], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return (R, C): the index in `ranked` of each pair's last common ancestor, or -1."""
    lowest = np.full(shape, -1, dtype=np.int32)
    for index, wnid in enumerate(ranked):
        lowest[np.ix_(*blocks[wnid])] = index
    return lowest


def _steps_to(
    wordnet: WordNet, wnids: Sequence[str], ranked: Sequence[str], blocks: Blocks, *, axis: int
) -> Matrix:
    """Return (len(wnids), len(ranked) + 1): edges of the shortest path to each ancestor.

    The path may lead over a higher ancestor, where a synset has a short cut past the lower one;
    NLTK's `shortest_path_distance` takes that too. The last column stands for "no ancestor", and
    is not 0, so that a depth of 0 there makes a similarity of 0.
    """
    up = upward_steps(wordnet, wnids)
    up_ranked = upward_steps(wordnet, ranked)
    steps = np.ones((len(wnids), len(ranked) + 1))
    for index, wnid in enumerate(ranked):
        turns = up_ranked[index].items()
        for member in blocks[wnid][axis]:
            steps[member, index] = min(up[member][turn] + down for turn, down in turns)
    return steps
