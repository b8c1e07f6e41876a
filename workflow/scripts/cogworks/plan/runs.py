"""Training runs: recipes resolved, sweeps expanded.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cogworks.config import idle
from cogworks.config import training as config
from cogworks.config.base import LONGEST_NAME
from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.core.fingerprint import of_files
from cogworks.core.needs import lacking
from cogworks.core.spec import canonical
from cogworks.networks import options
from cogworks.plan import recipes
from cogworks.training.code import run_code
from cogworks.training.specs import KeyMapping, Numbers, Traces, TrainSpec, Validation

if TYPE_CHECKING:
    from cogworks.plan.plan import ImageSet, Plan

# What a run's folder is called while it holds an unfinished state.
STATE = ".state"
UNSWEPT = ("sweep", "compute", "validation", "traces")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# A run's section of the config as YAML has it.
Values = dict[str, Any]
# Dotted keys of a run, each with the value that one run of a sweep takes.
Choice = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Run:
    """One training run (thesis, chapter 4).

    Attributes:
        name: its own name, of a run of a sweep `NAME_VALUE`.
        section: its section of the config, swept keys filled in.
        declared: the name of its section in the config.
    """

    plan: Plan = field(repr=False)
    name: str
    section: config.Run
    declared: str

    @property
    def dataset(self) -> ImageSet:
        """Return the data set on whose training images it learns."""
        return self.plan.images(self.section.dataset)

    @property
    def folder(self) -> str:
        """Return the folder of its results."""
        return f"results/training/{self.name}"

    def file(self, name: str) -> str:
        """Return one of its results, such as `encoder.safetensors` or `metrics.parquet`."""
        return f"{self.folder}/{name}"

    @property
    def state(self) -> str:
        """Return the folder from which it goes on if it is interrupted."""
        return f"{self.folder}{STATE}"

    @property
    def inputs(self) -> dict[str, str | list[str]]:
        """Return its training images and its validation images, if any."""
        return {
            "manifest": self.dataset.manifest("train"),
            "validation": self._validation,
        }

    @property
    def start_file(self) -> list[str]:
        """Return the file of the weights with which it begins; none where they are random."""
        start = self.section.start
        if start is None:
            return []
        if start.run is not None:
            return [self.plan.runs[start.run].file("encoder.safetensors")]
        return [start.checkpoint] if start.checkpoint is not None else []

    @property
    def missing(self) -> list[str]:
        """Return a line for each file of the user's that it needs and that is not there."""
        key = f"training.{self.declared}.start.checkpoint"
        return [line for path in self.start_file for line in lacking(key, path)]

    @property
    def files(self) -> str:
        """Return what tells the content of the user's files that it reads."""
        return canonical(of_files(self.start_file))

    @cached_property
    def numbers(self) -> Numbers:
        """Return all numbers of its recipe and scale, with its own in their place."""
        return recipes.numbers(self.section.scale, self.section.recipe, self.section)

    @cached_property
    def spec(self) -> TrainSpec:
        """Return every number on which its result depends, besides its images."""
        return spec_of(self.section, self.numbers)

    @cached_property
    def effective(self) -> Values:
        """Return its numbers, seed and start by dotted key, without those that do nothing in it."""
        section = self.section.model_dump(include={"seed", "start"}) | self.numbers.model_dump()
        # The encoder sees images of the size of the crops: that is no number of its own.
        del section["backbone"]["image_size"]
        whole = {"training": {"run": section}}
        nothing = idle.idle_keys(whole, whole)
        found: Values = {}
        for group, value in section.items():
            keys = {f"{group}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {}
            found |= keys or {group: value}
        return {key: v for key, v in found.items() if f"training.run.{key}" not in nothing}

    @property
    def code(self) -> str:
        """Return the digest of the code that trains it."""
        return run_code(self.numbers)

    @property
    def compute(self) -> config.RunCompute:
        """Return how it is computed, which makes nothing stale."""
        return self.section.compute

    @property
    def cores(self) -> int:
        """Return the CPU cores that its job asks for on each node."""
        return self.compute.threads * self.compute.processes

    @property
    def own_mem_mb(self) -> int | None:
        """Return the MB that its section asks for on each node; None where it asks for none."""
        each = self.compute.mem_mb
        return None if each is None else each * self.compute.processes

    @property
    def gpus(self) -> int:
        """Return the GPUs that its job asks for on each node."""
        return self.plan.config.compute.gpus * self.compute.processes

    @property
    def gpus_of_one_node(self) -> int | None:
        """Return the GPUs of its job; None on several nodes, see `gpus_of_each_node`."""
        return self.gpus if self.tasks is None else None

    @property
    def gpus_of_each_node(self) -> str | None:
        """Return the GPUs of its job as Slurm counts them by node; None on one node.

        A number of GPUs alone would be that of all nodes, divided in any way.
        """
        return f"gpu:{self.gpus}" if self.tasks and self.gpus else None

    @property
    def tasks(self) -> int | None:
        """Return the tasks of its job, one a node; None on one node, where it has no choice."""
        return self.compute.nodes if self.compute.nodes > 1 else None

    @property
    def workers(self) -> int:
        """Return the loader processes of each process; -1 leaves the number to the training."""
        return -1 if self.compute.workers is None else self.compute.workers

    @property
    def _validation(self) -> list[str]:
        chosen = self.section.validation
        if chosen.split == "none":
            return []
        images = self.dataset if chosen.dataset is None else self.plan.images(chosen.dataset)
        return [images.manifest(chosen.split)]

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it and its class cannot see."""
        key = f"training.{self.declared}"
        for kind, chosen, known in (
            ("scale", self.section.scale, recipes.names("scales")),
            ("recipe", self.section.recipe, recipes.names("recipes")),
        ):
            if chosen not in known:
                yield f"{key}.{kind}: {chosen!r} is not a {kind}; known: {', '.join(known)}"
                return
        yield from self._dataset_problems(f"{key}.dataset", self.section.dataset)
        yield from self._validation_problems(f"{key}.validation")
        yield from self._start_problems(f"{key}.start")
        separator = "." if self.name == self.declared else f" (its run {self.name}): "
        for problem in _number_problems(self.numbers, self.compute):
            yield f"{key}{separator}{problem}"

    def _dataset_problems(self, key: str, name: str) -> Iterator[str]:
        try:
            members = self.plan.members(name)
        except InputError as error:
            yield f"{key}: {error}"
            return
        if members != [name]:
            listed = ", ".join(members)
            yield f"{key}: {name} stands for {len(members)} data sets; name one of {listed}"

    def _validation_problems(self, key: str) -> Iterator[str]:
        chosen = self.section.validation
        if chosen.split == "none":
            return
        name = chosen.dataset or self.section.dataset
        if name in self.plan.clones:
            yield (
                f"{key}.dataset: the clone {name} has training images only; name the data set of "
                "real images with the same classes, or set split to none"
            )
            return
        if chosen.dataset is not None:
            yield from self._dataset_problems(f"{key}.dataset", name)
        found = self.plan.datasets.get(name)
        if chosen.split == "val" and found is not None and not found.section.val_share:
            yield (
                f"{key}.split: val, but images.{found.family or name}.val_share sets no images "
                "apart; set it, or split to test or none"
            )

    def _start_problems(self, key: str) -> Iterator[str]:
        start = self.section.start
        if start is None:
            return
        if (start.run is None) == (start.checkpoint is None):
            yield f"{key}: give exactly one of run and checkpoint"
        visited = [self.name]
        while start is not None and start.run is not None:
            found = self.plan.runs.get(start.run)
            if found is None:
                known = ", ".join(self.plan.runs)
                yield f"{key}.run: {start.run!r} is not a training run; known: {known}"
                return
            if found.name in visited:
                yield f"{key}.run: {' -> '.join([*visited, found.name])} goes round in a circle"
                return
            visited.append(found.name)
            start = found.section.start


def expand(plan: Plan) -> Iterator[Run]:
    """Yield every run of the config: of a sweep each of its runs, not the sweep itself."""
    for name, section in plan.config.training.items():
        if not section.sweep:
            yield Run(plan, name, section, name)
            continue
        values = section.model_dump(exclude={"sweep"})
        for member, choice in choices(name, section.sweep):
            yield Run(plan, member, config.Run.model_validate(chosen(values, choice)), name)


def spec_of(section: config.Run, numbers: Numbers) -> TrainSpec:
    """Return the spec of a run of these numbers."""
    given = section.start
    start = None
    if given is not None:
        start = KeyMapping(container=given.container, prefix=given.prefix, drop=given.drop)
    return TrainSpec(
        **dict(numbers),
        seed=section.seed,
        traces=Traces(every_steps=section.traces.every_steps),
        validation=Validation(every_epochs=section.validation.every_epochs),
        start=start,
    )


def choices(name: str, sweep: list[config.Sweep]) -> Iterator[tuple[str, Choice]]:
    """Yield the name and the choice of each run of a sweep; one run where there is no sweep."""
    axes = [[(axis.key, value) for value in axis.values] for axis in sweep]
    for choice in itertools.product(*axes):
        yield "_".join([name, *(_word(value) for _, value in choice)]), dict(choice)


def chosen(values: Values, choice: Choice) -> Values:
    """Return a section with the values that one run of its sweep takes."""
    result = copy.deepcopy({key: value for key, value in values.items() if key != "sweep"})
    for key, value in choice.items():
        group = _group(result, key)
        if isinstance(group, dict):  # anything else is an error of its own
            group[key.rpartition(".")[2]] = value
    return result


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `training` that its classes cannot see."""
    found = [*_sweep_problems(plan.config.training), *_name_problems(plan.config.training)]
    if not found:
        found = [problem for run in plan.runs.values() for problem in run.problems()]
    yield from dict.fromkeys(found)


def idle_keys(plan: Plan, written: dict[str, Values]) -> dict[str, str]:
    """Return the keys of runs that are written but do nothing, as `idle.idle_keys` does.

    What a key depends on may come from the recipe, and a key counts that one run of a sweep reads.

    Args:
        plan: of a config without errors.
        written: the section `training` as the user wrote it.
    """
    lines: dict[str, str] = {}
    for name, section in written.items():
        sweep = plan.config.training[name].sweep
        found = [
            idle.idle_keys(
                {"training": {name: chosen(section, choice)}},
                {"training": {name: _filled(plan.runs[member])}},
            )
            for member, choice in choices(name, sweep)
        ]
        lines |= {key: found[0][key] for key in found[0] if all(key in other for other in found)}
        lines |= _overridden(f"training.{name}", section, [axis.key for axis in sweep])
    return lines


def _filled(run: Run) -> Values:
    """Return a run's section with the numbers that its recipe fills in."""
    return run.section.model_dump() | run.numbers.model_dump()


def _overridden(key: str, section: Values, swept: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the keys that a sweep sets in every run; `dataset` must be there in any case."""
    for name in swept:
        group = _group(copy.deepcopy(section), name)
        value = group.get(name.rpartition(".")[2]) if isinstance(group, dict) else None
        if name != "dataset" and not idle.is_blank(value):
            full = f"{key}.{name}"
            yield full, f"{full}: does nothing here; the sweep sets it in every run. Remove it"


def _word(value: Any) -> str:
    """Return a swept value as a part of a name."""
    if isinstance(value, list):
        return "-".join(map(_word, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _group(section: Values, key: str) -> Any:
    """Return the group in which a dotted key lies, made where it is not there yet."""
    value: Any = section
    for group in key.split(".")[:-1]:
        value = value.setdefault(group, {}) if isinstance(value, dict) else None
    return value


def _sweep_problems(sections: dict[str, config.Run]) -> Iterator[str]:
    """Yield what is wrong with the keys and values of sweeps, which no class has seen yet."""
    swept: dict[str, Values] = {}
    for name, section in sections.items():
        key = f"training.{name}.sweep"
        keys = [axis.key for axis in section.sweep]
        for twice in sorted({name for name in keys if keys.count(name) > 1}):
            yield f"{key}: {twice} is swept twice; join the values"
        values = section.model_dump(exclude={"sweep"})
        for axis in section.sweep:
            yield from _axis_problems(key, values, axis)
        if section.sweep:
            runs = choices(name, section.sweep)
            swept |= {member: chosen(values, choice) for member, choice in runs}
    try:
        parse({"training": swept})
    except InputError as error:
        yield from str(error).splitlines()[1:]


def _axis_problems(key: str, values: Values, axis: config.Sweep) -> Iterator[str]:
    """Yield what is wrong with one key of a sweep and its values."""
    if axis.key.split(".")[0] in UNSWEPT:
        yield f"{key}: {axis.key} cannot be swept"
    elif not isinstance(_group(copy.deepcopy(values), axis.key), dict):
        group = axis.key.rpartition(".")[0]
        yield f"{key}: {axis.key} cannot be swept; {group} is not a section here"
    for value in axis.values:
        if not WORD.fullmatch(_word(value)):
            yield f"{key}: {axis.key} = {value!r} cannot be part of a run's name"


def _name_problems(sections: dict[str, config.Run]) -> Iterator[str]:
    taken: set[str] = set()
    for name, section in sections.items():
        for member, _ in choices(name, section.sweep):
            if member in taken or (member != name and member in sections):
                yield f"training.{name}: its run {member} exists twice; rename one"
            taken.add(member)
            if member.endswith(STATE):
                yield f"training.{name}: {member} ends in {STATE}, as states' folders do; rename it"
            if len(member) > 2 * LONGEST_NAME:
                yield (
                    f"training.{name}: its run {member[:LONGEST_NAME]}... has a name of "
                    f"{len(member)} characters, too long for a file; expected at most "
                    f"{2 * LONGEST_NAME}"
                )


def _number_problems(numbers: Numbers, compute: config.RunCompute) -> Iterator[str]:
    """Yield what is wrong between the numbers of one run."""
    crops, optimizer = numbers.augmentation, numbers.optimizer
    for name, (low, high) in (
        ("global_scale", crops.global_scale),
        ("local_scale", crops.local_scale),
    ):
        if low > high:
            yield f"augmentation.{name}: expected 0 < least <= greatest <= 1, got {low} and {high}"
    if min(crops.std) <= 0:
        yield f"augmentation.std: expected positive numbers, got {crops.std}"
    if optimizer.warmup_epochs > optimizer.epochs:
        yield (
            f"optimizer.warmup_epochs: {optimizer.warmup_epochs:g} is not between 0 and the "
            f"{optimizer.epochs} epochs"
        )
    backbone = numbers.backbone
    for problem in options.problems(backbone.library, backbone.name, backbone.options):
        yield f"backbone: {problem}"
    loss = numbers.loss
    if loss.kind == "look" and loss.k > loss.memory:
        yield f"loss.k: {loss.k} neighbours are more than the memory holds ({loss.memory})"
    pieces = compute.nodes * compute.processes * optimizer.accumulation
    if optimizer.batch % pieces:
        yield (
            f"optimizer.batch: {optimizer.batch} images cannot be divided among {pieces} pieces "
            "(nodes x processes x accumulation)"
        )
    elif optimizer.batch == optimizer.accumulation:
        yield (
            f"optimizer.batch: {optimizer.batch} images in {optimizer.accumulation} pieces "
            "leave batch norm one image at a time, which has no variance; take a larger batch"
        )
