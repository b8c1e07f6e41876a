"""The config as the workflow sees it: strict, complete, consistent across the rooms."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cogworks.analysis import plan as analysis
from cogworks.concepts import plan as concepts
from cogworks.core import applies, schema, user_paths
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
    checked = user_paths.expanded(schema.validate(config))
    filled = Config(encoders.expand_sweeps(checked))
    problems = [problem for room in ROOMS for problem in room.check(filled)]
    problems += _check_compute(filled["compute"])
    problems += _idle(config, checked, problems)
    if problems:
        raise InputError("\n".join(["the config has errors:", *problems]))
    return filled


def _check_compute(section: dict[str, Any]) -> Iterator[str]:
    if section["device"] == "cpu" and section["gpus"] > 0:
        yield (
            f"compute.gpus: each job would ask for {section['gpus']} and compute on the CPU "
            "(device is cpu); set it to 0, or device to auto"
        )


def _idle(given: dict[str, Any], filled: dict[str, Any], problems: list[str]) -> list[str]:
    """Return a line for each key that is written but does nothing, beside what is wrong anyway."""
    named = {problem.partition(":")[0] for problem in problems}
    others = {name: section for name, section in given.items() if name != "training"}
    found = applies.idle_keys(others, filled) | synthesis.idle_keys(given, filled)
    if not any(name.startswith("training.") for name in named):
        found |= training.idle_keys(given, filled)
    return [line for key, line in found.items() if key not in named]
