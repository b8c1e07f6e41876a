"""A digest in the footer of our Parquet files: their pages have checksums, the footer has none.

A changed bit of the footer could give a column another type, or the metadata another number.
"""

import hashlib
import os
import re
from pathlib import Path

from cogworks.core.errors import InputError

KEY = "footer"
_MARK = b"sha256 of this footer: "
BLANK = _MARK + 64 * b"0"
_SEAL = re.compile(_MARK + rb"[0-9a-f]{64}")


def seal(path: Path) -> None:
    """Replace `BLANK`, which a file was written with as the value of `KEY`, by the digest."""
    footer, start = _read(path)
    with open(path, "r+b") as handle:
        handle.seek(start + footer.rindex(BLANK))
        handle.write(_sealed(footer))


def check_seal(path: str | Path) -> None:
    """Refuse a file whose footer has changed; one without a digest, such as a user's, passes.

    Raises:
        InputError: naming the file.
    """
    footer, _ = _read(path)
    found = _SEAL.findall(footer)
    if found and found[-1] != _sealed(BLANK.join(footer.rsplit(found[-1], 1))):
        raise InputError(
            f"{path}: not a readable Parquet file (its footer has changed); delete it where the "
            "workflow made it"
        )


def _sealed(blank: bytes) -> bytes:
    return _MARK + hashlib.sha256(blank).hexdigest().encode()


def _read(path: str | Path) -> tuple[bytes, int]:
    """Return a footer and where it begins; nothing of what is no Parquet file."""
    with open(path, "rb") as handle:
        end = handle.seek(0, os.SEEK_END) - 8
        handle.seek(max(0, end))
        start = end - int.from_bytes(handle.read(4), "little")
        if start < 0:
            return b"", 0
        handle.seek(start)
        return handle.read(end - start), start
