"""What the rules of the report hand to their scripts.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection
from typing import Literal

from cogworks.core import paths
from cogworks.core.place import LINK
from cogworks.core.spec import Spec
from cogworks.report.exhibit import ExhibitSpec

# Encoder, data set, protocol.
JobKey = tuple[str, str, str]
# Top-1 on the seen data set; mean log odds and mean top-1 over the transfer sets.
Measure = Literal["train", "transfer", "transfer_top1"]


class ScoreFiles(Spec):
    """The score tables of probe jobs, as names and positions.

    Thousands of paths would not fit on a command line; positions do.
    """

    names: list[list[str]]
    """Encoders, data sets and protocols, each name once."""
    jobs: list[list[int]]
    """For each job the three positions in `names`."""

    @classmethod
    def of(cls, jobs: Collection[JobKey]) -> "ScoreFiles":
        """Return the tables of these jobs, in this order."""
        names = [list(dict.fromkeys(job[part] for job in jobs)) for part in range(3)]
        places = [{name: i for i, name in enumerate(part)} for part in names]
        return cls(
            names=names,
            jobs=[[place[name] for place, name in zip(places, job, strict=True)] for job in jobs],
        )

    @property
    def paths(self) -> list[str]:
        """Return the paths of the tables."""
        return [
            paths.scores(*(names[i] for names, i in zip(self.names, job, strict=True)))
            for job in self.jobs
        ]


class Paper(Spec):
    """Files with the thesis's figures."""

    names: list[str]
    folder: str = str(LINK / "resources" / "paper")

    @property
    def paths(self) -> list[str]:
        """Return the paths of the files."""
        return [f"{self.folder}/{name}.csv" for name in self.names]


NO_PAPER = Paper(names=[])
LINEAR_PROBE = Paper(names=["cog_linear_probe", "cog_models"])


class Named(Spec):
    """Something with a name in the config and a text to show."""

    name: str
    label: str


class EncoderRow(Named):
    """An encoder as it is shown."""

    category: str | None
    """Category of table 3.2, for a published model."""
    recipe: dict[str, str]
    """Headings and texts of how it was trained: what tells it from the others."""


class SetColumn(Named):
    """A data set as it is shown."""

    protocol: str
    """Protocol whose scores stand for it."""
    published: str | None
    """What the thesis's tables call it."""


class ScoresSpec(ExhibitSpec):
    """An exhibit of scores, perhaps beside the thesis's."""

    scores: ScoreFiles
    paper: Paper = NO_PAPER

    @property
    def files(self) -> list[str]:
        """Return the tables of scores and the files of published figures."""
        return [*self.scores.paths, *self.paper.paths]


class CollectSpec(ScoresSpec):
    """All scores together."""

    baseline: str | None
    """Encoder that the others are shown relative to."""


class AllScoresSpec(ScoresSpec):
    """The table of all scores."""

    labels: dict[str, str]
    """Names to show for encoders and data sets."""


class LevelsSpec(ScoresSpec):
    """Top-1 of encoders on data sets."""

    baseline: str
    encoders: list[EncoderRow]
    columns: list[SetColumn]


class Ranking(Spec):
    """The levels of one ranking."""

    label: str
    columns: list[SetColumn]


class RankingsSpec(ScoresSpec):
    """Top-1 by level for other rankings."""

    encoders: list[EncoderRow]
    seen: SetColumn | None
    rankings: list[Ranking]
    random: list[SetColumn]
    """Random groups of concepts."""


class OwnJob(Spec):
    """An encoder that was fine-tuned, and the protocol of its own classifier."""

    encoder: str
    protocol: str


class TunedEncoder(Named):
    """An encoder and, by data set, those that were fine-tuned from it."""

    tuned: dict[str, OwnJob]


class FineTuningSpec(ScoresSpec):
    """Frozen features against fine-tuning."""

    encoders: list[TunedEncoder]
    columns: list[SetColumn]


class TransferSpec(ScoresSpec):
    """The training task against transfer."""

    baseline: str
    encoders: list[EncoderRow]
    seen: SetColumn
    transfer: list[SetColumn]


class PlaneSpec(TransferSpec):
    """Encoders in the plane of training task and transfer."""

    families: dict[str, str]
    """What tells the encoders apart where there are too many to name each: a text for each one
    that a run of this plan trained."""


class ProjectorRow(Spec):
    """A configuration of table 4.1."""

    label: str
    encoders: list[str]
    """They differ in their seed alone; none where it was not run."""


class ProjectorSpec(TransferSpec):
    """The projector's size, in the two blocks of table 4.1."""

    layers: list[ProjectorRow]
    """Without projector, and with one by its number of hidden layers."""
    widths: list[ProjectorRow]
    """By the width of a hidden layer."""
    default: tuple[int, int]
    """Positions of the default configuration in the two."""


class Point(Spec):
    """Encoders with the same value of the number by which they differ from others."""

    value: float
    encoders: list[str]
    """They differ in their seed alone."""


class Series(Spec):
    """Encoders that agree in everything but one number."""

    label: str
    """What tells the series from the others."""
    points: list[Point]
    """In ascending order."""
    reference: list[str]
    """Encoders of the same recipe on the real images, where these are on clones of them."""


class AblationSpec(TransferSpec):
    """Training and transfer along one number of the recipe."""

    property: str
    """Heading of the number."""
    measures: list[Measure]
    """What to show, each in a panel of its own."""
    series: list[Series]


class EvalSet(Spec):
    """A column of a table of test sets."""

    label: str
    published: str | None
    members: list[list[str]]
    """Pairs of data set and test set: more than one for a group."""


class EvalSetsSpec(ScoresSpec):
    """Several test sets of the same classes."""

    protocol: str
    dataset: str
    """Label of the data set."""
    encoders: list[EncoderRow]
    test_sets: list[EvalSet]


class Group(Spec):
    """Data sets over which measures are averaged."""

    name: str
    datasets: list[str]


class FeaturesSpec(ExhibitSpec):
    """Measures of features."""

    measures: list[str]
    """Tables of the analysis room."""
    baseline: str | None
    encoders: list[EncoderRow]
    groups: list[Group]

    @property
    def files(self) -> list[str]:
        """Return the tables of measures."""
        return self.measures


class ComponentsSpec(FeaturesSpec):
    """Measures with and without multi-crop and projector."""

    corners: dict[str, list[str]]
    """For base, base_mc, base_pr and base_mc_pr the encoders, which differ in their seed alone."""


class SettingRow(Spec):
    """A setting of training runs: one value for each column, an empty text for none."""

    configuration: str
    values: list[str]


class SettingsSpec(ExhibitSpec):
    """The hyper-parameters of training runs (table C.1)."""

    columns: list[str]
    """Names of the columns: all runs first, then single ones."""
    shared: list[SettingRow]
    specific: list[SettingRow]
    paper: Paper

    @property
    def files(self) -> list[str]:
        """Return the file with the thesis's values, if they are shown."""
        return self.paper.paths


class CloneRow(Named):
    """A clone as it is shown."""

    recipe: dict[str, str]
    table: str


class ClonesSpec(ExhibitSpec):
    """Tables of clones, one for each."""

    clones: list[CloneRow]

    @property
    def files(self) -> list[str]:
        """Return the tables of the clones."""
        return [clone.table for clone in self.clones]


class RunRow(Named):
    """A training run as it is shown."""

    metrics: str


class TrainingSpec(ExhibitSpec):
    """The course of training runs."""

    runs: list[RunRow]

    @property
    def files(self) -> list[str]:
        """Return the metrics of the runs."""
        return [run.metrics for run in self.runs]


class TracesSpec(TrainingSpec):
    """What was recorded in the course of training runs."""

    metrics: list[str]
    """Metrics of the training room to draw in one panel."""


class CrossingRow(Spec):
    """One data set's classifier on another one's images, by their labels."""

    encoder: str
    dataset: str
    other: str
    listed: str
    """The list of confident predictions."""


class CrossedSpec(ExhibitSpec):
    """Confident predictions across data sets."""

    crossings: list[CrossingRow]
    classes: list[str]
    """Class tables, for the names of classes."""

    @property
    def files(self) -> list[str]:
        """Return the lists of predictions and the class tables."""
        return [*(crossing.listed for crossing in self.crossings), *self.classes]


class ConceptsSpec(ExhibitSpec):
    """A table of a benchmark's concepts."""

    benchmark: str
    table: str

    @property
    def files(self) -> list[str]:
        """Return the one table."""
        return [self.table]


class RankingSpec(ExhibitSpec):
    """A benchmark's ranking, cut into levels."""

    ranking: str
    levels: str

    @property
    def files(self) -> list[str]:
        """Return the ranking and the levels."""
        return [self.ranking, self.levels]


class ImagesRow(Spec):
    """The manifests of a data set."""

    label: str
    train: str
    test: str


class ImageCountsSpec(ExhibitSpec):
    """Images of each concept."""

    datasets: list[ImagesRow]

    @property
    def files(self) -> list[str]:
        """Return the manifests."""
        return [path for entry in self.datasets for path in (entry.train, entry.test)]
