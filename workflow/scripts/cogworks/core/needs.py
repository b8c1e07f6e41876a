"""The user's files that the jobs of a run need: a missing one is an error at planning.

Imported while the DAG is planned: standard library only.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from cogworks.core.errors import InputError
from cogworks.core.fingerprint import is_made


def is_missing(path: str | Path) -> bool:
    """Say whether a path does not exist; what the workflow makes itself is never missing."""
    return not is_made(path) and not Path(path).expanduser().exists()


def is_missing_file(path: str | Path) -> bool:
    """Say whether a path is not a file; what the workflow makes itself is never missing."""
    return not is_made(path) and not Path(path).expanduser().is_file()


def lacking(key: str, path: str, *, folder: bool = False) -> Iterator[str]:
    """Yield a line if a path of the config does not exist, or is a folder and must be a file.

    Args:
        key: its dotted key.
        path: a path of the user's; what the workflow makes itself is never missing.
        folder: whether it may be a folder.
    """
    if is_missing(path):
        yield f"{key}: {path} does not exist"
    elif not folder and is_missing_file(path):
        yield f"{key}: {path} is a folder; a file is expected"


class Needs:
    """What the jobs of a run need and do not find, reported all at once.

    If an input of a job is missing, or its input function raises an error, Snakemake skips the job
    as long as old results of it exist. So input functions only note what is missing; the error is
    raised when all jobs are known.
    """

    # Whether a missing file is no error in this process.
    _ignored: ClassVar[bool] = False

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def made(self, files: Iterable[str], missing: Iterable[str] = ()) -> list[str]:
        """Return which files of a job the workflow makes itself: its inputs for Snakemake.

        Args:
            files: all files that the job reads.
            missing: a line for each of the user's files that does not exist, with its config key.
        """
        self._lines |= dict.fromkeys(missing)
        return [file for file in files if is_made(file)]

    def check(self) -> None:
        """Check that nothing is missing.

        Raises:
            InputError: a line for each file that some job needs and that does not exist.
        """
        if self._lines and not Needs._ignored:
            raise InputError("\n".join(["files that the config names are missing:", *self._lines]))

    @staticmethod
    @contextlib.contextmanager
    def ignored() -> Iterator[None]:
        """Let jobs be planned in this process that nobody will run: no file of theirs is needed."""
        Needs._ignored = True
        try:
            yield
        finally:
            Needs._ignored = False
