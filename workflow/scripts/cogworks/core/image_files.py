"""Which of a user's files are images: one rule for counting and for reading them.

A regular file with one of `SUFFIXES`, in upper or lower case, is an image, at any depth below its
class. Hidden files and folders are skipped, and links are followed. All other files are left out
and reported: see `report_left_out`.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cogworks.core import warn
from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden

# Formats that the decoder reads; of an animation it takes the first frame.
_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
_NETPBM = (".ppm", ".pgm", ".pbm", ".pnm")
_OTHERS = (".png", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".jp2", ".avif")
SUFFIXES = frozenset((*_JPEG, *_NETPBM, *_OTHERS))
# What an entry of a folder is, see `kind_of`.
FOLDER, FILE = "folder", "file"
LOST_LINK = "links that lead nowhere"
ROUND_LINK = "links back to a folder above"


def is_image(name: str) -> bool:
    """Say whether a file of this name is taken as an image."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def images_below(folder: str | Path, left_out: Counter[str]) -> list[str]:
    """Return the paths of the images under a folder, sorted; see `find_images`."""
    return sorted(find_images(folder, left_out))


def find_images(folder: str | Path, left_out: Counter[str]) -> Iterator[str]:
    """Yield the paths of the images under a folder, in no order.

    Each folder is listed once, and no file is looked at.

    Args:
        folder: where to look, at any depth.
        left_out: receives the counts of other files, by suffix or kind of link.

    Raises:
        InputError: a folder cannot be read, or an image's name is not UTF-8.
    """
    try:
        yield from _walk(folder, left_out)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}") from error


def note_left_out(name: str, left_out: Counter[str]) -> None:
    """Count a file that is not an image, by its suffix."""
    left_out[os.path.splitext(name)[1].lower() or "without a suffix"] += 1


def report_left_out(left_out: Counter[str], place: str | Path) -> None:
    """Log which files of `place` were not taken as images."""
    if left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(left_out.items()))
        warn.once(f"{place}: left out, since they are not images: {kinds}")


def check_name(path: str) -> None:
    """Refuse a path that is not UTF-8, since tables and hashes use its characters.

    Raises:
        InputError: it has bytes that are not UTF-8.
    """
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{os.fsencode(path)!r}: a file name that is not UTF-8; rename it (convmv does so for "
            "whole folders)"
        ) from error


def kind_of(entry: "os.DirEntry[str]") -> str:
    """Return `FOLDER` or `FILE`, also for links to them; else in words what it is.

    Most file systems tell with the name, so that the entry itself need not be looked at.
    """
    try:
        if entry.is_dir():
            return ROUND_LINK if entry.is_symlink() and _leads_up(entry.path) else FOLDER
        if entry.is_file():
            return FILE
    except OSError:  # a link that leads to itself
        return LOST_LINK
    return LOST_LINK if entry.is_symlink() else "pipes, sockets or devices"


def _leads_up(link: str) -> bool:
    """Whether a link leads to a folder that it is in, which may be above the one that is read."""
    here, target = os.path.realpath(os.path.dirname(link)), os.path.realpath(link)
    return os.path.commonpath([here, target]) == target


def _walk(
    folder: str | Path, left_out: Counter[str], above: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[str]:
    status = os.stat(folder)
    identity = status.st_dev, status.st_ino
    if identity in above:
        left_out[ROUND_LINK] += 1
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_hidden(entry.name):
                continue
            kind = kind_of(entry)
            if kind == FOLDER:
                yield from _walk(entry.path, left_out, above | {identity})
            elif kind == FILE and is_image(entry.name):
                check_name(entry.path)
                yield entry.path
            elif kind == FILE:
                note_left_out(entry.name, left_out)
            else:
                left_out[kind] += 1
