"""Uncompressed tar files as tables of where each member's bytes are."""

import os
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from cogworks.core import warn
from cogworks.core.errors import InputError
from cogworks.core.image_files import check_name
from cogworks.core.inputs import impostor, is_hidden_path

# Bytes that are read at a time where members are large, and where they are small.
_FAR, _NEAR = 4096, 2**20
# A header no further than this from the last bytes read is near: on a network file system, to wait
# for one more answer takes longer than to read the bytes between.
_GAP = 2**15
_PACKED = {b"\x1f\x8b": "gzip -d", b"BZ": "bzip2 -d", b"\xfd7": "xz -d", b"\x28\xb5": "zstd -d"}
_MOST_LINKS = 40


@dataclass(frozen=True)
class Member:
    """A file in a tar file.

    Attributes:
        name: its path there, without `./` or `/` in front.
        offset: position of its first byte in the tar file.
        size: length in bytes.
        content: its bytes, if they were asked for.
    """

    name: str
    offset: int
    size: int
    content: bytes = b""


def list_members(path: str | Path, *, wanted: Callable[[str], bool] | None = None) -> list[Member]:
    """Return the files of a tar file in order; a link to another member counts as that file.

    Hidden files are skipped. Links to outside the archive are left out with a warning.

    Args:
        path: the tar file.
        wanted: says by its name whether a file's bytes are to be read; those of small files come
            with their headers.

    Raises:
        InputError: the file is missing, compressed, cut off or damaged; the message names it.
    """
    entries, contents = [], {}
    with _opened(path) as (file, archive):
        for entry in archive:
            entries.append(entry)
            if wanted is not None and entry.isreg() and wanted(entry.name):
                file.seek(entry.offset_data)
                contents[entry.offset_data] = file.read(entry.size)
        _check_end(path, file, archive.offset)
    shown = [entry for entry in entries if not is_hidden_path(entry.name)]
    return [
        Member(name, entry.offset_data, entry.size, contents.get(entry.offset_data, b""))
        for name, entry in _resolve(path, shown)
    ]


def has_member(path: str | Path, wanted: Callable[[str], bool]) -> bool:
    """Say whether a tar file holds a file of a name that is wanted; it is read up to the first.

    Raises:
        InputError: see `list_members`, for what is read of it.
    """
    with _opened(path) as (_, archive):
        return any(
            wanted(entry.name) and not is_hidden_path(entry.name) and not entry.isdir()
            for entry in archive
        )


def _resolve(
    path: str | Path, entries: Iterable[tarfile.TarInfo]
) -> list[tuple[str, tarfile.TarInfo]]:
    """Return the files by their plain names, and those to which links of these names lead."""
    files: dict[str, tarfile.TarInfo] = {}
    links: dict[str, str] = {}
    names: list[str] = []
    for entry in entries:
        name = _plain(entry.name)
        check_name(name)
        if entry.isreg() and entry.issparse():
            raise InputError(f"{path}: {name} is stored with holes (sparse); write it without -S")
        if entry.isreg():
            files.setdefault(name, entry)
            # A name that occurs twice is kept twice, so that its ids are found to repeat.
            names.append(name)
        elif entry.islnk() or entry.issym():
            folder = posixpath.dirname(name) if entry.issym() else ""
            links[name] = _plain(posixpath.join(folder, entry.linkname))
            names.append(name)
    targets = {name: files.get(_end(name, links)) for name in names}
    if lost := [name for name, target in targets.items() if target is None]:
        warn.once(
            f"{path}: left out, since they lead out of the archive: {len(lost)} "
            f"link{'s' * (len(lost) != 1)}, first {lost[0]}"
        )
    return [(name, target) for name in names if (target := targets[name]) is not None]


def _end(name: str, links: dict[str, str]) -> str:
    """Follow links to a file; a circle of links leads to none."""
    for _ in range(_MOST_LINKS):
        if name not in links:
            break
        name = links[name]
    return name


def _plain(name: str) -> str:
    return posixpath.normpath(name).lstrip("/")


class _Headers:
    """A tar file as `tarfile` reads it, in few system calls.

    Where members are large, one call reads each header, with what may belong to it. Where they are
    small, one call reads many members.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._place = self._start = 0
        self._window = b""
        self._ahead = _FAR

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> None:
        self._place = place

    def read(self, size: int) -> bytes:
        if not self._start <= self._place <= self._start + len(self._window) - size:
            gap = self._place - (self._start + len(self._window))
            self._ahead = min(2 * self._ahead, _NEAR) if gap <= _GAP else _FAR
            self._start = self._place
            self._window = os.pread(self._descriptor, max(size, self._ahead), self._start)
        at = self._place - self._start
        found = self._window[at : at + size]
        self._place += len(found)
        return found


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[_Headers, tarfile.TarFile]]:
    try:
        with open(path, "rb", buffering=0) as raw:
            file = _Headers(raw.fileno())
            if what := impostor(file.read(_FAR)):
                raise InputError(f"{path} is {what}")
            file.seek(0)
            # "r:" refuses compressed archives: they cannot be read from the middle.
            with tarfile.open(fileobj=cast(IO[bytes], file), mode="r:") as archive:
                yield file, archive
    except (tarfile.TarError, OSError) as error:
        raise InputError(
            f"{path}: not a readable, uncompressed tar file ({error}){_hint(path)}"
        ) from error


def _check_end(path: str | Path, file: _Headers, offset: int) -> None:
    """Check what ended the listing: `tarfile` mistakes a damaged header for the end."""
    file.seek(offset)
    block = file.read(tarfile.BLOCKSIZE)
    if block.strip(b"\0"):
        raise tarfile.ReadError(f"damaged at byte {offset}")
    _check_nothing_follows(file)
    if len(block) < tarfile.BLOCKSIZE:
        warn.once(f"{path}: ends without an end mark; was it cut off?")


def _check_nothing_follows(file: _Headers) -> None:
    """Refuse archives joined by `cat`: readers stop at the end of the first one."""
    while block := file.read(tarfile.BLOCKSIZE):
        if block.strip(b"\0"):
            break
    try:
        tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:  # nothing, or bytes that mean nothing
        return
    raise tarfile.ReadError(
        f"another archive follows its end, at byte {file.tell() - len(block)}: give the tar "
        "files one by one, or unpack it by `tar -xif` and pack it again"
    )


def _hint(path: str | Path) -> str:
    try:
        with open(path, "rb") as handle:
            tool = _PACKED.get(handle.read(2))
    except OSError:
        return ""
    return f"; images are read in place, so unpack it first: {tool} {path}" if tool else ""
