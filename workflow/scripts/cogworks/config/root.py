"""The whole config: each section is a room of the workflow."""

from cogworks.config.analysis import Analysis
from cogworks.config.base import Name, Section
from cogworks.config.compute import Compute
from cogworks.config.concepts import Benchmark
from cogworks.config.encoders import Encoder
from cogworks.config.evaluations import Evaluation
from cogworks.config.images import Dataset
from cogworks.config.probes import Protocol
from cogworks.config.report import Report
from cogworks.config.synthesis import Synthesis
from cogworks.config.training import Run


class Config(Section):
    """The whole workflow in one file: each section is a room of the workflow, each named entry in
    it one thing that the room makes.
    """

    concepts: dict[Name, Benchmark] = {}
    """Benchmarks by name. Each takes a pool of WordNet synsets, drops those that are not eligible
    as unseen concepts, ranks the others by their similarity to the seen ones, and cuts the ranking
    into levels: `results/concepts/<name>/{eligible,seen,ranking,levels}.parquet`. The defaults are
    the choices of the thesis, except for the images, which only the user has.
    """
    images: dict[Name, Dataset] = {}
    """Data sets by name. Each gets a manifest for each split,
    `results/images/<name>/<split>.parquet`. A data set with `classes.part: levels` is a family:
    `cog` stands for `cog_l1`, `cog_l2` and so on.
    """
    synthesis: Synthesis = Synthesis()
    """Synthetic clones of data sets, drawn from class names alone (thesis, chapter 5): the models
    that draw, and the data sets that they draw.
    """
    training: dict[Name, Run] = {}
    """Training runs by name (thesis, chapter 4). A run's numbers come from its `scale` and its
    `recipe` (both in `workflow/recipes/training.yaml`); a key that is not null here overrides them.
    A run with a `sweep` stands for several: `ocm` for `ocm_2048`, `ocm_4096` and so on.
    """
    encoders: dict[Name, Encoder] = {}
    """Encoders by name: which network, with which weights, and how images are prepared for it. Each
    names exactly one of `registry`, `run`, `model` and `entry_point`; for the two models of the
    registry that no library has, an `entry_point` with the publisher's own code may stand beside
    it.
    """
    probes: dict[Name, Protocol] = {}
    """Evaluation protocols by name: what is trained on the features of a data set, and how it is
    tuned. `evaluations` says which encoders and data sets each is applied to. The defaults are the
    thesis's (sections 3.3.4 and 4.4).
    """
    evaluations: dict[Name, Evaluation] = {}
    """What is evaluated, by name: each entry applies each of its protocols to each of its encoders
    on each of its data sets. Entries of several config files add up; one of the same name is merged
    key by key.
    """
    analysis: Analysis = Analysis()
    """Measures of features without any classifier (thesis, figures 4.5, 4.6 and 5.6), for each of
    `encoders` on each of `datasets`. All are taken on l2-normalised features.
    """
    report: Report = Report()
    """What the tables, figures and `results/report.html` show. Everything that the evaluations give
    is collected; these keys say which data set plays which part. Left out, the parts are found from
    the config, and a part that nothing was evaluated for is left out of the report.
    """
    compute: Compute = Compute()
    """Where the work runs. Nothing here changes a result's name or makes one stale."""
