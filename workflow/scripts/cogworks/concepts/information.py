"""Information content of synsets (thesis 3.3.3): IC(c) = -log p(c), p(c) a share of a corpus."""

import math
from collections import Counter
from collections.abc import Iterable

from cogworks.concepts.wordnet import WordNet


def corpus(wordnet: WordNet, pool: Iterable[str], ic_count: str) -> list[str]:
    """Return the synsets that are counted, sorted.

    Args:
        wordnet: the ontology.
        pool: the pool of synsets (ImageNet-21K in the thesis).
        ic_count: `nodes`, the pool and all its ancestors (the thesis's "subgraph of WordNet
            including all IN-21K concepts and their parents till the root"); `pool`, the pool
            alone; `leaves`, the pool's synsets without another one below; `wordnet`, all nouns.
    """
    if ic_count == "wordnet":
        return wordnet.wnids()
    members = set(pool)
    if ic_count == "pool":
        return sorted(members)
    above: set[str] = set().union(*(wordnet.ancestors(wnid) for wnid in members))
    if ic_count == "nodes":
        return sorted(members | above)
    if ic_count == "leaves":
        return sorted(members - above)
    raise ValueError(f"ic_count {ic_count!r}: expected nodes, pool, leaves or wordnet")


def information_content(
    wordnet: WordNet, pool: Iterable[str], *, ic_count: str
) -> dict[str, float]:
    """Return IC in nats of every synset that has a member of the corpus at or below it.

    A synset that is missing here has p = 0 and so an infinite IC, as in NLTK: of the thesis's seen
    concepts that is the teddy bear, which is not in the pool; its Lin similarity to all is 0.
    Values are computed once per count with the C library's logarithm, so that equal probabilities
    give equal floats: ties between concepts depend on it.
    """
    members = corpus(wordnet, pool, ic_count)
    counts: Counter[str] = Counter(members)
    for wnid in members:
        counts.update(wordnet.ancestors(wnid))
    # `0.0 -` rather than a minus sign: the root's content is 0.0, not -0.0.
    return {wnid: 0.0 - math.log(count / len(members)) for wnid, count in counts.items()}
