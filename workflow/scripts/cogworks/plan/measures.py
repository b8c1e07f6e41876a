"""Measures of features that need no classifier.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.analysis.specs import MeasureSpec
from cogworks.config.analysis import Analysis
from cogworks.core.errors import InputError

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan

ALL = "all"


@dataclass(frozen=True, eq=False)
class Measure:
    """The measures of one encoder's features of one data set's split.

    Attributes:
        entry: the name of the entry of the section `analysis` that asks for it.
    """

    plan: Plan = field(repr=False)
    encoder_name: str
    dataset: str
    split: str
    entry: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Return encoder, data set and split: what names it in the plan and in its rule."""
        return self.encoder_name, self.dataset, self.split

    @property
    def section(self) -> Analysis:
        """Return the entry of the section `analysis` that asks for it."""
        return self.plan.config.analysis[self.entry]

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
        section = self.section
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
    for entry, section in plan.config.analysis.items():
        for encoder in plan.encoder_names(section.encoders):
            for name in section.datasets:
                for dataset in plan.members(name):
                    yield Measure(plan, encoder, dataset, section.split, entry)


def groups(measures: Iterable[Measure]) -> dict[str, list[str]]:
    """Return the groups of data sets over which measures are averaged, by their name to show.

    Where an entry of the section `analysis` names none, each of its data sets is a group.
    """
    found: dict[str, list[str]] = {}
    for measure in measures:
        plan, given = measure.plan, measure.section.groups
        for name, members in given.items():
            found[name] = [member for entry in members for member in plan.members(entry)]
        if not given:
            found[measure.dataset] = [measure.dataset]
    return found


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `analysis` that its types cannot show."""
    found = [line for name in plan.config.analysis for line in _problems_of_entry(plan, name)]
    yield from found
    if not found:
        yield from _problems_of_pairs(plan)


def _problems_of_entry(plan: Plan, entry: str) -> Iterator[str]:
    section, key = plan.config.analysis[entry], f"analysis.{entry}"
    for name in plan.encoder_names(section.encoders):
        if name not in plan.encoders:
            known = ", ".join(plan.encoders) or "none"
            yield f"{key}.encoders: {name!r} is not an encoder; known: {known}"
    analysed = set()
    for name in section.datasets:
        try:
            analysed.update(plan.members(name))
        except InputError as error:
            yield f"{key}.datasets: {error}"
    for group, members in section.groups.items():
        for name in members:
            yield from _problems_of_member(plan, f"{key}.groups.{group}", name, analysed)


def _problems_of_member(plan: Plan, key: str, name: str, analysed: set[str]) -> Iterator[str]:
    try:
        missing = set(plan.members(name)) - analysed
    except InputError as error:
        yield f"{key}: {error}"
        return
    if missing:
        datasets = f"{key.partition('.groups.')[0]}.datasets"
        yield f"{key}: {name!r} is not analysed; add it to {datasets}"


def _problems_of_pairs(plan: Plan) -> Iterator[str]:
    """Yield the encoders that two entries measure on one data set: it would be shown twice."""
    owners: dict[tuple[str, str], str] = {}
    for measure in expand(plan):
        pair = (measure.encoder_name, measure.dataset)
        owner = owners.setdefault(pair, measure.entry)
        if owner != measure.entry:
            yield (
                f"analysis.{measure.entry}: {measure.encoder_name} on {measure.dataset} is in "
                f"analysis.{owner} too; leave out one of the two"
            )
