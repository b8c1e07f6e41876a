"""Files that a run set out to make again and did not finish.

Snakemake removes a file before the job begins that makes it anew, and when that job fails. From
then on, all that was made of the file looks finished: nothing asks for it, and nothing tells any
more that it had changed. So a run notes which files it makes again. Those that are gone afterwards
are made by the next run, whatever else it does.
"""

from collections.abc import Iterable
from pathlib import Path

from cogworks.core.files import read_json, write_json

NOTED = Path(".snakemake", "remade.json")


def lost(noted: Path = NOTED) -> list[str]:
    """Return the files that a run before this one was to make again and that are not there."""
    return [file for file in _read(noted) if not Path(file).exists()]


def note(files: Iterable[str], noted: Path = NOTED) -> None:
    """Note files that a run makes again, besides those that are noted already.

    Others may be active, on other files: what they have noted stays.
    """
    again = {str(file) for file in files}
    if again:
        write_json(sorted({*again, *_read(noted)}), noted)


def forget(files: Iterable[str], noted: Path = NOTED) -> None:
    """Take files that are made, and there, out of the note; remove the note once it is empty."""
    made = {str(file) for file in files if Path(file).exists()}
    left = [file for file in _read(noted) if file not in made]
    if left:
        write_json(left, noted)
    else:
        noted.unlink(missing_ok=True)


def _read(noted: Path) -> list[str]:
    return list(read_json(noted)) if noted.exists() else []
