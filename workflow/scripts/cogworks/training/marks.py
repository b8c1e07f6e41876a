"""Small files in a run's state folder by which its processes tell each other where they are."""

from pathlib import Path

from cogworks.core.files import write_json

FINISHED = "finished.json"
STOP = "stop"


def is_finished(folder: Path) -> bool:
    """Say whether the state in `folder` is the last one of a run whose results are written."""
    return (folder / FINISHED).is_file()


def finish(folder: Path, step: int) -> None:
    """Mark a run as finished: its results are written."""
    write_json({"step": step}, folder / FINISHED)


def unfinish(folder: Path) -> None:
    """Take the mark of a finished run away."""
    (folder / FINISHED).unlink(missing_ok=True)


def stop_file(folder: Path) -> Path:
    """Return the file that asks the processes of a run to stop, by a path that holds anywhere."""
    return folder.resolve() / STOP
