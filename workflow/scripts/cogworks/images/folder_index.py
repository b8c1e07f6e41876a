"""An index of a folder of classes, so that it is listed once for all who ask.

Listing ImageNet-21K takes a request for each of its 21,841 folders, or for each of the 14 million
headers in its archives. Its counts and the manifests of all data sets are made from one index: a
Parquet table with one row an image, by class.

=======  ======  ====================================================================
column   type    meaning
=======  ======  ====================================================================
entry    string  the class: the name of its folder, or of its archive (`n02124075.tar`)
name     string  path of the image there
locator  int64   position of its first byte in the archive, 0 in a folder
size     int64   in bytes; -1 in a folder, where no file was looked at
=======  ======  ====================================================================

The metadata holds `folder`, as the config spells it, and `counts`: the images of each entry.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from cogworks.concepts.counts import write_counts
from cogworks.concepts.synset_tables import WNID
from cogworks.core.errors import InputError
from cogworks.core.image_files import FILE, FOLDER, kind_of, report_left_out
from cogworks.images.class_rows import ClassRows, class_rows_writer
from cogworks.images.sources.class_images import Images, Index, is_archive, list_classes

SCHEMA = pa.schema(
    [("entry", pa.string()), ("name", pa.string()), ("locator", pa.int64()), ("size", pa.int64())]
)


def index_folder(folder: str, *, index: Path, counts: Path, threads: int) -> dict[str, int]:
    """Write the index of a folder, and a table of the number of images of each class.

    A class is a folder or a tar archive named by its wnid; everything else is left out, with a
    warning where it looks like one. An empty class counts 0.

    Args:
        folder: the folder, as the config spells it.
        index: the file to write.
        counts: the table to write (CSV: wnid, images).
        threads: processes.

    Returns:
        the table.

    Raises:
        InputError: no such folder, no class in it, a class twice, or a damaged archive.
    """
    places = _find(Path(folder))
    left_out: Counter[str] = Counter()
    with class_rows_writer(index, SCHEMA, key="entry") as writer:
        writer.facts["folder"] = folder
        label = f"listing {folder}"
        listed = list_classes(places, label=label, left_out=left_out, workers=threads)
        for place, images in zip(places, listed, strict=True):
            writer.counts[place.name] += 0
            entry = pa.repeat(place.name, len(images.names))
            writer.add(pa.table([entry, *images], schema=SCHEMA))
    report_left_out(left_out, folder)
    table = {_wnid(entry): number for entry, number in writer.counts.items()}
    write_counts(table, counts)
    return table


class FolderIndex:
    """An index, read class by class."""

    def __init__(self, path: str | Path) -> None:
        """Open an index.

        Raises:
            InputError: it is missing or damaged.
        """
        self._rows = ClassRows(path, key="entry")
        self.folder: str = self._rows.facts["folder"]

    def __contains__(self, entry: str) -> bool:
        return entry in self._rows.counts

    def images(self, entry: str) -> Images:
        """Return the images of a class; classes that follow each other are read together."""
        rows = self._rows.of([entry])
        return Images(*(rows[name].to_pylist() for name in SCHEMA.names[1:]))


def open_indices(paths: Iterable[Path]) -> dict[str, Index]:
    """Return indices by the real path of the folder that each lists."""
    indices = map(FolderIndex, paths)
    return {os.path.realpath(index.folder): index for index in indices}


def _find(folder: Path) -> list[Path]:
    """Return the folders and archives of classes, by name."""
    if not folder.is_dir():
        raise InputError(f"no folder {folder}")
    places: dict[str, Path] = {}
    odd: list[str] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            wnid, kind = _wnid(entry.name), FILE if is_archive(entry.name) else FOLDER
            if not WNID.fullmatch(wnid) or kind_of(entry) != kind:
                if WNID.match(entry.name):
                    odd.append(entry.name)
                continue
            if wnid in places:
                raise InputError(f"{folder} holds {wnid} both as a folder and as {wnid}.tar")
            places[wnid] = folder / entry.name
    if odd:
        print(
            f"warning: {folder}: not counted, since they are neither folders named by wnid nor "
            f"their archives (.tar): {len(odd)}, first {odd[0]}",
            file=sys.stderr,
        )
    if not places:
        names = ", ".join(sorted(os.listdir(folder))[:5]) or "nothing"
        raise InputError(
            f"{folder} holds no classes, but {names}; expected folders named by wnid, such as "
            "n02124075, or archives such as n02124075.tar"
        )
    return list(places.values())


def _wnid(entry: str) -> str:
    return entry[:-4] if is_archive(entry) else entry
