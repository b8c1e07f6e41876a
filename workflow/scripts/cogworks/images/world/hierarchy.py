"""WordNet's nouns as a tree with branch lengths, on which the looks of the world evolve.

A synset's height is its intrinsic information content, scaled to 0 at the root and 1 at a leaf:
1 - log(n) / log(N), where n counts the synsets at or below it and N all nouns. It depends on
WordNet alone, so that a concept looks the same in every benchmark. For two leaves with the lowest
common ancestor a, height(a) is their Lin similarity (thesis 3.3.2) with this information content.
"""

import math

from cogworks.concepts.information import information_content
from cogworks.concepts.wordnet import WordNet


class Hierarchy:
    """Heights and lines of descent of noun synsets.

    Attributes:
        wordnet: the ontology.
    """

    def __init__(self, wordnet: WordNet) -> None:
        """Count the descendants of every noun synset (about two seconds)."""
        self.wordnet = wordnet
        content = information_content(wordnet, [], ic_count="wordnet")
        most = math.log(len(content))
        self._heights = {wnid: value / most for wnid, value in content.items()}

    def height(self, wnid: str) -> float:
        """Return the scaled information content of `wnid`, in [0, 1]."""
        return self._heights[wnid]

    def line(self, wnid: str) -> list[str]:
        """Return the synsets from the root down to `wnid`.

        Where a synset has several parents, the line runs through the most general one: then the
        last synset that two lines share is nearly always (for 93% of the pairs of ImageNet's pool)
        the common ancestor of largest information content. Through the most specific one it would
        be for 73%.
        """
        line = [wnid]
        while parents := self.wordnet.parents(line[-1]):
            line.append(min(parents, key=lambda parent: (self.height(parent), parent)))
        return line[::-1]
