"""NLTK's own WordNet reader on any folder with WordNet's nouns: the slow oracle of the concepts."""

import warnings
from pathlib import Path
from typing import Any

from cogworks.concepts.wordnet import FILES, WordNet, read_text

# lexnames(5WN): the names do not matter here, but NLTK wants one for each number.
LEXICOGRAPHER_FILES = 45
EMPTY = [f"{kind}.{pos}" for kind in ("data", "index") for pos in ("adj", "adv", "verb")]
EMPTY += [f"{pos}.exc" for pos in ("noun", "adj", "adv", "verb")]


def open_nltk(source: Path, scratch: Path) -> Any:
    """Return NLTK's reader for the nouns at `source`, copied to `scratch` with what it misses.

    Debian's package has no `lexnames` and no `index.sense`; NLTK reads neither for similarities,
    but opens the first and, to map other versions' synsets, the second.
    """
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class NounReader(WordNetCorpusReader):
        def map_wn(self, version: str = "wordnet") -> None:
            return None

    for name in FILES:
        (scratch / name).write_text(read_text(source, name), encoding="utf-8")
    for name in EMPTY:
        (scratch / name).touch()
    lines = [f"{number:02d}\tfile.{number}\t1\n" for number in range(LEXICOGRAPHER_FILES)]
    (scratch / "lexnames").write_text("".join(lines), encoding="utf-8")
    # NLTK 3.10 refuses folders that are not on its data path.
    nltk.data.path.append(str(scratch))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return NounReader(str(scratch), None)


def synset(reader: Any, wnid: str) -> Any:
    """Return NLTK's synset of a wnid."""
    return reader.synset_from_pos_and_offset("n", int(wnid[1:]))


def nltk_information(wordnet: WordNet, members: list[str]) -> dict[str, dict[int, float]]:
    """Return NLTK's form of an information content: how many `members` are at or below each."""
    counts: dict[int, float] = dict.fromkeys((int(wnid[1:]) for wnid in wordnet.wnids()), 0.0)
    for member in members:
        for wnid in {member} | wordnet.ancestors(member):
            counts[int(wnid[1:])] += 1.0
    return {"n": counts | {0: float(len(members))}}
