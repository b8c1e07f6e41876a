"""What rooms that have not moved to the plan yet ask about training runs; see `plan.runs`.

Imported while the DAG is planned: no torch, no data.
"""

from typing import Any

from cogworks.config.training import Run, Sweep
from cogworks.core import paths
from cogworks.core.derived import Config, derived
from cogworks.core.errors import InputError
from cogworks.core.needs import is_missing_file
from cogworks.plan import recipes
from cogworks.plan.runs import choices, chosen, spec_of


@derived
def runs(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every run by its expanded name: its section of the config, without sweep."""
    return {
        member: chosen(section, choice)
        for name, section in config["training"].items()
        for member, choice in choices(name, [Sweep(**axis) for axis in section["sweep"]])
    }


def expand(config: dict[str, Any], name: str) -> list[str]:
    """Return the runs that `name` stands for: those of a sweep, else `name` itself.

    Raises:
        InputError: there is no such run.
    """
    if name in config["training"]:
        axes = [Sweep(**axis) for axis in config["training"][name]["sweep"]]
        return [member for member, _ in choices(name, axes)]
    if name in runs(config):
        return [name]
    known = ", ".join(runs(config)) or "none"
    raise InputError(f"{name!r} is not a training run; known: {known}")


def spec(config: dict[str, Any], run: str) -> dict[str, Any]:
    """Return every number on which the result of `run` depends, besides its images."""
    section = Run.model_validate(runs(config)[run])
    numbers = recipes.numbers(section.scale, section.recipe, section)
    return spec_of(section, numbers).model_dump()


def start_file(config: dict[str, Any], run: str) -> list[str]:
    """Return the file of the weights with which `run` begins; none where they are random."""
    start = runs(config)[run]["start"]
    if start is None:
        return []
    if start["run"] is not None:
        return [f"{paths.run_dir(start['run'])}/encoder.safetensors"]
    return [start["checkpoint"]]


def missing_paths(config: dict[str, Any]) -> list[str]:
    """Return a line for each path of the training section that does not exist."""
    lines = [
        f"training.{name}.start.checkpoint: {path} does not exist"
        for name in config["training"]
        for run in expand(config, name)
        for path in start_file(config, run)
        if is_missing_file(path)
    ]
    return list(dict.fromkeys(lines))


def check(config: dict[str, Any]) -> list[str]:
    """Return the errors of the section `training`; none of a config that was not loaded."""
    found: list[str] = config.plan.run_problems if isinstance(config, Config) else []
    return found
