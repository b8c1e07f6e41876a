"""Records: JSON files that hold a digest of what they say."""

import sys
from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, write_json
from cogworks.core.spec import digest

DIGEST = "record_sha256"


def write_record(record: dict[str, Any], path: str | Path) -> None:
    """Write a record, a JSON-serialisable dict, atomically."""
    write_json(record | {DIGEST: digest(record)}, path)


def read_record(path: str | Path) -> dict[str, Any]:
    """Return what a record says; one without a digest, of an earlier version, counts as whole.

    Raises:
        InputError: it is missing, cut off or changed.
    """
    found = read_json(path)
    if not isinstance(found, dict) or not _is_whole(found):
        raise InputError(
            f"{path}: does not say what was written; delete it and let the workflow make it again"
        )
    return {key: value for key, value in found.items() if key != DIGEST}


def find_record(path: str | Path) -> dict[str, Any] | None:
    """Return what a record of finished work says.

    None where there is none. A damaged one counts as none, and the log tells: its work is done
    again.
    """
    if not Path(path).is_file():
        return None
    try:
        return read_record(path)
    except InputError:
        print(f"{path}: damaged, so its work is done again", file=sys.stderr)
        return None


def _is_whole(found: dict[str, Any]) -> bool:
    said = {key: value for key, value in found.items() if key != DIGEST}
    try:
        return DIGEST not in found or bool(found[DIGEST] == digest(said))
    except ValueError:  # NaN, or what is no text
        return False
