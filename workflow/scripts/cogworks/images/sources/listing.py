"""What every source gives: one row an image, before the image rule has chosen.

Imported while the DAG is planned: pandas is imported only where it is used.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "path", "container", "locator", "size", "wnid", "split")
UNSPLIT, TRAIN, TEST = "", "train", "test"


def listing(rows: Iterable[tuple[str, str, str, int, int, str, str]]) -> "pd.DataFrame":
    """Return rows of (id, path, container, locator, size, wnid, split) as a table.

    `split` is `train` or `test` where the source itself divides its images, else empty.
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return frame.astype({"locator": "int64", "size": "int64"})


def canonical(name: str) -> str:
    """Return a class id or an image id in the one form (NFC) in which they are compared.

    A Mac writes `é` as two characters, other systems as one: both name the same class.
    """
    return unicodedata.normalize("NFC", name)


def name_some(names: Sequence[str], *, most: int = 5) -> str:
    """Return the first few names as text, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
