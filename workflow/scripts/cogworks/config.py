"""The config as the workflow sees it: strict, complete, consistent across the rooms."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cogworks.analysis import plan as analysis
from cogworks.concepts import plan as concepts
from cogworks.core import schema
from cogworks.core.derived import Config
from cogworks.core.errors import InputError
from cogworks.encoders import plan as encoders
from cogworks.images import plan as images
from cogworks.probes import plan as probes
from cogworks.report import plan as report
from cogworks.synthesis import plan as synthesis
from cogworks.training import plan as training

ROOMS = (concepts, images, synthesis, training, encoders, probes, analysis, report)


def load(config: dict[str, Any], files: Iterable[str | Path] = ()) -> Config:
    """Return the checked config with all defaults.

    Args:
        config: the merged config, as Snakemake gives it.
        files: the config files that it was merged from; they are read once more, strictly, since
            Snakemake's own reader lets a duplicate key or an octal number pass.

    Raises:
        InputError: all problems found, one a line, each naming its file or dotted key.
    """
    for path in files:
        schema.load_yaml(path)
    filled = Config(encoders.expand_sweeps(schema.validate(config)))
    problems = [problem for room in ROOMS for problem in room.check(filled)]
    if problems:
        raise InputError("\n".join(["the config has errors:", *problems]))
    return filled
