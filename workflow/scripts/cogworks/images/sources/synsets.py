"""Class names become synsets, by a table (`concepts.synset_tables`)."""

from collections.abc import Iterable

import pandas as pd

from cogworks.concepts.synset_tables import read_table
from cogworks.core.errors import InputError
from cogworks.images.sources.listing import name_some


def as_synsets(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return a listing with synsets in place of the names of classes.

    Args:
        frame: the listing; images of classes that no synset fits are left out.
        table: path of the table.

    Raises:
        InputError: a class that stands in no row of the table.
    """
    check_rows(frame["wnid"], table)
    found = frame.assign(wnid=frame["wnid"].map(read_table(table)))
    return found[found["wnid"] != ""]


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
