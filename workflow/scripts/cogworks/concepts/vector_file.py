"""Reading word vectors in word2vec's format, text or binary, keeping only the words wanted.

Both formats start with a line "words dimensions". Then, for each word, text has a line "word x1 x2
...", and binary the word, a space and the little-endian float32 numbers, with or without a newline
between words. Files may be compressed (.gz, .bz2), as the published ones are.
"""

import bz2
import gzip
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine
from cogworks.core.progress import track

CHUNK_BYTES = 1 << 20
# Longer than any title of an encyclopedia: no space within it means that the file is not binary.
MAX_WORD_BYTES = 4096

Vectors = dict[str, NDArray[np.float32]]


def read_vectors(path: str | Path, wanted: Collection[str], *, file_format: str) -> Vectors:
    """Return the vectors (D,) of those `wanted` words that the file has; the first of a kind wins.

    Args:
        path: the file.
        wanted: words, spelled as in the file.
        file_format: `text`, `binary`, or `auto`: binary where the name says `.bin`.

    Raises:
        InputError: the file is missing, not in this format, cut off, or has a number that is not
            finite; names the word.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"word_vectors.file: no file {path}")
    check_genuine(path)
    binary = file_format == "binary" or (file_format == "auto" and ".bin" in path.suffixes)
    keys = {word.encode() for word in wanted}
    found: Vectors = {}
    try:
        with _open(path) as handle:
            count, dimensions = _read_header(handle, path)
            rows = (_binary_rows if binary else _text_rows)(handle, path, count, dimensions)
            for key, numbers in track(rows, label="read word vectors", total=count, unit="words"):
                if key in keys and key.decode() not in found:
                    found[key.decode()] = _parse(key, numbers, binary, dimensions, path)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return found


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if path.suffix == ".bz2":
        return bz2.open(path)
    return open(path, "rb")


def _read_header(handle: IO[bytes], path: Path) -> tuple[int, int]:
    fields = handle.readline(100).split()
    if len(fields) != 2 or not all(field.isdigit() and int(field) > 0 for field in fields):
        raise InputError(
            f"{path}: the first line must be `<words> <dimensions>`, as word2vec writes it; found "
            f"{b' '.join(fields)[:40].decode(errors='replace')!r}"
        )
    return int(fields[0]), int(fields[1])


def _text_rows(
    handle: IO[bytes], path: Path, count: int, dimensions: int
) -> Iterator[tuple[bytes, bytes]]:
    for row in range(count):
        line = handle.readline()
        if not line:
            raise InputError(f"{path}: ends after {row} of {count} words")
        key, _, numbers = line.rstrip(b"\r\n").partition(b" ")
        yield key, numbers


def _binary_rows(
    handle: IO[bytes], path: Path, count: int, dimensions: int
) -> Iterator[tuple[bytes, bytes]]:
    width = 4 * dimensions
    buffer, start = b"", 0
    for row in range(count):
        space = buffer.find(b" ", start)
        while space < 0 or len(buffer) < space + 1 + width:
            if space < 0 and len(buffer) - start > MAX_WORD_BYTES:
                raise InputError(f"{path}: word {row + 1} has no end: is this the binary format?")
            chunk = handle.read(CHUNK_BYTES)
            if not chunk:
                raise InputError(f"{path}: ends after {row} of {count} words")
            buffer, start = buffer[start:] + chunk, 0
            space = buffer.find(b" ")
        yield buffer[start:space].lstrip(b"\n"), buffer[space + 1 : space + 1 + width]
        start = space + 1 + width


def _parse(
    key: bytes, numbers: bytes, binary: bool, dimensions: int, path: Path
) -> NDArray[np.float32]:
    word = key.decode()
    try:
        if binary:
            vector = np.frombuffer(numbers, dtype="<f4").astype(np.float32)
        else:
            vector = np.array(numbers.split(), dtype=np.float32)
    except ValueError as error:
        raise InputError(f"{path}: {word!r}: {error}") from error
    if len(vector) != dimensions:
        raise InputError(f"{path}: {word!r} has {len(vector)} numbers, {dimensions} expected")
    if not np.isfinite(vector).all():
        raise InputError(f"{path}: {word!r} has a number that is not finite")
    return vector
