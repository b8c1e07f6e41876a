"""The plan: what a config stands for. Rules look things up in it and derive nothing themselves.

Built once while the Snakefile is read, and linear in the config. Everything in it is frozen; what
is worked out is kept. Imported while the DAG is planned: Pydantic and the standard library only.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cogworks.config.root import Config
from cogworks.core.errors import InputError
from cogworks.plan import (
    benchmarks,
    clones,
    datasets,
    drawings,
    encoder_checks,
    encoders,
    evaluations,
    generators,
    measures,
    runs,
)
from cogworks.plan.benchmarks import Benchmark
from cogworks.plan.clones import Clone, Sheets
from cogworks.plan.companies import Companies
from cogworks.plan.datasets import Dataset, expand
from cogworks.plan.drawings import Drawing
from cogworks.plan.encoders import Encoder
from cogworks.plan.evaluations import Jobs
from cogworks.plan.folders import Folder, folders
from cogworks.plan.generators import Generator, Given, Trained
from cogworks.plan.jobs import Crossing
from cogworks.plan.measures import Measure
from cogworks.plan.runs import Run
from cogworks.plan.sources import Listed, listed_sources
from cogworks.probes.kinds import KINDS

ImageSet = Dataset | Clone


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a config stands for.

    Attributes:
        config: the typed config.
    """

    config: Config

    @cached_property
    def benchmarks(self) -> dict[str, Benchmark]:
        """Return the benchmarks of concepts by name."""
        return {name: Benchmark(self, name, s) for name, s in self.config.concepts.items()}

    @cached_property
    def folders(self) -> dict[str, Folder]:
        """Return the folders of classes that are listed once for all, by their real paths."""
        return folders(self)

    @cached_property
    def folder_of(self) -> dict[str, Folder]:
        """Return the same folders by their names."""
        return {folder.name: folder for folder in self.folders.values()}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Return every real data set by its expanded name: a family's members, not the family."""
        return {found.name: found for found in expand(self)}

    @cached_property
    def sources(self) -> dict[str, Listed]:
        """Return the sources that are listed once for all, by their texts."""
        return listed_sources(self)

    @cached_property
    def source_of(self) -> dict[str, Listed]:
        """Return the same sources by their names."""
        return {found.name: found for found in self.sources.values()}

    @cached_property
    def generators(self) -> dict[str, Generator]:
        """Return the text-to-image models by name."""
        found = self.config.synthesis.generators
        return {name: generators.make(self, name, section) for name, section in found.items()}

    @property
    def given_generators(self) -> dict[str, Given]:
        """Return the generators that the user brings by name."""
        found = self.generators.items()
        return {name: generator for name, generator in found if isinstance(generator, Given)}

    @property
    def trained_generators(self) -> dict[str, Trained]:
        """Return the generators that the workflow trains by name."""
        found = self.generators.items()
        return {name: generator for name, generator in found if isinstance(generator, Trained)}

    @cached_property
    def clones(self) -> dict[str, Clone]:
        """Return the clones by name."""
        found = self.config.synthesis.clones
        return {name: Clone(self, name, section) for name, section in found.items()}

    @cached_property
    def drawings(self) -> dict[str, Drawing]:
        """Return what is drawn by name: clones that differ in `multiple` alone share one."""
        return drawings.drawings(self)

    @cached_property
    def drawing_of(self) -> dict[str, Drawing]:
        """Return the drawing of each clone by the clone's name."""
        return {clone.name: found for found in self.drawings.values() for clone in found.clones}

    @cached_property
    def sheets(self) -> dict[str, Sheets]:
        """Return the contact sheets of every data set of which there are clones by its name."""
        return clones.sheets(self)

    @cached_property
    def image_problems(self) -> list[str]:
        """Return the errors of the sections `concepts` and `images`, a line each."""
        return [*benchmarks.problems(self), *datasets.problems(self)]

    @cached_property
    def clone_problems(self) -> list[str]:
        """Return the errors of the section `synthesis`, a line each."""
        found = [*generators.problems(self), *clones.problems(self)]
        return found or list(drawings.problems(self))

    def images(self, name: str) -> ImageSet:
        """Return the real data set or the clone of this (expanded) name."""
        found: ImageSet | None = self.datasets.get(name) or self.clones.get(name)
        if found is None:
            known = ", ".join(self.image_sets) or "none"
            raise InputError(f"{name!r} is not a data set; known: {known}")
        return found

    @cached_property
    def families(self) -> dict[str, list[str]]:
        """Return the members of each family of data sets (`cog`: `cog_l1`, `cog_l2` ...)."""
        families: dict[str, list[str]] = {}
        for found in self.datasets.values():
            if found.family is not None:
                families.setdefault(found.family, []).append(found.name)
        return families

    @cached_property
    def image_sets(self) -> list[str]:
        """Return all names that `members` knows, families first where they are declared."""
        names = [*self.config.images, *self.datasets, *self.clones]
        return list(dict.fromkeys(names))

    def members(self, name: str) -> list[str]:
        """Return the data sets that `name` stands for: a family's members, else `name` itself.

        Raises:
            InputError: there is no such data set.
        """
        if name in self.families:
            return self.families[name]
        return [self.images(name).name]

    def sample_inputs(self, name: str) -> dict[str, list[str]]:
        """Return what a contact sheet of a data set or family shows, member by member."""
        members = [self.images(member) for member in self.members(name)]
        return {
            "classes": [member.class_table for member in members],
            "train": [member.manifest("train") for member in members],
            "test": [member.manifest("test") for member in members],
        }

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Return every training run by its expanded name: a sweep's members, not the sweep."""
        return {run.name: run for run in runs.expand(self)}

    @cached_property
    def run_names(self) -> dict[str, list[str]]:
        """Return the names of the runs that each name of the section `training` stands for.

        They are there where a run's values are not good, too.
        """
        return {
            name: [member for member, _ in runs.choices(name, section.sweep)]
            for name, section in self.config.training.items()
        }

    @cached_property
    def sweeps(self) -> dict[str, list[Run]]:
        """Return the runs that each name of the section `training` stands for."""
        sweeps: dict[str, list[Run]] = {name: [] for name in self.config.training}
        for run in self.runs.values():
            sweeps[run.declared].append(run)
        return sweeps

    @cached_property
    def run_problems(self) -> list[str]:
        """Return the errors of the section `training` that its classes cannot see."""
        return list(runs.problems(self))

    @cached_property
    def encoders(self) -> dict[str, Encoder]:
        """Return every encoder by its name; one of a sweep of runs stands for one a run."""
        return {found.name: found for found in encoders.expand(self)}

    @cached_property
    def companies(self) -> Companies:
        """Return which encoders share one decoding of the same images."""
        return Companies(self)

    @cached_property
    def encoder_families(self) -> dict[str, list[str]]:
        """Return the names of the encoders that each name of the section `encoders` stands for."""
        return encoders.families(self)

    def encoder_names(self, given: list[str] | Literal["all"]) -> list[str]:
        """Return the encoders that a list of the config names, each once.

        What is not known stays in the list, for an error to name it.
        """
        if given == "all":
            return list(self.encoders)
        members = (self.encoder_families.get(name, [name]) for name in given)
        return list(dict.fromkeys(itertools.chain.from_iterable(members)))

    @property
    def extraction_threads(self) -> int:
        """Return the threads of an extraction: a GPU needs several decoding cores to stay busy."""
        return 8 * self.config.compute.gpus or 2

    @cached_property
    def encoder_problems(self) -> list[str]:
        """Return the errors of the section `encoders` that its classes cannot see."""
        return list(encoder_checks.problems(self))

    @cached_property
    def jobs(self) -> Jobs:
        """Return every probe job by (encoder, data set or group, protocol)."""
        return evaluations.jobs(self)

    @cached_property
    def crossings(self) -> dict[tuple[str, str, str, str], Crossing]:
        """Return every (encoder, data set, other, protocol) whose classifiers cross over."""
        return {crossing.key: crossing for crossing in evaluations.crossings(self)}

    @property
    def probe_threads(self) -> int:
        """Return the threads of a job: on a GPU the processor only draws orders and reads files."""
        return 2 if self.config.compute.gpus == 0 else 4

    def protocols(self, *, own: bool) -> list[str]:
        """Return the protocols that score the encoders' own classifiers, or all others."""
        sections = self.config.probes.items()
        return [name for name, section in sections if KINDS.load(section.kind).own is own]

    @cached_property
    def measures(self) -> dict[tuple[str, str, str], Measure]:
        """Return every (encoder, data set, split) whose features are measured."""
        return {measure.key: measure for measure in measures.expand(self)}
