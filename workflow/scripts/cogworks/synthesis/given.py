"""A generator that the user brings: a folder, or a model on the hub where that is allowed."""

from pathlib import Path
from typing import Any

import diffusers
import torch

from cogworks.core.errors import InputError
from cogworks.synthesis.generator import INDEX, write_marker
from cogworks.synthesis.pipeline import load_pipeline


def check_given(spec: dict[str, Any], *, online: bool, output: Path) -> None:
    """Find the generator, load it once strictly, and write its marker.

    Args:
        spec: name, path, revision and variant of a generator.
        online: whether it may be fetched.
        output: the marker to write.

    Raises:
        InputError: it is not there, or not fit to draw, see `load_pipeline`.
    """
    folder = find_folder(spec, online=online)
    load_pipeline(folder, device=torch.device("cpu"), variant=spec["variant"])
    details = {"variant": spec["variant"]}
    write_marker(output, name=spec["name"], folder=folder, details=details)


def find_folder(spec: dict[str, Any], *, online: bool) -> Path:
    """Return the generator's folder, fetching it into the hub's cache if need be."""
    folder = Path(spec["path"])
    if folder.is_dir():
        if not (folder / INDEX).is_file():
            raise InputError(f"{folder}: no {INDEX}, so this is no folder in diffusers' layout")
        return folder
    if not online:
        raise InputError(
            f"{folder}: no such folder; put a model in diffusers' layout there, or set "
            "compute.online to true to fetch it from the hub"
        )
    try:
        fetched = diffusers.DiffusionPipeline.download(
            spec["path"], revision=spec["revision"], variant=spec["variant"]
        )
    except Exception as error:  # a name that is not on the hub, no connection, a full disk
        raise InputError(f"{spec['path']}: cannot be fetched from the hub ({error})") from error
    return Path(fetched)
