"""Synthetic clones of data sets: from prompts to one data set (thesis, chapter 5).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.wnid_lists import NAMED
from cogworks.concepts.wordnet import database_files
from cogworks.config import images
from cogworks.config import synthesis as config
from cogworks.core.needs import lacking
from cogworks.plan import generators
from cogworks.synthesis import content, names, template
from cogworks.synthesis.multiples import steps_of
from cogworks.synthesis.specs import DrawSpec, JudgeSpec, MergeSpec, PromptSpec, SheetSpec

if TYPE_CHECKING:
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.plan import Plan

SIZE_UNIT = 8
# The numbers of tar files have five digits.
MOST_SHARDS = 100_000


@dataclass(frozen=True, eq=False)
class Clone:
    """One clone: a data set with training images only."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Clone

    def manifest(self, split: str) -> str:
        """Return its manifest: of whatever split is asked for, its training images."""
        return self.table("manifest")

    @property
    def class_choice(self) -> images.Classes | str:
        """Return what its classes are, see `Dataset.class_choice`."""
        if self.section.like is None:
            return images.Classes(file=self.section.classes)
        return self.plan.images(self.section.like).class_choice

    @property
    def class_list(self) -> str | None:
        """Return the list that its classes are, see `Dataset.class_list`."""
        if self.section.like is None:
            return self.section.classes if self.section.classes in NAMED else None
        return self.plan.images(self.section.like).class_list

    @property
    def class_table(self) -> str:
        """Return the table of its classes (label, wnid, name)."""
        return self.table("classes")

    @property
    def drawing(self) -> Drawing:
        """Return the drawing that its images are the first of."""
        return self.plan.drawing_of[self.name]

    def table(self, name: str) -> str:
        """Return one of its tables: classes, prompts, manifest, quality or similarity."""
        shared = name in ("classes", "prompts")
        return names.table(self.drawing.name if shared else self.name, name)

    @property
    def generator(self) -> str:
        """Return the marker of the generator that draws it."""
        return self.plan.generators[self.section.generator].marker

    @property
    def class_source(self) -> str:
        """Return the file from which its classes come: a training manifest or a list of wnids."""
        if self.section.like is not None:
            return self.plan.images(self.section.like).manifest("train")
        return self.section.classes or ""

    @property
    def prompt_files(self) -> list[str]:
        """Return the files from which its prompts are written."""
        scenes = [] if self.prompt_spec.scenes is None else [self.prompt_spec.scenes]
        return [self.class_source, *scenes, *database_files(self.prompt_spec.wordnet)]

    @property
    def letter_modules(self) -> list[str]:
        """Return the modules of the letters of its template."""
        return template.letter_modules([self.section.prompt])

    @cached_property
    def prompt_spec(self) -> PromptSpec:
        """Return what decides its prompts, and its numbers of images at multiple 1."""
        section = self.section
        of_model = generators.wordnet_of(self.plan, section.like) if section.like else None
        return PromptSpec(
            name=self.name,
            prompt=section.prompt,
            seed=section.seed,
            like=section.like,
            classes=section.classes,
            images_per_class=section.images_per_class,
            wordnet=section.wordnet or of_model,
            scenes=section.scenes if template.has_scene(section.prompt) else None,
        )

    @cached_property
    def draw_spec(self) -> DrawSpec:
        """Return what decides what an image looks like, given its prompt."""
        keys = self.section.model_dump(include=set(DrawSpec.model_fields))
        return DrawSpec.model_validate(keys | {"name": self.name})

    @property
    def merge_inputs(self) -> dict[str, str | list[str]]:
        """Return the tar files that hold its images, their tables, and the table of classes."""
        drawing = self.drawing
        numbers = range(steps_of(self.section.multiple) * drawing.n_shards)
        shards = [make(drawing.name, n) for make in (names.shard, names.index) for n in numbers]
        return {"shards": shards, "classes": self.class_table}

    @property
    def merge_spec(self) -> MergeSpec:
        """Return what decides how its shards become one data set."""
        return MergeSpec(
            name=self.name,
            drawing=self.drawing.name,
            multiple=self.section.multiple,
            shortfall=self.section.shortfall,
        )

    @cached_property
    def judge_files(self) -> list[str]:
        """Return the files of the CLIP model that judges its images."""
        folder = Path(self.section.clip or "")
        return [str(path) for path in (*content.texts(folder), *content.weights(folder, None))]

    @property
    def judge_spec(self) -> JudgeSpec:
        """Return what decides how its images are compared with its texts."""
        return JudgeSpec(clip=self.section.clip or "", clip_images=self.section.clip_images)

    @property
    def missing_texts(self) -> list[str]:
        """Return a line for each file that its prompts need and that does not exist."""
        return [
            *self._missing("classes", self.section.classes),
            *self._missing("scenes", self.prompt_spec.scenes),
        ]

    @property
    def missing_sources(self) -> list[str]:
        """Return a line for each of the user's files that it is drawn from and that is missing."""
        lines = [*self.missing_texts, *self.plan.generators[self.section.generator].missing]
        like = self.plan.datasets.get(self.section.like or "")
        if like is None:
            return lines
        benchmark = self.plan.benchmarks.get(like.classes.benchmark or "")
        return lines + like.missing + (benchmark.missing if benchmark else [])

    @property
    def missing_judge(self) -> list[str]:
        """Return a line if the CLIP model that judges its images does not exist."""
        return list(self._missing("clip", self.section.clip))

    @property
    def caption(self) -> str:
        """Return what tells it from other clones of the same data set."""
        return f"{self.section.prompt} · guidance {self.section.guidance:g}"

    def _missing(self, key: str, path: str | None) -> Iterator[str]:
        if path is not None:
            yield from lacking(f"synthesis.clones.{self.name}.{key}", path, folder=key == "clip")


@dataclass(frozen=True, eq=False)
class Sheets:
    """The contact sheets of a data set and its clones."""

    plan: Plan = field(repr=False)
    dataset: str

    @property
    def inputs(self) -> dict[str, str | list[str]]:
        """Return the manifests of the real images and of the clones, and the class table."""
        real = self.plan.images(self.dataset)
        return {
            "real": real.manifest("train"),
            "classes": real.class_table,
            "clones": [clone.manifest("train") for clone in self.clones],
        }

    @property
    def spec(self) -> SheetSpec:
        """Return how they are drawn, with a caption for each clone."""
        section = self.plan.config.synthesis.sheets
        captions = [clone.caption for clone in self.clones]
        if len(set(captions)) < len(captions):
            captions = [f"{clone.name}: {clone.caption}" for clone in self.clones]
        return SheetSpec(images=section.images, size=section.size, captions=captions)

    @property
    def clones(self) -> list[Clone]:
        """Return the clones of the data set."""
        clones = self.plan.clones.values()
        return [clone for clone in clones if clone.section.like == self.dataset]


def sheets(plan: Plan) -> dict[str, Sheets]:
    """Return the contact sheets by data set: of each of which there are clones."""
    likes = {clone.section.like for clone in plan.clones.values()} - {None}
    return {name: Sheets(plan, name) for name in sorted(map(str, likes))}


def missing(plan: Plan) -> list[str]:
    """Return a line for each path of the section `synthesis` that does not exist."""
    found = [line for generator in plan.generators.values() for line in generator.missing]
    found += [line for clone in plan.clones.values() for line in clone.missing_texts]
    return found + [line for clone in plan.clones.values() for line in clone.missing_judge]


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of `synthesis.clones` that its types cannot show."""
    for clone in plan.clones.values():
        yield from _problems_of(clone, f"synthesis.clones.{clone.name}")


def _problems_of(clone: Clone, key: str) -> Iterator[str]:
    plan, section = clone.plan, clone.section
    if section.generator not in plan.generators:
        known = ", ".join(plan.generators) or "none"
        yield f"{key}.generator: {section.generator!r} is not a generator; known: {known}"
    for problem in template.problems(section.prompt):
        yield f"{key}.prompt: {problem}"
    for side, pixels in (("width", section.width), ("height", section.height)):
        if pixels % SIZE_UNIT:
            low = pixels // SIZE_UNIT * SIZE_UNIT
            yield (
                f"{key}.{side}: {pixels} is not divisible by {SIZE_UNIT}; "
                f"take {low or SIZE_UNIT} or {low + SIZE_UNIT}"
            )
    tars = steps_of(section.multiple) * section.n_shards
    if tars > MOST_SHARDS:
        yield (
            f"{key}.n_shards: {section.n_shards} for each of {steps_of(section.multiple)} "
            f"multiples are {tars} tar files; expected at most {MOST_SHARDS}"
        )
    if (section.like is None) == (section.classes is None):
        yield f"{key}: give exactly one of like and classes"
    elif section.like is not None:
        yield from generators.problems_of_dataset(plan, f"{key}.like", section.like)
    elif section.images_per_class is None:
        yield f"{key}.images_per_class: needed with classes, since there is nothing to count"


def idle_keys(plan: Plan) -> dict[str, str]:
    """Return the keys of `synthesis.clones` that are written but do nothing, and why."""
    return {
        f"synthesis.clones.{name}.scenes": "the prompt has no letter b"
        for name, section in plan.config.synthesis.clones.items()
        if "scenes" in section.model_fields_set and not template.has_scene(section.prompt)
    }
