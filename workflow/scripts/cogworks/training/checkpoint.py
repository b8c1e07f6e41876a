"""The state of a run on disk, from which an interrupted one goes on bit for bit."""

import json
from pathlib import Path
from typing import Any

import torch

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.networks.formats import check_archive
from cogworks.training import marks
from cogworks.training.identity import Identity

STATE = "last.pt"
DIFFERENCES_SHOWN = 12
# Tensors and numbers by name, nested, as PyTorch keeps them.
State = dict[str, Any]


def save_state(folder: Path, state: State) -> None:
    """Write a run's state, whole or not at all.

    Raises:
        InputError: it cannot be written; an older state stays as it is.
    """
    # To a file of Python's own, whose error says what is wrong where torch's would not.
    with atomic(folder / STATE) as partial, open(partial, "wb") as file:
        torch.save(state, file)


def take_up(folder: Path, identity: Identity) -> bool:
    """Say whether `folder` holds a state to go on from; else leave none there.

    That of a finished run of the same identity is one: its results are written once more, which is
    all there is to do where a run was killed before it was recorded that they are there. Another
    finished run's is deleted, and goes before its mark does, so that it never looks unfinished.
    What a killed process left half written goes, too. One process of a run decides for all.

    Args:
        folder: the run's state folder.
        identity: what the state must agree with, see `refuse_other`.

    Raises:
        InputError: it is that of an unfinished run, and cannot be read, or belongs to another
            recipe, data set, list of classes or code.
    """
    path = folder / STATE
    for orphan in folder.glob(f".{path.stem}.*.partial{path.suffix}"):
        orphan.unlink(missing_ok=True)
    found = path.is_file()
    try:
        if found:
            state = load_state(folder)
            refuse_other(path, json.loads(state["identity"]), json.loads(identity.text))
    except InputError:
        if not marks.is_finished(folder):
            raise
        path.unlink()
        found = False
    marks.unfinish(folder)
    return found


def load_state(folder: Path) -> State:
    """Return the state in `folder`.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / STATE
    remedy = "delete it to train from the start"
    check_archive(path, remedy=remedy)
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
        json.loads(state["identity"])
    except Exception as error:  # torch.load raises whatever its unpickler stumbles over
        raise InputError(
            f"{path}: not a readable state ({type(error).__name__}: {error}); {remedy}"
        ) from error
    return state


def refuse_other(path: Path, theirs: Any, ours: Any) -> None:
    """Refuse a state of another training.

    Args:
        path: the state.
        theirs: its identity, as JSON.
        ours: that of this training.

    Raises:
        InputError: with the differences.
    """
    differences = sorted(_differences(theirs, ours, ""))
    if not differences:
        return
    shown = [f"  {line}" for line in differences[:DIFFERENCES_SHOWN]]
    if len(differences) > len(shown):
        shown.append(f"  and {len(differences) - len(shown)} more")
    raise InputError(
        f"{path}: the state of an unfinished training that differs from this one:\n"
        + "\n".join(shown)
        + "\nTo go on with it, restore those values (of `code`: the version of the project that "
        f"it was begun with); to train from the start, delete {path.parent}"
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
