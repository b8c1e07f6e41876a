"""What every source gives: one row an image, before the image rule has chosen.

Imported while the DAG is planned: pandas is imported only where it is used.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Images

# Classes that are listed together, where classes are listed one after the other.
BLOCK = 100
# Rows that are made into a table at a time, and columns whose texts repeat.
ROWS = 2**16
REPEATED = ("path", "container", "split")
COLUMNS = ("id", "path", "container", "locator", "size", "wnid", "split")
UNSPLIT, TRAIN, TEST = "", "train", "test"


def listing(rows: Iterable[tuple[str, str, str, int, int, str, str]]) -> "pd.DataFrame":
    """Return rows of (id, path, container, locator, size, wnid, split) as a table.

    `split` is `train` or `test` where the source itself divides its images, else empty.
    """
    import pandas as pd

    rows, frames = iter(rows), []
    while some := list(islice(rows, ROWS)):
        frames.append(compact(pd.DataFrame(some, columns=list(COLUMNS))))
    return joined(frames)


def compact(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a listing whose texts that repeat are numbers of categories: half the memory."""
    files = (frame["container"] == "file").all()  # Then each has a path of its own.
    repeated = {name: "category" for name in REPEATED if not (files and name == "path")}
    return frame.astype({"locator": "int64", "size": "int64"} | repeated)


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
        split: as in `listing`.
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
    if len(found) == 1:
        return found[0].reset_index(drop=True)
    if not found:
        return compact(pd.DataFrame([], columns=list(COLUMNS)))
    columns = {name: _one([frame[name] for frame in found]) for name in COLUMNS}
    return pd.DataFrame(columns)


def _one(parts: "list[pd.Series]") -> "pd.Series":
    import pandas as pd
    from pandas.api.types import union_categoricals

    coded = [part.dtype == "category" for part in parts]
    if all(coded):
        return pd.Series(union_categoricals(parts))
    plain = [p.astype("str") if c else p for p, c in zip(parts, coded, strict=True)]
    return pd.concat(plain, ignore_index=True)


def canonical(name: str) -> str:
    """Return a class id or an image id in the one form (NFC) in which they are compared.

    A Mac writes `é` as two characters, other systems as one: both name the same class.
    """
    return unicodedata.normalize("NFC", name)


def name_some(names: Sequence[str], *, most: int = 5) -> str:
    """Return the first few names as text, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
