"""Which data set and which encoder plays which part in the report, and what each is called.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cogworks.config.evaluations import Evaluation
from cogworks.config.report import Report, Shown
from cogworks.core.errors import InputError
from cogworks.images.sources.kinds.synsets import Synsets
from cogworks.plan import measures
from cogworks.plan.benchmarks import Benchmark
from cogworks.plan.clones import Clone
from cogworks.plan.evaluations import asked
from cogworks.plan.jobs import Crossing, Job
from cogworks.plan.measures import Measure
from cogworks.plan.plan import Plan
from cogworks.probes.kinds import KINDS
from cogworks.probes.specs import Draw
from cogworks.report import comparable, recipes, repeats
from cogworks.report.reference import BLURRED, DATASETS, LEVELS, LONG_TAIL, TEST_SETS
from cogworks.report.specs import (
    NO_PAPER,
    AdvantageSpec,
    CloneRow,
    CrossedSpec,
    CrossingRow,
    EncoderRow,
    FeaturesSpec,
    Group,
    ImagesRow,
    JobKey,
    LevelsSpec,
    Measurement,
    MeasuresSpec,
    ModelsSpec,
    Named,
    Paper,
    RunRow,
    ScoreFiles,
    SetColumn,
    SetGroup,
    TransferSpec,
)
from cogworks.report.transfer_sets import in_order

# The chapters of the thesis about concepts and about clones.
CONCEPTS, CLONES = 3, 5


@dataclass(frozen=True)
class Roles:
    """The roles that data sets and encoders play in one part of the report of a plan.

    Attributes:
        plan: the plan.
        part: the part's name in `report.parts`; empty where the report has one part only.
    """

    plan: Plan
    part: str = ""

    @cached_property
    def section(self) -> Report:
        """Return the section `report` of the config, with the keys of this part."""
        report = self.plan.config.report
        if report.parts is None:
            return report
        part = report.parts[self.part]
        return report.model_copy(update={key: getattr(part, key) for key in Shown.model_fields})

    @property
    def key(self) -> str:
        """Return where the config has the keys of this part."""
        return f"report.parts.{self.part}" if self.part else "report"

    @property
    def title(self) -> str:
        """Return the heading of this part, empty where the report has one part only."""
        parts = self.plan.config.report.parts
        return parts[self.part].title if parts else ""

    def named(self, name: str) -> str:
        """Return a name with that of the part in front, so that it is the only one of its kind."""
        return f"{self.part}_{name}" if self.part else name

    @property
    def chapter(self) -> int | None:
        """Return the chapter of the thesis that this part is like, None for no certain one."""
        return self.section.chapter

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        """Return the entries of the section `evaluations` that this part shows."""
        sections = self.plan.config.evaluations
        names = self.section.evaluations
        return [sections[name] for name in (sections if names is None else names)]

    @cached_property
    def jobs(self) -> dict[JobKey, Job]:
        """Return the probe jobs whose scores this part shows."""
        found = self.plan.jobs.items()
        if self.section.evaluations is not None:
            keys = {key for entry in self.evaluations for key, _ in asked(self.plan, entry)}
            found = {key: job for key, job in found if key in keys}.items()
        return {key: job for key, job in found if self._chosen is None or key[0] in self._chosen}

    @cached_property
    def crossings(self) -> list[Crossing]:
        """Return the applications of classifiers to other data sets that this part shows."""
        found = self.plan.crossings.values()
        return [c for c in found if (c.encoder_name, c.dataset, c.protocol_name) in self.jobs]

    @cached_property
    def measures(self) -> list[Measure]:
        """Return the measures of the features of this part's encoders."""
        names = self._chosen
        if names is None and self.section.evaluations is not None:
            names = {encoder for encoder, *_ in self.jobs}
        found = self.plan.measures.values()
        return [measure for measure in found if names is None or measure.encoder_name in names]

    @property
    def benchmarks(self) -> dict[str, Benchmark]:
        """Return the benchmarks by name: none in the parts of chapters that have no concepts."""
        return self.plan.benchmarks if self.chapter in (None, CONCEPTS) else {}

    @cached_property
    def evaluated(self) -> list[str]:
        """Return every data set on which something is evaluated, groups of pools included."""
        return list(dict.fromkeys(dataset for _, dataset, _ in self.jobs))

    @cached_property
    def levels(self) -> list[str]:
        """Return the data sets of the levels, nearest first; empty where none is evaluated."""
        given = self.section.levels
        if given is not None:
            names = [given] if isinstance(given, str) else given
            return [member for name in names for member in self.expand(name)]
        for entry in self.evaluations:
            for name in entry.datasets:
                if self._class_part(name) == "levels" and entry.pool is None:
                    members = self.plan.members(name)
                    if set(members) <= set(self.evaluated):
                        return members
        return []

    @cached_property
    def seen(self) -> str | None:
        """Return the data set of the seen concepts, None where none is evaluated."""
        if self.section.seen is not None:
            return self.section.seen
        return next((name for name in self.evaluated if self._class_part(name) == "seen"), None)

    @cached_property
    def blurred(self) -> str | None:
        """Return the data set of the seen concepts with blurred faces, None where there is none."""
        return next((name for name in self.evaluated if self.published_name(name) == BLURRED), None)

    @cached_property
    def axis(self) -> list[str]:
        """Return the seen data set (if any) and the levels: the horizontal axis of figure 3.4."""
        return self.levels if self.seen is None else [self.seen, *self.levels]

    @cached_property
    def transfer(self) -> list[str]:
        """Return the data sets over which the transfer score is taken."""
        given = self.section.transfer
        if given is not None:
            return [member for name in given for member in self.expand(name)]
        return [name for name in self.evaluated if self._is_transfer(name)]

    def _is_transfer(self, name: str) -> bool:
        """Say whether a data set is one for transfer where the config names none.

        Groups of pools, other images of the seen concepts (blurred ones) and long-tailed data sets
        are none: they have exhibits of their own.
        """
        return (
            name in self.plan.image_sets
            and name != self.seen
            and self._class_part(name) != "seen"
            and self.published_name(name) not in LONG_TAIL
            and self._is_linear(name)
        )

    def expand(self, name: str) -> list[str]:
        """Return the evaluated data sets that a name stands for, groups of a pool included.

        Raises:
            InputError: no evaluation has such a data set.
        """
        known = self.evaluated
        if name in self.plan.config.images:
            members = self.plan.members(name)
            if all(member in known for member in members):
                return members
        if name in known:
            return [name]
        members = self._groups(name)
        if members:
            return members
        raise InputError(f"{name!r} is not an evaluated data set; evaluated are {listed(known)}")

    @cached_property
    def protocols(self) -> dict[str, str]:
        """Return, for every evaluated data set, the protocol whose scores stand for it.

        That is `report.protocol` where it is evaluated on the data set, else the first one there
        that trains a linear classifier, else the first one.
        """
        found: dict[str, dict[str, None]] = {}
        for _, dataset, protocol in self.jobs:
            found.setdefault(dataset, {})[protocol] = None
        result = {}
        for dataset, names in found.items():
            linear = [name for name in names if KINDS.load(self._kind(name)).tuned]
            wanted = [name for name in names if name == self.section.protocol]
            result[dataset] = [*wanted, *linear, *names][0]
        return result

    @cached_property
    def baseline(self) -> str | None:
        """Return the encoder that others are compared with, by default the first on the levels."""
        if self.section.baseline is not None:
            return self.section.baseline
        return next(iter(self.scored(self.axis) or self.scored(self.evaluated)), None)

    def scored(self, datasets: Iterable[str]) -> list[str]:
        """Return the encoders that have a score on one of `datasets`, in the evaluations' order."""
        wanted = {(name, self.protocols.get(name)) for name in datasets}
        found = [encoder for encoder, *rest in self.jobs if tuple(rest) in wanted]
        return list(dict.fromkeys(found))

    @cached_property
    def probed(self) -> set[str]:
        """Return the encoders of whose features there are scores, not of own classifiers alone."""
        return {name for (name, _, _), job in self.jobs.items() if not job.kind.own}

    def label(self, name: str) -> str:
        """Return how the report calls an encoder or a data set."""
        given = self.section.labels.get(name)
        if given is not None:
            return given
        if name in self.levels:
            return f"L{self.levels.index(name) + 1}"
        return "seen" if name == self.seen else name

    def published_name(self, dataset: str) -> str | None:
        """Return what the thesis calls a data set or test set, None where it has no such one."""
        given = self.section.published_as.get(dataset)
        if given is not None:
            return given
        if dataset == BLURRED:
            return BLURRED
        if dataset == self.seen and dataset not in DATASETS:
            return "in1k"
        name = f"cog_l{self.levels.index(dataset) + 1}" if dataset in self.levels else dataset
        section = self.plan.config.images.get(dataset)
        if section is not None and section.source.dataset is not None:
            name = section.source.dataset.lower()
        return name if name in DATASETS or name in TEST_SETS else None

    def published_dataset(self, name: str) -> str | None:
        """Return what the thesis calls a data set, None where it has no such one."""
        found = self.published_name(name)
        return None if found in TEST_SETS else found

    def published_encoder(self, name: str) -> str | None:
        """Return which of the thesis's encoders this is: itself, or one that was trained like it.

        A run stands for the encoder that it is labelled as, if it has the numbers of a recipe.
        """
        encoder = self.plan.encoders[name]
        if encoder.run is None:
            return encoder.section.registry
        return self.label(name) if comparable.is_recipe(encoder.run) else None

    def differences(self, dataset: str) -> Iterator[str]:
        """Yield the settings by which the scores on a data set are others than in the thesis."""
        published = self.published_dataset(dataset)
        if published in DATASETS:
            protocol = self.protocols[dataset]
            yield from comparable.of_scores(self.plan, dataset, protocol, published)

    @cached_property
    def published_axis(self) -> list[str]:
        """Return the data sets of the axis that tables B.1 to B.6 have, where they are wanted."""
        if not self.section.published:
            return []
        known = [name for name in self.axis if self.published_name(name) in LEVELS]
        return [name for name in known if self._is_linear(name)]

    @cached_property
    def firsts(self) -> dict[str, str]:
        """Return for each encoder the first of those that differ from it in their seed alone.

        It stands for all of them where they are shown as one.
        """
        return repeats.firsts(self.plan)

    def groups(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return encoders by the one that stands for those that differ in their seed alone."""
        found: dict[str, list[str]] = {}
        for name in names:
            found.setdefault(self.firsts[name], []).append(name)
        return found

    def repeats(self, names: Iterable[str]) -> dict[str, str]:
        """Return by encoder the one that stands for it, without those that stand for themselves."""
        return {
            name: first
            for first, members in self.groups(names).items()
            for name in members
            if members != [first]
        }

    def repeats_of(self, first: str) -> list[str]:
        """Return the encoders for which one stands, itself among them; see `firsts`."""
        return [name for name, found in self.firsts.items() if found == first]

    def label_of(self, first: str) -> str:
        """Return how the report calls the encoders for which one stands, see `firsts`."""
        members = self.repeats_of(first)
        shared = repeats.shared_name([self.label(name) for name in members])
        others = (self.label(name) for name in self.firsts if name not in members)
        return self.label(first) if shared in others else shared

    def encoders(
        self, names: Iterable[str], *, own_classifiers: bool = False, apart: bool = False
    ) -> list[EncoderRow]:
        """Return encoders as they are shown together, with or without their own classifiers.

        Those that differ in their seed alone are one row, unless they are to stay `apart`.
        """
        groups = {name: [name] for name in names} if apart else self.groups(names)
        return [
            EncoderRow(
                name=name,
                label=self.label(name) if apart else self.label_of(name),
                category=self.plan.encoders[name].category,
                published=self.published_encoder(name),
                recipe=recipe,
                differs=next(
                    comparable.of_encoder(self.plan.encoders[name], own_classifier=own_classifiers),
                    "",
                ),
            )
            for name, recipe in zip(
                groups, recipes.recipes(self.plan, list(groups.values())), strict=True
            )
        ]

    def columns(self, datasets: Iterable[str]) -> list[SetColumn]:
        """Return data sets as they are shown."""
        return [
            SetColumn(
                name=name,
                label=self.label(name),
                protocol=self.protocols[name],
                published=published,
                differs=next(self.differences(name), ""),
            )
            for name, published in ((name, self.published_dataset(name)) for name in datasets)
        ]

    def cells(self, encoders: Iterable[str], columns: Collection[SetColumn]) -> set[JobKey]:
        """Return the keys of the jobs whose scores these encoders have on these data sets."""
        return {(name, column.name, column.protocol) for name in encoders for column in columns}

    def score_files(self, cells: Collection[JobKey], *, apart: bool = False) -> ScoreFiles:
        """Return the score tables of those of the cells that are evaluated, in the plan's order.

        Encoders that differ in their seed alone are one, unless they are to stay `apart`.
        """
        keys = [key for key in self.jobs if key in cells]
        names = dict.fromkeys(encoder for encoder, *_ in keys)
        return ScoreFiles.of(keys, {} if apart else self.repeats(names))

    def by_level(
        self,
        datasets: list[str],
        paper: Paper = NO_PAPER,
        *,
        names: list[str] | None = None,
        apart: bool = True,
    ) -> LevelsSpec:
        """Return the spec of what shows encoders, by default those of the axis, on data sets.

        Those that differ in their seed alone stay `apart` where they are compared with a baseline
        seed by seed.
        """
        if names is None:
            names = self.scored(self.axis or datasets)
        columns = self.columns(datasets)
        encoders = self.encoders(names, apart=apart)
        return LevelsSpec(
            scores=self.score_files(self.cells(names, columns), apart=apart),
            paper=paper,
            baseline=self._baseline_of(encoders),
            encoders=encoders,
            columns=columns,
        )

    def comparable(self, paper: Paper, *, others: bool = False) -> LevelsSpec | None:
        """Return what shows scores that may be compared with tables B.1 to B.6; None for none.

        Args:
            paper: published figures to show beside.
            others: whether to leave out the encoders that are published models themselves.
        """
        sets = [name for name in self.published_axis if not any(self.differences(name))]
        rows = [row for row in self.encoders(self.scored(sets)) if not row.differs]
        names = [row.name for row in rows if not (others and row.published)]
        return self.by_level(sets, paper, names=names) if names else None

    @cached_property
    def along_similarity(self) -> AdvantageSpec | None:
        """Return the spec of what shows the advantage by similarity, None where it is not asked."""
        asked, benchmark = self.section.advantage, self.ranked
        names = self.scored(self.axis)
        if asked is None or benchmark is None or self.baseline not in names:
            return None
        rows = {row.name: row for row in self.encoders(names)}
        named = {name: Named(name=name, label=self.label(name)) for name in self.axis}
        return AdvantageSpec(
            baseline=rows.pop(self.baseline),
            encoders=list(rows.values()),
            seen=named.get(self.seen or ""),
            levels=[named[name] for name in self.levels],
            ranking=benchmark.table("ranking"),
            grouped=all(
                isinstance(self.plan.datasets[name].given, Synsets) for name in self.levels
            ),
            **dict(asked),
        )

    @cached_property
    def by_measure(self) -> MeasuresSpec | None:
        """Return the spec of what shows all measures; None where there is one kind of probe.

        Shown are the seen data set and the mean of the levels, or each data set where there are no
        levels.
        """
        groups = self._measured_groups
        names = [name for group in groups for name in group.datasets]
        encoders = self.scored(names)
        protocols = [
            protocol
            for protocol in self.plan.protocols(own=False)
            if all((e, d, protocol) in self.jobs for e in encoders for d in names)
        ]
        rows = self.encoders(encoders, apart=True)
        if len(protocols) < 2 or self.baseline not in encoders:
            return None
        sections = {protocol: self.plan.config.probes[protocol] for protocol in protocols}
        return MeasuresSpec(
            scores=self.score_files(
                {(e, d, p) for e in encoders for d in names for p in protocols}, apart=True
            ),
            baseline=self.baseline,
            encoders=rows,
            groups=groups,
            measures=[
                Measurement(protocol=name, shots=str(shots))
                for name, section in sections.items()
                for shots in section.shots
            ],
        )

    @property
    def _measured_groups(self) -> list[SetGroup]:
        if not self.axis:
            return [SetGroup(label=self.label(name), datasets=[name]) for name in self.evaluated]
        groups = [SetGroup(label=self.label(name), datasets=[name]) for name in [self.seen] if name]
        if self.levels:
            ends = dict.fromkeys(self.label(name) for name in (self.levels[0], self.levels[-1]))
            groups.append(SetGroup(label=" to ".join(ends), datasets=self.levels))
        return groups

    @property
    def ranked(self) -> Benchmark | None:
        """Return the benchmark of whose ranking the levels are a cut; None where there is none."""
        if not all(name in self.plan.datasets for name in self.levels):
            return None
        names = {self.plan.datasets[name].classes.benchmark for name in self.levels}
        return self.plan.benchmarks.get(names.pop() or "") if len(names) == 1 else None

    def trade_off(
        self, paper: Paper = NO_PAPER, *, encoders: Collection[str] | None = None
    ) -> TransferSpec:
        """Return the spec of what shows the training task against transfer; both must be there.

        Args:
            paper: published figures to show beside.
            encoders: those to show of `compared`, which stand for those that differ from them in
                their seed alone; None for all.
        """
        (seen,) = self.columns(name for name in [self.seen] if name)
        transfer = in_order(self.columns(self.transfer))
        names = [n for n in self.compared if encoders is None or self.firsts[n] in encoders]
        rows = self.encoders(names)
        return TransferSpec(
            scores=self.score_files(self.cells(names, [seen, *transfer])),
            paper=paper,
            baseline=self._baseline_of(rows),
            encoders=rows,
            seen=seen,
            transfer=transfer,
        )

    @cached_property
    def all_scores(self) -> ScoreFiles:
        """Return every score table."""
        return ScoreFiles.of(list(self.jobs))

    @cached_property
    def crossed(self) -> CrossedSpec | None:
        """Return the confident predictions across data sets, None where there are none."""
        rows = [self.crossing_row(crossing) for crossing in self.crossings]
        return CrossedSpec(crossings=rows, classes=[]) if rows else None

    def crossing_row(self, crossing: Crossing) -> CrossingRow:
        """Return the predictions of a classifier on another data set as they are shown."""
        return CrossingRow(
            encoder=self.label(crossing.encoder_name),
            dataset=self.label(crossing.dataset),
            other=self.label(crossing.other),
            listed=crossing.listed,
        )

    @cached_property
    def metrics(self) -> set[str]:
        """Return what is measured of features; empty where nothing is."""
        return {metric for m in self.measures for metric in m.section.metrics}

    @cached_property
    def features(self) -> FeaturesSpec:
        """Return the spec of what shows measures of features."""
        alone = {m.dataset for m in self.measures if not m.section.groups}
        groups = measures.groups(self.measures).items()
        names = list(dict.fromkeys(m.encoder_name for m in self.measures))
        return FeaturesSpec(
            measures=[measure.table for measure in self.measures],
            baseline=self.firsts.get(self.section.baseline or ""),
            encoders=self.encoders(names),
            repeats=self.repeats(names),
            groups=[
                Group(name=self.label(name) if name in alone else name, datasets=members)
                for name, members in groups
            ],
        )

    def clones(self, table: str) -> list[CloneRow]:
        """Return the clones with their table `quality` or `similarity` (by a CLIP model).

        There are none in the parts of chapters without clones.
        """
        return [
            CloneRow(
                name=name,
                label=self.label(name),
                recipe=recipes.clone_recipe(clone),
                table=clone.table(table),
            )
            for name, clone in self.drawn.items()
            if table == "quality" or clone.section.clip is not None
        ]

    @cached_property
    def training(self) -> list[RunRow]:
        """Return the training runs of the encoders that are evaluated.

        Those that differ in their seed alone are one row.
        """
        groups: dict[str, dict[str, str]] = {}
        taken: set[str] = set()
        for name in self.scored(self.evaluated):
            run = self.plan.encoders[name].run
            if run is not None and run.name not in taken:
                taken.add(run.name)
                metrics = run.file("metrics.parquet")
                groups.setdefault(self.firsts[name], {})[run.name] = metrics
        return [
            RunRow(
                name=next(iter(found)),
                label=repeats.shared_name([self.label(name) for name in found]),
                metrics=list(found.values()),
            )
            for found in groups.values()
        ]

    @property
    def published_models(self) -> ModelsSpec | None:
        """Return what shows the published models, None in the parts of other chapters."""
        if not self.published_axis or self.chapter not in (None, CONCEPTS):
            return None
        models = {self.plan.encoders[n].section.registry: n for n in self.scored(self.evaluated)}
        evaluated = {model: self.label(name) for model, name in models.items() if model}
        return ModelsSpec(paper=Paper(names=["cog_models"]), evaluated=evaluated)

    def benchmark_of(self, dataset: str) -> Benchmark | None:
        """Return the benchmark that a data set or a group of a pool is a level of, if any."""
        found = self.plan.datasets.get(dataset)
        groups = (job.group for job in self.jobs.values() if job.dataset == dataset)
        of = found.classes if found else next(groups, None)
        name = None if of is None or isinstance(of, Draw) else of.benchmark
        return self.plan.benchmarks.get(name or "")

    def images_row(self, name: str) -> ImagesRow:
        """Return the manifests of a real data set."""
        images = self.plan.datasets[name]
        return ImagesRow(
            label=self.label(name),
            train=[images.manifest("train"), images.manifest("val")],
            test=images.manifest("test"),
            published=self.published_name(name),
        )

    @cached_property
    def pictured(self) -> list[str]:
        """Return the data sets of the axis with manifests of their own: all but pools' groups."""
        return [name for name in self.axis if name in self.plan.datasets]

    @cached_property
    def few_shot_sets(self) -> list[str]:
        """Return the data sets of the few-shot figure: by default first, middle and last level."""
        given = self.section.few_shot
        if given is not None:
            return [member for name in given for member in self.expand(name)]
        members = self.levels or self.axis
        picked = [members[0], members[(len(members) - 1) // 2], members[-1]] if members else []
        return self.with_few_shots(dict.fromkeys(picked))

    def with_few_shots(self, datasets: Iterable[str]) -> list[str]:
        """Return those data sets on which there are scores for several numbers of images."""
        probes = self.plan.config.probes
        return [name for name in datasets if len(probes[self.protocols[name]].shots) > 1]

    @cached_property
    def compared(self) -> list[str]:
        """Return the encoders scored on the seen or a transfer data set, where there are both."""
        if self.seen is None or not self.transfer:
            return []
        return self.scored([self.seen, *self.transfer])

    def pools(self, *, drawn: bool) -> dict[str, list[str]]:
        """Return the groups of each pool: random ones (`drawn`), or those of another ranking."""
        pools = [entry.pool for entry in self.evaluations if entry.pool]
        found = {p.name: self._groups(p.name) for p in pools if (p.benchmark is None) == drawn}
        return {name: members for name, members in found.items() if members}

    @cached_property
    def cloned(self) -> list[str]:
        """Return the data sets of which there are clones."""
        likes = {clone.section.like for clone in self.drawn.values()}
        return sorted(like for like in likes if like is not None)

    @property
    def drawn(self) -> dict[str, Clone]:
        """Return the clones by name: none in the parts of chapters that have no clones."""
        return self.plan.clones if self.chapter in (None, CLONES) else {}

    @cached_property
    def _chosen(self) -> set[str] | None:
        """Return the encoders that the config names for this part; None for all."""
        given = self.section.encoders
        return None if given is None else set(self.plan.encoder_names(given))

    def _groups(self, name: str) -> list[str]:
        """Return the evaluated groups of the pool of this name."""
        return [m for m in self.evaluated if re.fullmatch(rf"{re.escape(name)}_l?\d+", m)]

    def _baseline_of(self, encoders: list[EncoderRow]) -> str:
        """Return the baseline, or the first of the encoders where they are without it."""
        names = [encoder.name for encoder in encoders]
        wanted = (self.baseline, self.firsts.get(self.baseline or ""))
        return next((name for name in wanted if name in names), names[0])

    def _class_part(self, name: str) -> str | None:
        """Return which part of a benchmark's classes an entry of the section `images` has."""
        section = self.plan.config.images.get(name)
        return section.classes.part if section else None

    def _kind(self, protocol: str) -> str:
        return self.plan.config.probes[protocol].kind

    def _is_linear(self, dataset: str) -> bool:
        """Whether a data set's scores are those of linear classifiers."""
        return KINDS.load(self._kind(self.protocols[dataset])).tuned


def parts(plan: Plan) -> list[Roles]:
    """Return the roles of each part of the report, in the order of the page."""
    return [Roles(plan, name) for name in plan.config.report.parts or [""]]


def listed(names: Iterable[str]) -> str:
    """Return names as a text for an error."""
    return ", ".join(names) or "none"
