"""From models, as they are named on the command line, to entries of the section `encoders`.

What imports torch is imported where it is used: a second run asks for no network.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cogworks.config.named_models import name_of
from cogworks.core.errors import InputError
from cogworks.plan.encoders import Encoder
from cogworks.plan.networks import Model, entry_file

LIBRARIES = ("timm", "torchvision", "hf", "cogworks")
# Those whose models may be in a local folder.
WITH_FOLDERS = ("timm", "hf")
RANDOM = "random"
KNOWN = (
    "timm:NAME, torchvision:NAME, hf:OWNER/NAME, cogworks:NAME, or a function of your own, "
    "FILE.py:FUNCTION"
)
ENTRY_POINT = re.compile(r"(.+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*")
Section = dict[str, Any]


def sections(
    models: Sequence[str], weights: str | None, taken: Sequence[str]
) -> dict[str, Section]:
    """Return an entry of `encoders` for each model, by name.

    Args:
        models: as on the command line.
        weights: `random`, a file, or None for the library's own.
        taken: names of other encoders.

    Raises:
        InputError: a text that names no model, or weights that do not go with it.
    """
    if len(set(models)) < len(models):
        raise InputError(f"{' '.join(models)}: names a model twice")
    if weights not in (None, RANDOM) and len(models) > 1:
        raise InputError(
            f"--weights {weights}: one file for {len(models)} models; name one model at a time"
        )
    found: dict[str, Section] = {}
    for model in models:
        name = name_of(model.partition(".py:")[0])
        if name in (*taken, *found):
            name = name_of(re.sub(r"[^\w.]+", "-", model))
        found[name] = _section(model, weights)
    return found


def _section(model: str, weights: str | None) -> Section:
    library, _, name = model.partition(":")
    if library in LIBRARIES and name:
        local = library in WITH_FOLDERS and Path(name).is_dir()
        text = f"{library}:{os.path.abspath(name)}" if local else model
        return {"model": text, **_weights(model, library, weights)}
    if not ENTRY_POINT.fullmatch(model) or not entry_file(model):
        raise InputError(_unknown(model))
    if weights is not None:
        raise InputError(
            f"--weights {weights}: {model} is a function of your own, which loads its own weights; "
            "leave --weights out"
        )
    file, _, function = model.rpartition(":")
    if not file.endswith(".py"):
        return {"entry_point": model}
    if not Path(file).is_file():
        raise InputError(f"{model}: no file {file}")
    return {"entry_point": f"{os.path.abspath(file)}:{function}"}


def _weights(model: str, library: str, weights: str | None) -> Section:
    if weights == RANDOM:
        return {"weights": RANDOM}
    if weights is not None:
        if not Path(weights).is_file():
            raise InputError(f"--weights {weights}: no such file; name one, or say `random`")
        return {"checkpoint": os.path.abspath(weights)}
    if library == "cogworks":
        raise InputError(
            f"{model}: has no published weights; give --weights FILE, or --weights random for a try"
        )
    return {"weights": "pretrained"}


def _unknown(model: str) -> str:
    """Return what is wrong with a text that names no model."""
    if Path(model).is_file():
        return (
            f"{model}: is a file; if it holds weights, name their network and give the file "
            f"beside it: timm:NAME --weights {model}"
        )
    library, _, name = model.rpartition(":")
    if library:
        return f"{model}: {library!r} is not a library of models; known: {KNOWN}"
    return f"{model}: says no library; write timm:{name} or torchvision:{name} (known: {KNOWN})"


def check(encoder: Encoder, *, online: bool) -> None:
    """Check what a run does not look at before its first job: names, and whether weights may come.

    Raises:
        InputError: files that are not there, a name that its library does not know (with near
            misses), weights that are not there and may not be fetched, or a function of the user's
            that is not there or does not give an encoder.
    """
    from cogworks.encoders.cache import missing_from_cache
    from cogworks.encoders.registry import load_encoder

    for problem in encoder.missing:
        raise InputError(problem)
    if encoder.weights == RANDOM or encoder.section.entry_point:
        load_encoder(encoder.spec, device="cpu", online=online)
    model = encoder.cached_model
    if model is not None:
        _check_published(model)
        for problem in () if online else missing_from_cache(model.library, model.name):
            raise InputError(
                f"{encoder.section.model}: {problem}; allow the download with --online, or give "
                "--weights FILE, or --weights random for a try"
            )


def _check_published(model: Model) -> None:
    """Ask a library for its weights of that name; what is on the hub alone, only the hub knows."""
    from cogworks.encoders.pretrained import timm_file, torchvision_file

    if model.library == "torchvision":
        torchvision_file(model.name)
    elif model.library == "timm" and not model.name.startswith("hf-hub:"):
        timm_file(model.name)
