"""Common ancestors of synsets on WordNet's graph, and the lowest of them (thesis 3.3.3).

Pair by pair through NLTK the thesis's 5,146 x 1000 similarities take minutes. Here the lowest
common subsumers are filled ancestor by ancestor: ancestors are taken from the least to the most
preferred, and each overwrites the block of its own descendants, rows x columns. The values are
those of NLTK's `*_similarity` functions to the last bit, which the tests assert; the similarities
themselves are in `similarities`.

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
# Takes information contents: shared (R, C), of the rows (R, 1), of the columns (1, C).
Formula = Callable[[Matrix, Matrix, Matrix], Matrix]
Blocks = dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]


def information_similarity(
    wordnet: WordNet,
    rows: Sequence[str],
    columns: Sequence[str],
    information: Mapping[str, float],
    *,
    formula: Formula,
    lcs: str,
) -> Matrix:
    """Return similarities (R, C) by information content, larger is closer.

    Args:
        wordnet: the ontology.
        rows: R synsets.
        columns: C synsets.
        information: IC by synset, see `information.information_content`.
        formula: makes similarities of contents; it may overwrite the shared ones.
        lcs: which common subsumer counts as the lowest: `max_ic`, the one with the largest IC
            (what NLTK's similarities use), or `deepest`, the one with the longest path to the
            root, the first by name among equals (NLTK's `lowest_common_hypernyms()[0]`).
    """
    blocks = common_ancestors(wordnet, rows, columns)
    if lcs == "max_ic":
        ranked = sorted(blocks, key=lambda wnid: (information.get(wnid, math.inf), wnid))
    elif lcs == "deepest":
        ranked = by_depth(wordnet, blocks, longest_paths(wordnet, blocks))
    else:
        raise ValueError(f"lcs {lcs!r}: expected max_ic or deepest")
    lowest = lowest_of(blocks, ranked, (len(rows), len(columns)))
    # A pair without any common ancestor has index -1: it takes the last value, an IC of 0.
    # The formulas may work in place: this array is theirs.
    shared = np.array([information.get(wnid, math.inf) for wnid in ranked] + [0.0])[lowest]
    own = [
        np.array([information.get(wnid, math.inf) for wnid in wnids]) for wnids in (rows, columns)
    ]
    return formula(shared, own[0][:, None], own[1][None, :])


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


def by_depth(wordnet: WordNet, blocks: Blocks, depths: Mapping[str, int]) -> list[str]:
    """Sort ancestors from shallow to deep; among equals the first by name comes last, to win."""
    by_name = sorted(blocks, key=wordnet.name, reverse=True)
    return sorted(by_name, key=depths.__getitem__)


def lowest_of(blocks: Blocks, ranked: Sequence[str], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return (R, C): the index in `ranked` of each pair's last common ancestor, or -1."""
    lowest = np.full(shape, -1, dtype=np.int32)
    for index, wnid in enumerate(ranked):
        lowest[np.ix_(*blocks[wnid])] = index
    return lowest
