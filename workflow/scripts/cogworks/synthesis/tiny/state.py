"""Where a training run stands, kept beside its result so that a killed run is taken up again."""

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import torch

from cogworks.core.files import atomic
from cogworks.networks.formats import check_archive

SAVE_SECONDS = 30.0


class Stage(TypedDict):
    """Where one stage of a training stands."""

    step: int
    loss: float
    modules: dict[str, torch.Tensor]
    average: list[torch.Tensor]
    optimizer: dict[str, Any]


class State:
    """Where the stages of a training stand, on disk, valid for one identity only."""

    def __init__(self, path: Path, identity: str) -> None:
        """Use the file `path`, alone in its folder; what another `identity` left does not count."""
        self._path = path
        self._identity = identity
        self._saved = time.monotonic()

    def load(self) -> dict[str, Stage]:
        """Return what was saved last; empty where there is nothing whole of this identity."""
        if not self._path.is_file():
            return {}
        try:
            check_archive(self._path, remedy="the training begins anew")
            found = torch.load(self._path, weights_only=True)
            return dict(found["stages"]) if found["identity"] == self._identity else {}
        except Exception as error:  # torch.load raises whatever its unpickler stumbles over
            print(f"{self._path}: what is there cannot be used ({error})", file=sys.stderr)
            return {}

    def due(self) -> bool:
        """Say whether the last save is long enough ago for another one."""
        return time.monotonic() - self._saved >= SAVE_SECONDS

    def save(self, stages: Mapping[str, Stage]) -> None:
        """Replace what is on disk, all or nothing."""
        # As in `training.checkpoint.save_state`.
        with atomic(self._path) as partial, open(partial, "wb") as file:
            torch.save({"identity": self._identity, "stages": dict(stages)}, file)
        self._saved = time.monotonic()

    def remove(self) -> None:
        """Remove the file and its folder: the work is done."""
        shutil.rmtree(self._path.parent, ignore_errors=True)
