"""What can be known to be wrong before hours of work start: paths, weights, devices, disk."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.concepts.plan import missing_paths as missing_concept_paths
from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.device import pick_device
from cogworks.core.errors import InputError
from cogworks.encoders.plan import missing as missing_weights
from cogworks.images.plan import missing_paths as missing_image_paths
from cogworks.synthesis.plan import missing_paths as missing_synthesis_paths
from cogworks.training.plan import missing_paths as missing_training_paths

SPACE_GIB = 5


class Finding(NamedTuple):
    """One thing that was looked at: what, whether it is in order, and in what words."""

    what: str
    fine: bool
    words: str


def inspect(config: dict[str, Any], *, folder: Path = Path()) -> Iterator[Finding]:
    """Yield what was found in order, and everything that was not.

    Args:
        config: the checked config.
        folder: the project's folder, whose free disk space is looked at.
    """
    yield _attempt("WordNet", lambda: str(_wordnet_sources(config)))
    yield _attempt("device", lambda: str(pick_device(config["compute"]["device"])))
    yield from _listed("concepts", missing_concept_paths(config))
    yield from _listed("images", missing_image_paths(config))
    yield from _listed("synthesis", missing_synthesis_paths(config))
    yield from _listed("training", missing_training_paths(config))
    yield from _listed("encoders", missing_weights(config))
    free = shutil.disk_usage(folder).free / 2**30
    words = f"{free:.0f} GiB free" + ("" if free >= SPACE_GIB else f", at least {SPACE_GIB} wanted")
    yield Finding("disk", free >= SPACE_GIB, words)


def _wordnet_sources(config: dict[str, Any]) -> str:
    folders = {section["wordnet"] for section in config["concepts"].values()} or {None}
    return ", ".join(str(open_wordnet(folder).source) for folder in sorted(folders, key=str))


def _attempt(what: str, action: Any) -> Finding:
    try:
        return Finding(what, True, action())
    except InputError as error:
        return Finding(what, False, str(error))


def _listed(what: str, problems: list[str]) -> Iterator[Finding]:
    if not problems:
        yield Finding(what, True, "every path that the config names is there")
    for problem in problems:
        yield Finding(what, False, problem)
