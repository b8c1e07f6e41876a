"""Drawings: the images that clones share which differ in how many there are, and in nothing else.

An image depends on its number within its class, not on how many follow. So of such clones the
largest is drawn once, and each takes the first images of every class. A drawing is made one whole
multiple after the other: shards 0 to n - 1 hold the images of multiple 1, the next n those that
multiple 2 adds, and so on, each shard the same classes as the one n before it. So a larger clone
adds shards and leaves those that are drawn, and the jobs of a class are as short as for multiple 1.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cogworks.core.spec import canonical
from cogworks.synthesis import names
from cogworks.synthesis.multiples import steps_of
from cogworks.synthesis.specs import PartSpec

if TYPE_CHECKING:
    from cogworks.plan.clones import Clone
    from cogworks.plan.plan import Plan


@dataclass(frozen=True, eq=False)
class Drawing:
    """The images of one or more clones.

    Attributes:
        clones: the clones, in the order of the config; the files lie in the folder of the first.
    """

    clones: list[Clone] = field(repr=False)

    @property
    def first(self) -> Clone:
        """Return the clone in whose folder the files lie."""
        return self.clones[0]

    @property
    def name(self) -> str:
        """Return its name: that of the first clone."""
        return self.first.name

    @cached_property
    def largest(self) -> Clone:
        """Return the clone with most images."""
        return max(self.clones, key=lambda clone: clone.section.multiple)

    @property
    def multiple(self) -> float:
        """Return the multiple up to which it is drawn."""
        return self.largest.section.multiple

    @property
    def n_shards(self) -> int:
        """Return the number of tar files for each whole multiple."""
        return self.first.section.n_shards

    @property
    def numbers(self) -> range:
        """Return the numbers of all its tar files."""
        return range(steps_of(self.multiple) * self.n_shards)

    def share(self, number: int) -> float:
        """Return about which share of its images a tar file holds."""
        spec = self.part_spec(number)
        return (spec.end - spec.start) / self.multiple / self.n_shards

    @property
    def inputs(self) -> dict[str, str]:
        """Return the files from which all of it is drawn."""
        return {
            "generator": self.first.generator,
            "prompts": names.table(self.name, "prompts"),
            "classes": names.table(self.name, "classes"),
        }

    def part_inputs(self, number: int) -> dict[str, str]:
        """Return the files from which a shard is drawn.

        Where duplicates are looked for, that is the table of the shard before with the same
        classes too. That one was made from its own predecessor, so all are there.
        """
        before = number - self.n_shards
        if before < 0 or self.first.section.duplicate_distance is None:
            return self.inputs
        return {**self.inputs, "before": names.index(self.name, before)}

    def part_spec(self, number: int) -> PartSpec:
        """Return what decides the images of a shard, given their prompts."""
        start = number // self.n_shards
        return PartSpec(
            **self.first.draw_spec.model_dump(),
            start=float(start),
            end=min(self.multiple, start + 1.0),
        )

    @property
    def spec(self) -> PartSpec:
        """Return what decides all its images, given their prompts."""
        return PartSpec(**self.first.draw_spec.model_dump(), start=0.0, end=self.multiple)


def drawings(plan: Plan) -> dict[str, Drawing]:
    """Return the drawings by name."""
    groups: dict[str, list[Clone]] = {}
    for clone in plan.clones.values():
        specs = (clone.prompt_spec, clone.draw_spec)
        key = canonical([spec.model_dump(mode="json", exclude={"name"}) for spec in specs])
        groups.setdefault(key, []).append(clone)
    return {group[0].name: Drawing(group) for group in groups.values()}


def problems(plan: Plan) -> Iterator[str]:
    """Yield where clones with the same images say differently how these are drawn."""
    for drawing in plan.drawings.values():
        for clone in drawing.clones[1:]:
            for key in ("n_shards", "batch_size"):
                found, first = getattr(clone.section, key), getattr(drawing.first.section, key)
                if found != first:
                    yield (
                        f"synthesis.clones.{clone.name}.{key}: {found}, but {drawing.name} has "
                        f"{first}; they differ in multiple alone, so their images are the same "
                        "files; give both the same number"
                    )
