"""Tables that give the classes of a data set their WordNet synsets: one row for each class.

======  =========================================================================================
column  meaning
======  =========================================================================================
class   its name in the data set
wnid    its synset; empty where none fits, and then its images are left out
======  =========================================================================================

Those that come with the workflow, in `resources/synsets`, also have the synset's first lemma, its
definition, and a note where either is not what the name of the class suggests. Whether a class is
seen stands in none of them: that follows from the seen concepts of a benchmark.

Imported while the DAG is planned: standard library only.
"""

import csv
import io
import re
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import first_line, read_text
from cogworks.core.place import found

COLUMNS = ("class", "wnid")
WNID = re.compile(r"n\d{8}")


def table_of(dataset: str) -> str:
    """Return the path of the table of one of torchvision's data sets: the user's own, if any."""
    return found(f"resources/synsets/{dataset}.csv")


def is_table(path: str | Path) -> bool:
    """Say whether a file is such a table, by its suffix and its header."""
    if not str(path).lower().endswith(".csv"):
        return False
    return set(COLUMNS) <= {name.strip() for name in first_line(path).split(",")}


def read_table(path: str | Path) -> dict[str, str]:
    """Return a table: class -> wnid, empty where no synset fits.

    Raises:
        InputError: no such file, a column is missing, a class stands there twice, or a value is
            neither a wnid nor empty; names the line.
    """
    reader = csv.DictReader(io.StringIO(read_text(path)))
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    if not set(COLUMNS) <= set(reader.fieldnames):
        there = ", ".join(reader.fieldnames) or "nothing"
        raise InputError(f"{path}: columns class,wnid expected, found {there}")
    table: dict[str, str] = {}
    for row in reader:
        place = f"{path}, line {reader.line_num}"
        name, wnid = ((row[column] or "").strip() for column in COLUMNS)
        if name in table:
            raise InputError(f"{place}: class {name!r} stands there twice")
        if wnid and not WNID.fullmatch(wnid):
            raise InputError(
                f"{place}: {wnid!r} is not a wnid; expected one such as n02124075, or nothing "
                "where no synset fits"
            )
        table[name] = wnid
    if not any(table.values()):
        raise InputError(f"{path}: no class with a wnid in it")
    return table
