"""Benchmarks of concepts: from WordNet to levels.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.counts import TABLE_SUFFIXES, is_folder
from cogworks.concepts.similarities import SIMILARITIES, RankSpec
from cogworks.concepts.specs import LevelSpec, ScanSpec, SelectSpec
from cogworks.concepts.wnid_lists import NAMED
from cogworks.concepts.wordnet import database_files
from cogworks.config import concepts as config
from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of
from cogworks.core.needs import lacking
from cogworks.plan.folders import real

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan

TABLES = ("eligible", "seen", "ranking", "levels")
SUMMARIES = ("filters", "level_summary")
# Keys whose paths may be folders.
FOLDERS = ("wordnet", "image_counts")


@dataclass(frozen=True, eq=False)
class Benchmark:
    """One benchmark (thesis, section 3.3)."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Benchmark

    def table(self, name: str) -> str:
        """Return the path of one of its tables, such as `levels` or `ranking`."""
        return f"results/concepts/{self.name}/{name}.parquet"

    def summary(self, name: str) -> str:
        """Return the path of one of its CSVs: `filters`, `level_summary` or `image_counts`."""
        return f"results/concepts/{self.name}/{name}.csv"

    @property
    def targets(self) -> list[str]:
        """Return all files that the workflow makes for it."""
        return [*map(self.table, TABLES), *map(self.summary, SUMMARIES)]

    @property
    def counted(self) -> list[str]:
        """Return the folders, packs and tables that say how many images there are."""
        return list_of(self.section.image_counts)

    @property
    def scan_spec(self) -> ScanSpec:
        """Return where its images are counted; of a folder it is the table beside its index."""
        folders = self.plan.folders
        tables = [folders[real(p)].counts if is_folder(p) else p for p in self.counted]
        return ScanSpec(benchmark=self.name, sources=tables)

    @property
    def scan_files(self) -> list[str]:
        """Return the tables and packs in which images are counted."""
        return [path for path in self.scan_spec.sources if not Path(path).is_dir()]

    @cached_property
    def select_spec(self) -> SelectSpec:
        """Return what the selection depends on; the seed is in it where something is drawn."""
        return SelectSpec(
            benchmark=self.name,
            wordnet=self.section.wordnet,
            pool=self.section.pool,
            seen=self.section.seen,
            seen_limit=self.section.seen_limit,
            seed=None if self.section.seen_limit is None else self.section.seed,
            image_counts=self._counts,
            min_images=self.section.min_images,
            discard=self.section.discard,
            drop_seen_ancestors=self.section.drop_seen_ancestors,
            exclude_subtrees=self.section.exclude_subtrees,
            leaves_only=self.section.leaves_only,
            members=self._members,
        )

    @property
    def select_files(self) -> list[str]:
        """Return the files that the selection reads."""
        spec = self.select_spec
        given = (*list_of(spec.pool), spec.seen, spec.discard, spec.image_counts, spec.members)
        files = [path for path in given if path is not None and path not in NAMED]
        return list(dict.fromkeys(files)) + database_files(spec.wordnet)

    @cached_property
    def rank_spec(self) -> RankSpec:
        """Return what the ranking depends on: the keys that its similarity and tie rule use."""
        spec = SIMILARITIES.load(self.section.similarity).spec
        own = self.section.model_dump(include=set(spec.model_fields))
        seed = self.section.seed if self.section.ties == "random" else None
        found: RankSpec = spec.model_validate(own | {"benchmark": self.name, "seed": seed})
        return found

    @property
    def rank_files(self) -> list[str]:
        """Return the files that the ranking reads, besides the tables of the selection."""
        return self.rank_spec.files + database_files(self.section.wordnet)

    @property
    def similarity_module(self) -> str:
        """Return the module of its similarity, on whose code its ranking depends."""
        return SIMILARITIES.module(self.section.similarity)

    @property
    def level_spec(self) -> LevelSpec:
        """Return how its ranking is cut into levels."""
        return LevelSpec(benchmark=self.name, **dict(self.section.levels))

    @property
    def level_files(self) -> list[str]:
        """Return the user's files that the levels come from, besides the ranking."""
        return list_of(self.section.levels.published)

    @property
    def missing(self) -> list[str]:
        """Return a line for each path of its section that does not exist."""
        lists = {"pool": list_of(self.section.pool), "seen": [self.section.seen]}
        given = {
            "wordnet": self.section.wordnet,
            "image_counts": self.section.image_counts,
            "discard": self.section.discard,
            **{key: [path for path in value if path not in NAMED] for key, value in lists.items()},
            "word_vectors.file": self.section.word_vectors.file,
            "levels.published": self.section.levels.published,
        }
        return [
            line
            for key, value in given.items()
            for path in list_of(value)
            for line in lacking(f"concepts.{self.name}.{key}", path, folder=key in FOLDERS)
        ]

    def problems(self) -> Iterator[str]:
        """Yield the errors of its section that its types cannot show."""
        key = f"concepts.{self.name}"
        if self.section.min_images is not None and self.section.image_counts is None:
            yield (
                f"{key}.min_images: {self.section.min_images} needs image_counts, a table "
                "(wnid,images; .csv) or a folder to count in; or set min_images to null"
            )
        yield from self._problems_of_members(f"{key}.members_of")
        try:
            database_files(self.section.wordnet)
        except InputError as error:
            yield f"{key}.wordnet: {error}"
        yield from (f"{key}.{problem}" for problem in self.rank_spec.problems())

    def _problems_of_members(self, key: str) -> Iterator[str]:
        visited = [self.name]
        other = self.section.members_of
        while other is not None:
            if other not in self.plan.benchmarks:
                known = ", ".join(self.plan.benchmarks)
                yield f"{key}: {other!r} is not a benchmark; known: {known}"
                return
            if other in visited:
                yield f"{key}: {' -> '.join([*visited, other])} goes round in a circle"
                return
            visited.append(other)
            other = self.plan.benchmarks[other].section.members_of

    @property
    def _counts(self) -> str | None:
        given = self.counted
        if len(given) == 1 and given[0].lower().endswith(TABLE_SUFFIXES):
            return given[0]
        return self.summary("image_counts") if given else None

    @property
    def _members(self) -> str | None:
        other = self.section.members_of
        return None if other is None else self.plan.benchmarks[other].table("levels")


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `concepts` that its types cannot show."""
    for benchmark in plan.benchmarks.values():
        yield from benchmark.problems()
