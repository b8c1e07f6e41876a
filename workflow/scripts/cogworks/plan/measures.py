"""Measures of features that need no classifier.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.analysis.specs import MeasureSpec
from cogworks.core.errors import InputError

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan

ALL = "all"


@dataclass(frozen=True, eq=False)
class Measure:
    """The measures of one encoder's features of one data set's split."""

    plan: Plan = field(repr=False)
    encoder_name: str
    dataset: str
    split: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Return encoder, data set and split: what names it in the plan and in its rule."""
        return self.encoder_name, self.dataset, self.split

    @property
    def table(self) -> str:
        """Return the table of its measures."""
        return f"results/analysis/{self.encoder_name}/{self.dataset}/{self.split}.parquet"

    @property
    def inputs(self) -> dict[str, list[str]]:
        """Return the feature arrays that it reads, and their indices."""
        encoder = self.plan.encoders[self.encoder_name]
        splits = ("train", "test") if self.split == ALL else (self.split,)
        found = [encoder.features(self.dataset, split) for split in splits]
        return {"features": [f.array for f in found], "index": [f.table for f in found]}

    @property
    def spec(self) -> MeasureSpec:
        """Return what it depends on besides the features."""
        section = self.plan.config.analysis
        return MeasureSpec(
            encoder=self.encoder_name,
            dataset=self.dataset,
            split=self.split,
            metrics=list(section.metrics),
            sparsity_threshold=section.sparsity_threshold,
            coding_eps2=section.coding_eps2,
        )


def expand(plan: Plan) -> Iterator[Measure]:
    """Yield every measure that the section `analysis` asks for."""
    section = plan.config.analysis
    for encoder in plan.encoder_names(section.encoders):
        for name in section.datasets:
            for dataset in plan.members(name):
                yield Measure(plan, encoder, dataset, section.split)


def groups(plan: Plan) -> dict[str, list[str]]:
    """Return the groups of data sets over which measures are averaged, by their name to show.

    Where the config names none, every data set is a group of its own.
    """
    given = plan.config.analysis.groups
    if given:
        return {
            name: [member for entry in members for member in plan.members(entry)]
            for name, members in given.items()
        }
    return {found.dataset: [found.dataset] for found in plan.measures.values()}


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `analysis` that its types cannot show."""
    for name in plan.encoder_names(plan.config.analysis.encoders):
        if name not in plan.encoders:
            known = ", ".join(plan.encoders) or "none"
            yield f"analysis.encoders: {name!r} is not an encoder; known: {known}"
    analysed = set()
    for name in plan.config.analysis.datasets:
        try:
            analysed.update(plan.members(name))
        except InputError as error:
            yield f"analysis.datasets: {error}"
    for group, members in plan.config.analysis.groups.items():
        for name in members:
            yield from _problems_of_member(plan, f"analysis.groups.{group}", name, analysed)


def _problems_of_member(plan: Plan, key: str, name: str, analysed: set[str]) -> Iterator[str]:
    try:
        missing = set(plan.members(name)) - analysed
    except InputError as error:
        yield f"{key}: {error}"
        return
    if missing:
        yield f"{key}: {name!r} is not analysed; add it to analysis.datasets"
