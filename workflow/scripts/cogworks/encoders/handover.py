"""Finished features on their way from the job that encodes for several encoders to each one's own.

See `together`.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from cogworks.core.errors import InputError
from cogworks.core.files import atomic, write_json
from cogworks.encoders.store import read_features
from cogworks.encoders.together import handed, handover


class Files(NamedTuple):
    """An array and its index."""

    array: Path
    table: Path


def files(features: Path) -> Files:
    """Return what is handed over as a feature array."""
    folder = handover(features)
    return Files(folder / "features.npy", folder / "features.parquet")


def is_done(features: Path, *, of: str, manifest: str) -> bool:
    """Say whether features of these images, made of this, were handed over."""
    return handed(features) == {"of": of, "manifest": manifest}


def sign(features: Path, *, of: str, manifest: str) -> None:
    """Say what the files are that now lie in the folder: they can be taken."""
    write_json({"of": of, "manifest": manifest}, handover(features) / "made.json")


def take(features: Path, index: Path, *, of: str, manifest: str) -> None:
    """Move to their places what was handed over as features.

    Raises:
        InputError: nothing was, or it is damaged or of something else; then it is gone afterwards,
            so that the next run encodes.
    """
    given = files(features)
    try:
        if not is_done(features, of=of, manifest=manifest):
            raise InputError(f"{given.array}: not of these images and this encoder")
        read_features(*given, manifest=manifest)
    except InputError as error:
        remove(features)
        raise InputError(f"{error}. What was handed over is deleted; run again") from error
    with atomic(index) as partial:
        shutil.copyfile(given.table, partial)
    os.replace(given.array, features)
    remove(features)


def remove(features: Path) -> None:
    """Delete what was handed over, if anything was."""
    shutil.rmtree(handover(features), ignore_errors=True)
