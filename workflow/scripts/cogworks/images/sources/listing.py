"""What every source gives: one row an image, before the image rule has chosen."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError

COLUMNS = ("id", "path", "container", "locator", "size", "wnid", "split")
UNSPLIT, TRAIN, TEST = "", "train", "test"


def listing(rows: Iterable[tuple[str, str, str, int, int, str, str]]) -> pd.DataFrame:
    """Return rows of (id, path, container, locator, size, wnid, split) as a table.

    `split` is `train` or `test` where the source itself divides its images, else empty.
    """
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return frame.astype({"locator": "int64", "size": "int64"})


def files_of(paths: Sequence[str], *, suffix: str) -> list[Path]:
    """Return the files that `paths` name: themselves, or for a folder those in it with `suffix`.

    Raises:
        InputError: one does not exist, or a folder holds none.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(path.glob(f"*{suffix}"))
            if not inside:
                raise InputError(f"{path}: no {suffix} file in this folder")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return files


def read_lines(path: str | Path) -> list[str]:
    """Return the lines of a text file, stripped, without empty ones and `#` comments."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    stripped = [line.strip() for line in lines]
    return [line for line in stripped if line and not line.startswith("#")]


def name_some(names: Sequence[str], *, most: int = 5) -> str:
    """Return the first few names as text, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
