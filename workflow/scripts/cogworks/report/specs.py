"""What the rules of the report hand to their scripts.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

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
    repeats: dict[str, str] = Field(default_factory=dict)
    """Of encoders that differ in their seed alone, the name of that which stands for them."""

    @classmethod
    def of(
        cls, jobs: Collection[JobKey], repeats: Mapping[str, str] = MappingProxyType({})
    ) -> "ScoreFiles":
        """Return the tables of these jobs, in this order."""
        names = [list(dict.fromkeys(job[part] for job in jobs)) for part in range(3)]
        places = [{name: i for i, name in enumerate(part)} for part in names]
        return cls(
            names=names,
            jobs=[[place[name] for place, name in zip(places, job, strict=True)] for job in jobs],
            repeats=dict(repeats),
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
LINEAR_PROBE = Paper(names=["cog_linear_probe"])


class Named(Spec):
    """Something with a name in the config and a text to show."""

    name: str
    label: str


class EncoderRow(Named):
    """An encoder as it is shown."""

    category: str | None
    """Category of table 3.2, for a published model."""
    published: str | None = None
    """Its name in the thesis, for a published model."""
    recipe: dict[str, str]
    """Headings and texts of how it was trained: what tells it from the others."""
    differs: str = ""
    """The first setting by which its features are others than in the thesis, as a clause."""


class SetColumn(Named):
    """A data set as it is shown."""

    protocol: str
    """Protocol whose scores stand for it."""
    published: str | None
    """What the thesis's tables call it."""
    differs: str = ""
    """The first setting by which its scores are others than in the thesis, as a clause."""


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


class Measurement(Spec):
    """A protocol with a number of training images of each class."""

    protocol: str
    shots: str

    @property
    def label(self) -> str:
        """Return it in words."""
        if self.shots == "all":
            return f"{self.protocol}, all images"
        return f"{self.protocol}, {self.shots} image{'s' * (self.shots != '1')} of each class"


class SetGroup(Spec):
    """Data sets over which a mean is shown."""

    label: str
    datasets: list[str]


class MeasuresSpec(ScoresSpec):
    """Top-1 of encoders by every measure, on groups of data sets."""

    baseline: str
    encoders: list[EncoderRow]
    groups: list[SetGroup]
    measures: list[Measurement]


class AdvantageSpec(ExhibitSpec):
    """The advantage over a baseline along similarity to the seen concepts."""

    baseline: EncoderRow
    encoders: list[EncoderRow]
    """All but the baseline."""
    seen: Named | None
    levels: list[Named]
    ranking: str
    """The ranking of which the levels are a cut."""
    grouped: bool
    """Whether the concepts come from several data sets, which the ids of images begin with."""
    classes: int
    images: int | None
    window: int

    @property
    def datasets(self) -> list[str]:
        """Return the seen data set, if any, and the levels."""
        return [entry.name for entry in [*([self.seen] if self.seen else []), *self.levels]]

    @property
    def files(self) -> list[str]:
        """Return the ranking and the features."""
        return [
            self.ranking,
            *(
                path
                for encoder in [self.baseline, *self.encoders]
                for dataset in self.datasets
                for split in ("train", "test")
                for path in paths.features(encoder.name, dataset, split)
            ),
        ]


class ConceptSet(Spec):
    """The classes of a data set and their test images."""

    classes: str
    test: str


class ByConceptSpec(LevelsSpec):
    """Encoders concept by concept."""

    seen: str | None
    """Data set of the seen concepts, where there are unseen ones."""
    sets: list[ConceptSet]
    """Those of `columns`."""
    ranking: str | None
    """Where the unseen concepts have their similarities."""
    wordnet: str | None
    """Folder of the ontology; None for the WordNet that is found."""

    @property
    def files(self) -> list[str]:
        """Return the tables of scores, of classes and of images, and the ranking."""
        sets = [path for found in self.sets for path in (found.classes, found.test)]
        return [*super().files, *sets, *([self.ranking] if self.ranking else [])]


class FewShotSpec(LevelsSpec):
    """Top-1 of encoders on data sets by number of training images."""

    relative: bool
    """Whether to show the difference to the baseline."""


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
    encoder: str | None
    """None where it was not run."""


class ProjectorSpec(TransferSpec):
    """The projector's size, in the two blocks of table 4.1."""

    layers: list[ProjectorRow]
    """Without projector, and with one by its number of hidden layers."""
    widths: list[ProjectorRow]
    """By the width of a hidden layer."""
    default: tuple[int, int]
    """Positions of the default configuration in the two."""


class Point(Spec):
    """An encoder, and the value of the number by which it differs from others."""

    value: float
    encoder: str


class Series(Spec):
    """Encoders that agree in everything but one number."""

    label: str
    """What tells the series from the others."""
    points: list[Point]
    """In ascending order."""
    reference: str | None
    """The encoder of the same recipe on the real images, where these are on clones of them."""


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
    differs: str = ""
    """As for a `SetColumn`."""


class EvalSetsSpec(ScoresSpec):
    """Several test sets of the same classes."""

    protocol: str
    dataset: str
    """Label of the data set."""
    published: str | None
    """What the thesis's tables call it."""
    encoders: list[EncoderRow]
    test_sets: list[EvalSet]


class SharedSet(Spec):
    """A test set of the classes of several data sets: a column of table 5.2."""

    label: str
    published: str | None
    parts: dict[str, EvalSet]
    """By the data set whose classes were learned."""


class DataRow(Named):
    """An encoder in the tables of chapter 5: what it was trained on."""

    block: str
    """The real data set whose classes it learned; empty where there is none."""
    data: str
    """What the training set is called."""
    real: bool
    """Whether its training images are real."""
    size: str
    """Images, as a multiple of the real data set's; empty for it."""
    scale: str
    """Guidance scale; empty for real images."""
    model: str
    """The prompt of a clone, or the encoder's label."""
    published: str | None = None
    """Which row of the thesis's table it is (`clone_rows.row_name`); None where it has no such."""
    differs: str = ""
    """The first setting by which its scores are others than those of that row, as a clause."""


class PublishedRow(Spec):
    """A model that the thesis's table has and the run has not."""

    block: str
    data: str
    model: str


class DataTableSpec(ScoresSpec):
    """Encoders by training set."""

    published: list[PublishedRow]
    """Models of the first column's 1000 classes to take from the thesis."""


class ClassifierRow(DataRow):
    """An encoder with its own classifier, and the job that scored it."""

    dataset: str
    protocol: str
    learned: str | None
    """What the thesis calls the data set."""


class CloneSetsSpec(DataTableSpec):
    """Encoders with their own classifiers on several test sets (table 5.2)."""

    rows: list[ClassifierRow]
    test_sets: list[SharedSet]


class CloneTransferSpec(DataTableSpec):
    """Encoders with linear probes on several data sets (tables 5.3 and 5.4)."""

    rows: list[DataRow]
    columns: list[SetColumn]


class AugmentedRow(Spec):
    """Encoders that learned from one training set, by augmentation."""

    encoders: dict[str, ClassifierRow]


class AugmentationSpec(ScoresSpec):
    """Own classifiers by training set and augmentation (table 5.1)."""

    dataset: str
    """Label of the data set on whose test images they are scored."""
    augmentations: list[str]
    rows: list[AugmentedRow]


class Corner(Spec):
    """A corner of a polygon: the mean of a metric over some scores."""

    label: str
    metric: str


class Polygon(Named):
    """An encoder and, for each corner, its scores: data set, test set and protocol of each."""

    corners: list[list[list[str]]]


class PublishedPolygon(Spec):
    """A model of the thesis and, for each corner, what the thesis calls its data sets."""

    label: str
    model: str
    corners: list[list[str]]
    dataset: str
    """The data set of the run that must have as many classes as the thesis's."""
    differs: str
    """The first setting by which scores of the run are others than the thesis's, as a clause."""


class RadarSpec(ScoresSpec):
    """A few encoders as polygons (figure 5.2)."""

    corners: list[Corner]
    polygons: list[Polygon]
    published: PublishedPolygon | None
    """The model on real images where the run has none."""


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
    repeats: dict[str, str] = Field(default_factory=dict)
    """As for `ScoreFiles`."""

    @property
    def files(self) -> list[str]:
        """Return the tables of measures."""
        return self.measures


class ComponentsSpec(FeaturesSpec):
    """Measures with and without multi-crop and projector."""

    corners: dict[str, str]
    """The encoders of base, base_mc, base_pr and base_mc_pr."""


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


class PictureSource(Spec):
    """A data set of which images are shown."""

    label: str
    manifest: str


class PicturesSpec(ExhibitSpec):
    """Images of a few classes from several data sets (figures E.2 to E.4)."""

    sources: list[PictureSource]
    class_table: str
    """The classes of all of them, with names."""
    classes: list[str]
    """Ids of the classes to show; others where the data sets have not these."""
    width: int
    height: int
    """Of a clone's images: all are shown in this proportion."""

    @property
    def files(self) -> list[str]:
        """Return the manifests and the table of classes."""
        return [*(source.manifest for source in self.sources), self.class_table]


class SeriesPicturesSpec(PicturesSpec):
    """The same images from clones that differ in one number (figure E.1)."""

    property: str
    prompt: str


class ClassPicturesSpec(PicturesSpec):
    """Images of every class, on several pages (figures E.5 to E.9)."""

    page: int
    """Number of the page, from 1."""
    pages: int


class RunRow(Named):
    """A training run as it is shown, or several that differ in their seed alone."""

    metrics: list[str]
    """The table of each."""


class TrainingSpec(ExhibitSpec):
    """The course of training runs."""

    runs: list[RunRow]

    @property
    def files(self) -> list[str]:
        """Return the metrics of the runs."""
        return [path for run in self.runs for path in run.metrics]


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


class PicturedSpec(CrossedSpec):
    """Images of confident predictions across data sets."""

    manifests: list[str]
    """Of the test images of each crossing."""

    @property
    def files(self) -> list[str]:
        """Return the lists of predictions, the class tables and the manifests."""
        return [*super().files, *self.manifests]


class ConceptsSpec(ExhibitSpec):
    """A table of a benchmark's concepts."""

    benchmark: str
    table: str

    @property
    def files(self) -> list[str]:
        """Return the one table."""
        return [self.table]


class FiltersSpec(ConceptsSpec):
    """The table of what each filter left of a benchmark's concepts."""

    seen: str
    """The table of the seen concepts."""
    used_by: list[str]
    """The entries of the config that have classes of it."""

    @property
    def files(self) -> list[str]:
        """Return both tables."""
        return [self.table, self.seen]


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
    train: list[str]
    """Of the training images and those set apart from them for validation."""
    test: str
    published: str | None
    """What the thesis calls it."""

    @property
    def manifests(self) -> list[str]:
        """Return the manifests of all its images."""
        return [*self.train, self.test]


class ImageCountsSpec(ExhibitSpec):
    """Images of each concept."""

    datasets: list[ImagesRow]

    @property
    def files(self) -> list[str]:
        """Return the manifests."""
        return [path for entry in self.datasets for path in entry.manifests]


class BlurredSpec(ImageCountsSpec):
    """Images of the seen concepts, as they are and blurred, perhaps beside the thesis's."""

    paper: Paper = NO_PAPER

    @property
    def files(self) -> list[str]:
        """Return the manifests and the file of published figures."""
        return [*super().files, *self.paper.paths]


class ModelsSpec(ExhibitSpec):
    """The published models."""

    paper: Paper
    evaluated: dict[str, str]
    """Those of this run by their names in the thesis, and what to call them."""

    @property
    def files(self) -> list[str]:
        """Return the file that describes them."""
        return self.paper.paths
