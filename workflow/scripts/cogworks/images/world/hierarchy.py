"""WordNet's nouns as a tree with branch lengths, on which the looks of the world evolve.

A synset's height is its intrinsic information content, scaled to 0 at the root and 1 at a leaf:
1 - log(n) / log(N), where n counts the synsets at or below it and N all nouns. It depends on
WordNet alone, so that a concept looks the same in every benchmark. For two leaves with the lowest
common ancestor a, height(a) is their Lin similarity (thesis 3.3.2) with this information content.
"""

import math
from collections import Counter

from cogworks.concepts.wordnet import WordNet


class Hierarchy:
    """Heights and lines of descent of noun synsets."""

    def __init__(self, wordnet: WordNet) -> None:
        """Count the descendants of every noun synset (about two seconds)."""
        self._wordnet = wordnet
        below: Counter[str] = Counter()
        wnids = wordnet.wnids()
        for wnid in wnids:
            below[wnid] += 1
            below.update(wordnet.ancestors(wnid))
        self._heights = {
            wnid: 1.0 - math.log(count) / math.log(len(wnids)) for wnid, count in below.items()
        }

    def height(self, wnid: str) -> float:
        """Return the scaled information content of `wnid`, in [0, 1]."""
        return self._heights[wnid]

    def line(self, wnid: str) -> list[str]:
        """Return the synsets from the root down to `wnid`.

        Where a synset has several parents, the line runs through the most specific one.
        """
        line = [wnid]
        while parents := self._wordnet.parents(line[-1]):
            line.append(max(parents, key=lambda parent: (self.height(parent), parent)))
        return line[::-1]
