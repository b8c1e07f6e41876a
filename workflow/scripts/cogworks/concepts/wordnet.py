"""WordNet's nouns, read straight from a database folder (format: wndb(5WN)).

Only `data.noun` and, for names such as `dog.n.01`, `index.noun` are needed. A file is indexed by
line at once (0.1 s) and a synset is parsed when it is first asked for, so that a room which wants
three definitions does not pay for 82,115. What comes out is what NLTK's reader gives (thesis 3.3.2,
footnote 3), without its need for files that Debian's package does not ship.
"""

import os
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cogworks.core.errors import InputError
from cogworks.core.place import ROOT

VERSION = "3.0"
PROJECT_FOLDER = ROOT / "resources" / "wordnet"
SYSTEM_FOLDERS = ("/usr/share/wordnet", "/usr/local/share/wordnet", "/usr/local/WordNet-3.0/dict")
DATA, INDEX = "data.noun", "index.noun"
FILES = (DATA, INDEX)
# The licence stands at the head of each file. Planning reads no more than that.
LICENCE_BYTES = 4000
INNER_FOLDERS = ("", "dict", "wordnet", "corpora/wordnet", "usr/share/wordnet")
HYPERNYM_POINTERS = ("@", "@i")
HELP = (
    "run `make setup`, or install Debian's package wordnet-base, or name a folder that holds "
    f"WordNet {VERSION}'s {DATA} and {INDEX} in concepts.<benchmark>.wordnet"
)


class Synset(NamedTuple):
    """One noun synset: lemmas as WordNet spells them (underscores for spaces), and its parents."""

    lemmas: tuple[str, ...]
    definition: str
    parents: tuple[str, ...]


def find_wordnet(folder: str | Path | None = None) -> Path:
    """Return the folder (or NLTK's zip archive) that holds WordNet's nouns.

    A wnid is a byte offset and differs between versions, so only version 3.0 will do. A named
    folder may also hold another ontology in WordNet's format, without WordNet's licence.

    Args:
        folder: where to look; without it, the project's `resources/wordnet`, NLTK's data path and
            the system's folders are searched in this order.

    Raises:
        InputError: there is none, or another version; the message says where it was looked for
            and what to do.
    """
    if folder is not None:
        found = _holding(Path(folder))
        if found is None:
            raise InputError(f"{folder}: no WordNet here ({DATA} and {INDEX} expected); {HELP}")
        version = version_of(found)
        if version not in (VERSION, None):
            raise InputError(
                f"{found}: this is WordNet {version}, but the wnids here are those of {VERSION} "
                f"(another version has other offsets); {HELP}"
            )
        return found
    places = [PROJECT_FOLDER, *nltk_places(), *map(Path, SYSTEM_FOLDERS)]
    for place in places:
        found = _holding(place)
        if found is not None and version_of(found) == VERSION:
            return found
    looked = ", ".join(dict.fromkeys(map(str, places)))
    raise InputError(f"WordNet {VERSION} was not found (looked in {looked}); {HELP}")


def database_files(folder: str | None) -> list[str]:
    """Return the database file of a named folder. WordNet 3.0 found by itself never changes.

    Raises:
        InputError: there is none, or another version; see `find_wordnet`.
    """
    if folder is None:
        return []
    source = find_wordnet(folder)
    return [str(source if source.suffix == ".zip" else source / DATA)]


def nltk_places() -> list[Path]:
    """Return where NLTK keeps the corpus: the folders of its data path, without importing NLTK."""
    roots = [Path(root) for root in os.environ.get("NLTK_DATA", "").split(os.pathsep) if root]
    roots.append(Path.home() / "nltk_data")
    roots += [Path(sys.prefix, part, "nltk_data") for part in ("", "share", "lib")]
    system = ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")
    roots += [Path(root, "nltk_data") for root in system]
    return [root / "corpora" / name for root in roots for name in ("wordnet", "wordnet.zip")]


def version_of(source: Path) -> str | None:
    """Return the version that the licence at the head of `data.noun` names; None: no licence."""
    head = _read(source, DATA, LICENCE_BYTES).decode(errors="ignore")
    match = re.search(r"WordNet (\d+(?:\.\d+)*) Copyright", head)
    return match.group(1) if match else None


def read_text(source: Path, name: str) -> str:
    """Return one file of a WordNet folder or zip archive as text."""
    try:
        return _read(source, name).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: {name} cannot be read ({error}); {HELP}") from error


def _read(source: Path, name: str, size: int = -1) -> bytes:
    """Return a file of WordNet, or its first `size` bytes."""
    try:
        if source.suffix == ".zip":
            with zipfile.ZipFile(source) as archive, archive.open(f"wordnet/{name}") as member:
                return member.read(size)
        with open(source / name, "rb") as handle:
            return handle.read(size)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{source}: {name} cannot be read ({error}); {HELP}") from error


def open_wordnet(folder: str | Path | None = None) -> "WordNet":
    """Find WordNet and open it; arguments and errors as for `find_wordnet`."""
    source = find_wordnet(folder)
    return WordNet(read_text(source, DATA), source=source)


class WordNet:
    """The noun synsets of a WordNet database, by wnid: `n` and the eight-digit offset."""

    def __init__(self, data: str, *, source: Path) -> None:
        """Index the text of `data.noun`; `source` is named in errors and gives the sense index."""
        self.source = source
        self._lines = {
            f"n{line[:8]}": line for line in data.split("\n") if line and not line.startswith(" ")
        }
        self._synsets: dict[str, Synset] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._climbing: set[str] = set()
        self._index: dict[str, str] | None = None

    def exists(self, wnid: str) -> bool:
        """Say whether there is a noun synset `wnid`."""
        return wnid in self._lines

    def wnids(self) -> list[str]:
        """Return all noun synsets, sorted."""
        return sorted(self._lines)

    def lemmas(self, wnid: str) -> tuple[str, ...]:
        """Return the synset's words in WordNet's order and spelling, such as `tiger_cat`."""
        return self._synset(wnid).lemmas

    def definition(self, wnid: str) -> str:
        """Return the synset's gloss without its quoted examples."""
        return self._synset(wnid).definition

    def parents(self, wnid: str) -> tuple[str, ...]:
        """Return the hypernyms, then the instance hypernyms, in WordNet's order."""
        return self._synset(wnid).parents

    def ancestors(self, wnid: str) -> frozenset[str]:
        """Return all synsets above `wnid`, without itself."""
        known = self._ancestors.get(wnid)
        if known is None:
            if wnid in self._climbing:
                raise InputError(f"{self.source}: {wnid} is its own ancestor")
            self._climbing.add(wnid)
            parents = self.parents(wnid)
            known = frozenset(parents).union(*map(self.ancestors, parents))
            self._ancestors[wnid] = known
            self._climbing.remove(wnid)
        return known

    def name(self, wnid: str) -> str:
        """Return the synset's name in NLTK's form, first lemma and sense: `dog.n.01`."""
        lemma = self.lemmas(wnid)[0].lower()
        senses = self.senses(lemma)
        if wnid not in senses:
            raise InputError(f"{self.source}: {INDEX} has no sense of {lemma!r} for {wnid}")
        return f"{lemma}.n.{senses.index(wnid) + 1:02d}"

    def senses(self, lemma: str) -> list[str]:
        """Return the synsets of a word, the most frequent sense first; none of an unknown word.

        Args:
            lemma: as WordNet spells it, in lower case: `sea_horse`.
        """
        if self._index is None:
            lines = read_text(self.source, INDEX).split("\n")
            self._index = {line.partition(" ")[0]: line for line in lines}
        return _parse_senses(self._index.get(lemma, ""))

    def require(self, wnids: Sequence[str], *, what: str) -> None:
        """Check that every one of `wnids` exists.

        Raises:
            InputError: names `what` (a config key or file) and the first unknown ones.
        """
        unknown = [wnid for wnid in wnids if not self.exists(wnid)]
        if unknown:
            shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
            raise InputError(
                f"{what}: {len(unknown)} unknown to WordNet ({self.source}): {shown}; "
                "a wnid is `n` and the eight-digit offset of a noun synset"
            )

    def _synset(self, wnid: str) -> Synset:
        known = self._synsets.get(wnid)
        if known is None:
            line = self._lines.get(wnid)
            if line is None:
                raise InputError(f"{wnid!r} is not a noun synset of WordNet ({self.source})")
            try:
                known = self._synsets[wnid] = _parse_line(line)
            except (ValueError, IndexError) as error:
                raise InputError(f"{self.source}: {DATA}: damaged line {line[:40]!r}") from error
        return known


def _holding(place: Path) -> Path | None:
    if place.suffix == ".zip":
        return place if place.is_file() else None
    for inner in INNER_FOLDERS:
        if all((place / inner / name).is_file() for name in FILES):
            return place / inner
    return None


def _parse_line(line: str) -> Synset:
    """Parse `offset lexfile type w_cnt (word lex_id)* p_cnt (symbol offset pos ids)* | gloss`."""
    columns, _, gloss = line.partition("|")
    fields = columns.split()
    n_words = int(fields[3], 16)
    lemmas = tuple(fields[4 : 4 + 2 * n_words : 2])
    start = 5 + 2 * n_words
    symbols = fields[start : start + 4 * int(fields[start - 1]) : 4]
    parents = tuple(
        f"n{fields[start + 4 * i + 1]}"
        for wanted in HYPERNYM_POINTERS
        for i, symbol in enumerate(symbols)
        if symbol == wanted
    )
    if not lemmas:
        raise ValueError("a synset without words")
    # Quoted stretches of a gloss are examples of use, not part of the definition.
    definition = re.sub(r'"[^"]*"', "", gloss).strip().strip("; ")
    return Synset(lemmas, definition, parents)


def _parse_senses(line: str) -> list[str]:
    """Parse `lemma pos synset_cnt ... synset_cnt offsets`: its noun synsets by sense number."""
    fields = line.split()
    return [f"n{offset}" for offset in fields[-int(fields[2]) :]] if len(fields) > 2 else []
