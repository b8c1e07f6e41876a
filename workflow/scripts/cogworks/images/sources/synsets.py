"""Class names become synsets, by a table (`concepts.synset_tables`)."""

from collections.abc import Iterable, Iterator

import pandas as pd

from cogworks.concepts.synset_tables import read_table
from cogworks.core.errors import InputError
from cogworks.images.sources.listing import name_some


def as_synsets(frames: Iterable[pd.DataFrame], table: str) -> Iterator[pd.DataFrame]:
    """Yield listings with synsets in place of the names of classes.

    Args:
        frames: the listings; images of classes that no synset fits are left out.
        table: path of the table.

    Raises:
        InputError: a class that stands in no row of the table.
    """
    synsets, classes = read_table(table), set[str]()
    for frame in frames:
        classes |= set(frame["wnid"].unique())
        found = frame.assign(wnid=frame["wnid"].map(synsets).fillna(""))
        yield found[found["wnid"] != ""]
    check_rows(classes, table)


def check_rows(classes: Iterable[str], table: str) -> None:
    """Check that each class has a row.

    Raises:
        InputError: some have none; the message names them.
    """
    if unknown := sorted(set(classes) - read_table(table).keys()):
        raise InputError(
            f"{len(unknown)} classes stand in no row of {table}: {name_some(unknown)}. Give each a "
            "row there: its synset as wnid, or an empty field if none fits: its images are left out"
        )
