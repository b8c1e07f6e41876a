"""The state of a run on disk, from which an interrupted one goes on bit for bit."""

import json
from pathlib import Path
from typing import Any

import torch

from cogworks.core.errors import InputError
from cogworks.core.files import atomic, write_json

STATE = "last.pt"
FINISHED = "finished.json"
DIFFERENCES_SHOWN = 12


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write a run's state, whole or not at all."""
    with atomic(folder / STATE) as partial:
        torch.save(state, partial)


def load_state(folder: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """Return the state that an interrupted run left in `folder`; None where there is none.

    The state of a finished run is none to go on from: it was asked to be trained anew.

    Args:
        folder: the run's state folder.
        identity: what the state must agree with, see `refuse_other`.

    Raises:
        InputError: it cannot be read, or belongs to another recipe, data set or list of classes.
    """
    path = folder / STATE
    if not path.is_file() or (folder / FINISHED).is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        theirs = json.loads(state["identity"])
    except Exception as error:  # torch.load raises whatever its unpickler stumbles over
        raise InputError(
            f"{path}: not a readable state ({error}); delete it to train from the start"
        ) from error
    refuse_other(path, theirs, identity)
    return state


def begin(folder: Path) -> None:
    """Take the mark of an earlier, finished run away."""
    (folder / FINISHED).unlink(missing_ok=True)


def finish(folder: Path, step: int) -> None:
    """Mark a run as finished: its results are written."""
    write_json({"step": step}, folder / FINISHED)


def refuse_other(path: Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """Raise InputError, with the differences, where a state belongs to another training."""
    differences = sorted(_differences(theirs, ours, ""))
    if not differences:
        return
    shown = [f"  {line}" for line in differences[:DIFFERENCES_SHOWN]]
    if len(differences) > len(shown):
        shown.append(f"  and {len(differences) - len(shown)} more")
    raise InputError(
        f"{path}: the state of an unfinished training that differs from this one:\n"
        + "\n".join(shown)
        + f"\nTo go on with it, restore those values; to train from the start, delete {path.parent}"
    )


def _differences(theirs: Any, ours: Any, key: str) -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = sorted(theirs.keys() | ours.keys())
        return [
            line
            for name in names
            for line in _differences(
                theirs.get(name), ours.get(name), f"{key}.{name}" if key else name
            )
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) + len(ours) > 6:
        gone, new = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
        if not gone and not new and theirs != ours:
            return [f"{key}: another order"]
        return [
            f"{key}: {what} {name}"
            for what, some in (("only there", gone), ("only here", new))
            for name in some
        ]
    return [] if theirs == ours else [f"{key}: {theirs!r} there, {ours!r} here"]
