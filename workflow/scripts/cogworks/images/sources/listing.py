"""What every source gives: one row an image, before the image rule has chosen.

Imported while the DAG is planned: pandas is imported only where it is used.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Images

# Classes that are listed together, where classes are listed one after the other.
BLOCK = 100
# Rows that are made into a table at a time.
ROWS = 2**16
# An image as a row; `split` is `train` or `test` where the source itself divides its images, else
# empty.
Row = tuple[str, str, str, int, int, str, str]
COLUMNS = ("id", "path", "container", "locator", "size", "wnid", "split")
UNSPLIT, TRAIN, TEST = "", "train", "test"
# Names that an error shows.
SHOWN = 5


def listing(rows: Iterable[Row]) -> "pd.DataFrame":
    """Return rows as a table, see `Row`."""
    return joined(listings(rows))


def listings(rows: Iterable[Row]) -> "Iterator[pd.DataFrame]":
    """Yield rows as tables of some thousands each."""
    import pandas as pd

    rows = iter(rows)
    while some := list(islice(rows, ROWS)):
        yield pd.DataFrame(some, columns=list(COLUMNS))


def class_listing(
    images: "Images", *, ids: str, place: str, inside: bool, wnid: str, split: str
) -> "pd.DataFrame":
    """Return the images of a class as a listing.

    Args:
        images: those of its folder or archive.
        ids: what stands in front of their names to make them ids.
        place: the folder or archive.
        inside: whether it is an archive.
        wnid: the class.
        split: as in `Row`.
    """
    import pandas as pd

    below = [place] * len(images.names) if inside else [f"{place}/{name}" for name in images.names]
    return pd.DataFrame(
        {
            "id": [ids + name for name in images.names],
            "path": below,
            "container": "tar" if inside else "file",
            "locator": images.locators,
            "size": images.sizes,
            "wnid": wnid,
            "split": split,
        }
    )


def joined(listings: "Iterable[pd.DataFrame]") -> "pd.DataFrame":
    """Return several listings as one; empty ones, whose columns have no types, do not count."""
    import pandas as pd

    found = [one for one in listings if len(one)]
    if not found:
        return pd.DataFrame([], columns=list(COLUMNS))
    return pd.concat(found, ignore_index=True)


def canonical(name: str) -> str:
    """Return a class id or an image id in the one form (NFC) in which they are compared.

    A Mac writes `é` as two characters, other systems as one: both name the same class.
    """
    return unicodedata.normalize("NFC", name)


def name_some(names: Sequence[str], *, most: int = SHOWN, of: int | None = None) -> str:
    """Return the first few names as text, and how many more there are.

    Args:
        names: the names.
        most: how many are named.
        of: how many there are, where `names` are only the first of them.
    """
    left = (len(names) if of is None else of) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
