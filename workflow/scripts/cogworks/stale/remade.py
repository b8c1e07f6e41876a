"""Files that a run set out to make again and did not finish.

Snakemake removes a file before the job begins that makes it anew, and when that job fails. From
then on, all that was made of the file looks finished: nothing asks for it, and nothing tells any
more that it had changed. So a run notes which of the files that are there it makes again. Those
that are gone afterwards are made by the next run, whatever else it does.
"""

from collections.abc import Iterable
from pathlib import Path

from cogworks.core.files import read_json, write_json

NOTED = Path(".snakemake", "remade.json")


def lost(noted: Path = NOTED) -> list[str]:
    """Return the files that a run before this one was to make again and that are not there."""
    files = read_json(noted) if noted.exists() else []
    return [file for file in files if not Path(file).exists()]


def note(files: Iterable[str], noted: Path = NOTED) -> None:
    """Note files that a run is about to make, besides those that are lost already."""
    there = [file for file in files if Path(file).exists()]
    _write(sorted({*there, *lost(noted)}), noted)


def forget(noted: Path = NOTED) -> None:
    """Note, after a run that ended well, only what other runs have lost."""
    _write(lost(noted), noted)


def _write(files: list[str], noted: Path) -> None:
    if files:
        write_json(files, noted)
    else:
        noted.unlink(missing_ok=True)
