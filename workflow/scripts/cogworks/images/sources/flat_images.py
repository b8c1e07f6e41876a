"""The images of flat folders, found by what a list calls them."""

import posixpath
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

from cogworks.core.image_files import is_image
from cogworks.images.sources.listing import SHOWN, canonical

# A database without a name is a file for temporary data, which is gone when it is closed, or with
# the process. No more than 64 MB of it are in memory.
_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA cache_size = -65536;
    CREATE TABLE images (number INTEGER PRIMARY KEY, folder INTEGER, name TEXT);
    CREATE TABLE keys (key TEXT, loose INTEGER, number INTEGER);
    CREATE TABLE classes (number INTEGER PRIMARY KEY, wnid TEXT);
    CREATE TABLE lost (line TEXT);
    BEGIN;
"""


class FlatImages:
    """Finds images by path, name, or either without the suffix, and keeps their classes.

    There may be millions, so they are on disk, in the folder for temporary files. An image has a
    number, from 1.
    """

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        """Take the images: the number of the folder of each, and its path there."""
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(_SCHEMA)
        self._base.executemany("INSERT INTO images (folder, name) VALUES (?, ?)", names)
        rows = self._base.execute("SELECT number, name FROM images")
        keys = ((*key, number) for number, name in rows for key in _keys(canonical(name)))
        self._base.executemany("INSERT INTO keys VALUES (?, ?, ?)", keys)
        self._base.execute("CREATE INDEX known ON keys (key, loose, number)")

    def close(self) -> None:
        """Forget all."""
        self._base.close()

    def find(self, name: str) -> int | None:
        """Return the image of this name, or None where there is none or more than one.

        `v_1.jpg` is also `v_1.JPEG`, where there is no `v_1.jpg`, and `val\\v_1.jpg` is
        `val/v_1.jpg`, as Windows writes it.
        """
        return self._find(name) or self._find(name.replace("\\", "/"))

    def label(self, number: int, wnid: str) -> bool:
        """Give an image its class, and say whether it had none before."""
        added = self._base.execute("INSERT OR IGNORE INTO classes VALUES (?, ?)", (number, wnid))
        return added.rowcount > 0

    def labelled(self) -> Iterator[tuple[int, str, str]]:
        """Yield the images that have a class: the number of the folder, the path, the class."""
        return self._base.execute(
            "SELECT folder, name, wnid FROM images JOIN classes USING (number)"
        )

    def lose(self, line: str) -> None:
        """Note a name that is that of no image."""
        self._base.execute("INSERT INTO lost VALUES (?)", (line,))

    def lost(self) -> tuple[int, list[str]]:
        """Return how many names are those of no image, and the first ones."""
        return self._some("SELECT line FROM lost ORDER BY line")

    def unlabelled(self) -> tuple[int, list[str]]:
        """Return how many images have no class, and the first paths."""
        return self._some(
            "SELECT name FROM images LEFT JOIN classes USING (number) WHERE wnid IS NULL "
            "ORDER BY name"
        )

    def repeated(self) -> tuple[int, list[str]]:
        """Return how many paths are in more than one folder, and the first ones."""
        return self._some("SELECT name FROM images GROUP BY name HAVING count(*) > 1 ORDER BY name")

    def _find(self, name: str) -> int | None:
        key = canonical(posixpath.normpath(name.strip()))
        tried = [key, posixpath.basename(key)]
        if is_image(key):
            tried += [posixpath.splitext(way)[0] for way in tried]
        found = (self._one(way, loose) for way in dict.fromkeys(tried) for loose in (False, True))
        return next((number for number in found if number), None)

    def _one(self, key: str, loose: bool) -> int | None:
        asked = "SELECT number FROM keys WHERE key = ? AND loose = ? LIMIT 2"
        found = self._base.execute(asked, (key, loose)).fetchall()
        # Two images with one name: neither is meant.
        return found[0][0] if len(found) == 1 else None

    def _some(self, asked: str) -> tuple[int, list[str]]:
        found = self._base.execute(asked)
        first = [text for (text,) in islice(found, SHOWN)]
        return len(first) + sum(1 for _ in found), first


def _keys(name: str) -> Iterator[tuple[str, bool]]:
    """Yield what an image may be called, and whether that is not its path but looser."""
    base = posixpath.basename(name)
    yield name, False
    # A looser name that is the path of an image is never looked for.
    for key in {base, posixpath.splitext(name)[0], posixpath.splitext(base)[0]} - {name}:
        yield key, True
