"""Files that users provide: text in the encodings that people use, and files that are not what
their name says.

Imported while the DAG is planned: standard library only.
"""

import string
from collections.abc import Iterator
from pathlib import Path

from cogworks.core.errors import InputError

# Folders that a file system or an archiver adds and nobody means to share.
_LITTER = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"}
_LFS = b"version https://git-lfs.github.com/spec/"
_HEAD = 512
# Concatenated files have byte-order marks inside; text from web pages has no-break spaces.
_BLANK = string.whitespace + "\ufeff\u00a0"


def list_of(value: str | list[str] | None) -> list[str]:
    """Return a path, a list of paths or null as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is not part of its folder's content.

    Hidden files (`.DS_Store`, `.git`, macOS's `._x.jpg` companions) and the folders that archivers
    and file servers leave behind are skipped wherever a folder or an archive is read.

    Args:
        name: one name, not a path.
    """
    return name.startswith(".") or name in _LITTER


def is_hidden_path(path: str) -> bool:
    """Whether any part of a path inside an archive or a folder is hidden; `./x` is not."""
    return any(is_hidden(part) for part in path.split("/") if part not in ("", ".", ".."))


def impostor(head: bytes) -> str | None:
    """Say, from its first bytes, if a file is something else in place of the expected content.

    Args:
        head: at least the file's first 512 bytes, or all of it.

    Returns:
        What it is and what to do, worded to follow "is"; None if it is neither empty, a Git LFS
        pointer nor a web page.
    """
    if not head:
        return "an empty file: copy or download it again"
    if head.startswith(_LFS):
        return "a Git LFS pointer, not the file itself: run `git lfs pull` in its repository"
    start = head[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "a web page, not the file itself: download it again, logged in where that is needed"
    return None


def check_genuine(path: str | Path) -> None:
    """Refuse a file that is empty, a Git LFS pointer or a web page.

    Raises:
        InputError: it is one of these, or cannot be read; the message names the file.
    """
    try:
        with open(path, "rb") as handle:
            what = impostor(handle.read(_HEAD))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if what:
        raise InputError(f"{path} is {what}")


def read_text(path: str | Path) -> str:
    """Return a text file's content: UTF-8, with or without a byte-order mark; lines end in `\\n`.

    Raises:
        InputError: the file is missing, is not UTF-8 (the line is named), or is a Git LFS pointer
            or a web page.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    what = impostor(content) if content else None
    if what:
        raise InputError(f"{path} is {what}")
    return decode_text(content, str(path))


def numbered_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a user's list, stripped, each with its number from 1.

    Empty lines and those that begin with `#` are left out.

    The file is read line by line: it may have millions.

    Raises:
        InputError: see `read_text`.
    """
    for number, line in enumerate(_lines(path), start=1):
        stripped = line.strip(_BLANK)
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def first_line(path: str | Path) -> str:
    """Return the first line of a text file, of which no more is read; errors as `read_text`."""
    return next(_lines(path), "")


def _lines(path: str | Path) -> Iterator[str]:
    """Yield what `read_text` returns, line by line."""
    try:
        with open(path, "rb") as handle:
            head = handle.peek(_HEAD)
            if head and (what := impostor(head)):
                raise InputError(f"{path} is {what}")
            for number, line in enumerate(handle, start=1):
                yield from _decoded(line, str(path), number).removesuffix("\n").split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def read_lines(path: str | Path) -> list[str]:
    """Return the lines of `numbered_lines` without their numbers."""
    return [line for _, line in numbered_lines(path)]


def decode_text(content: bytes, place: str) -> str:
    """Decode the content of a text file, as `read_text` does; `place` is named in errors."""
    return _decoded(content, place, 1)


def _decoded(content: bytes, place: str, first: int) -> str:
    """Decode lines of a file, of which the first has a number."""
    if first == 1 and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{place}: UTF-16 text; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = first + content.count(b"\n", 0, error.start)
        raise InputError(f"{place}, line {line}: not UTF-8 text; save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
