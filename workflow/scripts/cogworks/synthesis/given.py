"""A generator that the user brings: a folder, or a model on the hub where that is allowed."""

from pathlib import Path

import diffusers
import torch

from cogworks.core.errors import InputError
from cogworks.synthesis.content import problem
from cogworks.synthesis.generator import write_marker
from cogworks.synthesis.pipeline import load_pipeline
from cogworks.synthesis.specs import GivenSpec


def check_given(spec: GivenSpec, *, online: bool, output: Path) -> None:
    """Find the generator, load it once strictly, and write its marker.

    Args:
        spec: the generator.
        online: whether it may be fetched.
        output: the marker to write.

    Raises:
        InputError: it is not there, or not fit to draw, see `load_pipeline`.
    """
    folder = find_folder(spec, online=online)
    load_pipeline(folder, device=torch.device("cpu"), variant=spec.variant)
    write_marker(output, name=spec.name, folder=folder, variant=spec.variant)


def find_folder(spec: GivenSpec, *, online: bool) -> Path:
    """Return the generator's folder, fetching it into the hub's cache if need be."""
    folder = Path(spec.path)
    wrong = problem(folder)
    if wrong is None:
        return folder
    if folder.exists():
        raise InputError(wrong)
    if not online:
        raise InputError(f"{wrong}, or set compute.online to true to fetch it from the hub")
    try:
        fetched = diffusers.DiffusionPipeline.download(
            spec.path, revision=spec.revision, variant=spec.variant
        )
    except Exception as error:  # a name that is not on the hub, no connection, a full disk
        raise InputError(f"{spec.path}: cannot be fetched from the hub ({error})") from error
    return Path(fetched)
