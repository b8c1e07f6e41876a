"""Which synset each class folder is, as far as its name or a table says."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from cogworks.concepts.synset_tables import COLUMNS, WNID, read_table
from cogworks.concepts.wordnet import WordNet
from cogworks.core.errors import InputError
from cogworks.core.files import write_text
from cogworks.core.place import ROOT
from cogworks.images.sources.listing import name_some

BUNDLED = ROOT / "resources" / "synsets"
# Senses of a name that a row without a synset proposes.
PROPOSED = 3


def synsets_of(names: Iterable[str], wordnet: WordNet, table: Path | None) -> dict[str, str]:
    """Return the synset of each class, empty where none is known.

    A name is a wnid itself, or stands in a table: the user's, which then has every class, or else
    one of those that come with the workflow. A number is no name: any data set may count.

    Raises:
        InputError: a class that has no row in the user's table, or a wnid that WordNet lacks.
    """
    names = list(names)
    if table is not None:
        given = read_table(table)
        if lost := [name for name in names if name not in given and not WNID.fullmatch(name)]:
            raise InputError(
                f"{table}: no row for {len(lost)} of {len(names)} class folders: "
                f"{name_some(lost)}; give each a row: its synset as wnid, or an empty field "
                "if none fits"
            )
    else:
        given = _bundled()
    found = {name: name if WNID.fullmatch(name) else given.get(name, "") for name in names}
    known = [wnid for wnid in found.values() if wnid]
    wordnet.require(sorted(set(known)), what=str(table or "class folders"))
    return found


def _bundled() -> dict[str, str]:
    """Return what the tables that come with the workflow say; no two contradict each other."""
    return {
        name: wnid
        for path in sorted(BUNDLED.glob("*.csv"))
        for name, wnid in read_table(path).items()
        if wnid and any(map(str.isalpha, name))
    }


def write_table(synsets: dict[str, str], wordnet: WordNet, path: Path) -> None:
    """Write a table of classes, to read and to edit: see `concepts.synset_tables`.

    Where a class has no synset, its note proposes WordNet's senses of its name.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*COLUMNS, "lemma", "definition", "note"])
    for name, wnid in synsets.items():
        about = [wordnet.lemmas(wnid)[0], wordnet.definition(wnid)] if wnid else ["", ""]
        rows.writerow([name, wnid, *about, "" if wnid else _proposed(name, wordnet)])
    write_text(text.getvalue(), path)


def _proposed(name: str, wordnet: WordNet) -> str:
    """Return the first senses of a name, as wnids and definitions."""
    senses = wordnet.senses(re.sub(r"[-_\s]+", "_", name.lower()))[:PROPOSED]
    return "; or ".join(f"{wnid}: {wordnet.definition(wnid)}" for wnid in senses)
