"""Text-to-image models, brought by the user or trained by the workflow (thesis, chapter 5).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.wordnet import database_files
from cogworks.config import synthesis as config
from cogworks.core.errors import InputError
from cogworks.core.needs import lacking
from cogworks.synthesis import content, names, template
from cogworks.synthesis.specs import GivenSpec, TrainedSpec

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True, eq=False)
class Given:
    """A generator that the user brings: a folder, or a model on the hub."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Generator

    @property
    def marker(self) -> str:
        """Return the file that says where its folder is and what was found in it."""
        return names.marker(self.name)

    @property
    def path(self) -> str:
        """Return its folder, or its id on the hub."""
        return self.section.path or ""

    @cached_property
    def files(self) -> list[str]:
        """Return the files of its folder, so that a change of its weights is seen.

        A model on the hub has none here; a missing folder is represented by its
        `model_index.json`, which the workflow then reports as a missing input.
        """
        if self._is_on_hub:
            return []
        try:
            return [str(path) for path in content.content(self.path, self.section.variant)]
        except InputError:  # Told by `missing`, and again by the job.
            return [str(Path(self.path, content.INDEX))]

    @cached_property
    def missing(self) -> list[str]:
        """Return a line if its folder does not exist or does not hold a model."""
        problem = content.problem(self.path)
        if problem is None or self._is_on_hub:
            return []
        if not Path(self.path).exists():
            problem += ", or set compute.online to fetch it from the hub"
        return [f"synthesis.generators.{self.name}.path: {problem}"]

    @property
    def spec(self) -> GivenSpec:
        """Return what it is."""
        section = self.section
        return GivenSpec(
            name=self.name, path=self.path, revision=section.revision, variant=section.variant
        )

    @property
    def _is_on_hub(self) -> bool:
        return not Path(self.path).exists() and self.plan.config.compute.online


@dataclass(frozen=True, eq=False)
class Trained:
    """A tiny generator that the workflow trains."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Tiny

    @property
    def marker(self) -> str:
        """Return the file that says where its folder is and what was found in it."""
        return names.marker(self.name)

    @property
    def folder(self) -> str:
        """Return the folder to which it is saved."""
        return names.folder(self.name)

    @property
    def manifest(self) -> str:
        """Return the training manifest from which it learns."""
        return self.plan.images(self.section.dataset).manifest("train")

    @property
    def files(self) -> list[str]:
        """Return the user's files from which it learns."""
        scenes = [] if self.spec.scenes is None else [self.spec.scenes]
        return scenes + database_files(self.spec.wordnet)

    @property
    def missing(self) -> list[str]:
        """Return a line if its file of scenes is needed and is not there."""
        key, scenes = f"synthesis.generators.{self.name}.train.scenes", self.spec.scenes
        return [] if scenes is None else list(lacking(key, scenes))

    @property
    def letter_modules(self) -> list[str]:
        """Return the modules of the letters of its templates."""
        return template.letter_modules(self.section.prompts)

    @cached_property
    def spec(self) -> TrainedSpec:
        """Return how it is trained."""
        section = self.section
        keys = section.model_dump(exclude={"text", "scenes"})
        return TrainedSpec.model_validate(
            keys
            | {
                "name": self.name,
                "wordnet": wordnet_of(self.plan, section.dataset),
                "scenes": section.scenes if _has_scene(section) else None,
                "text_encoder": section.text.model_dump(),
            }
        )


Generator = Given | Trained


def make(plan: Plan, name: str, section: config.Generator) -> Generator:
    """Return the generator that a section of the config describes."""
    if section.train is None:
        return Given(plan, name, section)
    return Trained(plan, name, section.train)


def wordnet_of(plan: Plan, dataset: str) -> str | None:
    """Return the WordNet folder of the benchmark from which a data set's classes come, if any."""
    found = plan.datasets.get(dataset)
    benchmark = plan.benchmarks.get(found.classes.benchmark or "") if found else None
    return benchmark.section.wordnet if benchmark else None


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of `synthesis.generators` that its types cannot show."""
    for name, section in plan.config.synthesis.generators.items():
        key = f"synthesis.generators.{name}"
        if (section.path is None) == (section.train is None):
            yield f"{key}: give exactly one of path and train"
        if section.train is not None:
            yield from problems_of_dataset(plan, f"{key}.train.dataset", section.train.dataset)
            for text in section.train.prompts:
                for problem in template.problems(text):
                    yield f"{key}.train.prompts: {problem}"


def problems_of_dataset(plan: Plan, key: str, name: str) -> Iterator[str]:
    """Yield what is wrong with the name of a data set of real images."""
    if name in plan.datasets:
        return
    if name in plan.clones:
        yield f"{key}: {name!r} is a clone itself; name the data set of real images"
    elif name in plan.config.images:
        members = ", ".join(plan.families.get(name, []))
        yield f"{key}: {name!r} is a family of data sets; name one of {members}"
    else:
        known = ", ".join(plan.datasets) or "none"
        yield f"{key}: {name!r} is not a data set; known: {known}"


def idle_keys(plan: Plan) -> dict[str, str]:
    """Return the keys of `synthesis.generators` that are written but do nothing, and why."""
    found: dict[str, str] = {}
    for name, section in plan.config.synthesis.generators.items():
        key, train = f"synthesis.generators.{name}", section.train
        if train is not None and "scenes" in train.model_fields_set and not _has_scene(train):
            found[f"{key}.train.scenes"] = "no template of prompts has the letter b"
        if section.revision and Path(section.path or "").is_dir():
            found[f"{key}.revision"] = "path is a folder, not a model on the hub"
    return found


def _has_scene(section: config.Tiny) -> bool:
    return any(map(template.has_scene, section.prompts))
