"""The whole config: each section is a room of the workflow."""

from cogworks.config.analysis import Analysis
from cogworks.config.base import ModelName, Name, Section, UserPath
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
    """The whole config: each section is a room of the workflow, and each named entry in it is one
    thing that the room makes.
    """

    include: list[str] = []
    """Other config files on which this one stands: each is merged below the keys of this file, the
    first one lowest. Names are relative to the file that has this key. An included file can include
    others; a file that several include is merged once, in the first place.
    """
    paths: dict[Name, UserPath] = {}
    """Files and folders by name. Elsewhere in the config a text that begins with `<NAME>` begins
    with this path. So a small file of your own can say where your data are, whichever sections read
    them; a name that nothing refers to does no harm.
    """
    model: ModelName | list[ModelName] = []
    """Encoders besides those of the section `encoders`, for the command line: `--config
    model=timm:resnet50` stands for `encoders: {resnet50: {model: timm:resnet50, weights:
    pretrained}}`. It is in each evaluation of `all` encoders.
    """
    concepts: dict[Name, Benchmark] = {}
    """Benchmarks by name. Each takes a pool of WordNet synsets, drops those that are not eligible
    as unseen concepts, ranks the rest by similarity to the seen concepts, and cuts the ranking into
    levels: `results/concepts/<name>/{eligible,seen,ranking,levels}.parquet`. The defaults are the
    thesis's choices, except for the images, which you have to provide.
    """
    images: dict[Name, Dataset] = {}
    """Data sets by name. Each gets one manifest per split, `results/images/<name>/<split>.parquet`.
    A data set with `classes.part: levels` is a family: `cog` stands for `cog_l1`, `cog_l2` and so
    on. An image is a file with an image's suffix, at any depth below its class; hidden files are
    skipped, and other files are counted in the log. File names are compared in Unicode's composed
    form, so class folders from a Mac are found. If several folders hold files of the same name,
    image ids begin with as much of the path as tells them apart. A folder with packs of several
    splits (`train-...`, `test-...`) is an error unless the packs are named or `split_column` is
    given.
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
    names exactly one of `registry`, `run`, `model` and `entry_point`; only the two models of the
    registry that no library provides may have an `entry_point` as well, with the publisher's own
    code.
    """
    probes: dict[Name, Protocol] = {}
    """Evaluation protocols by name: what is trained on a data set's features, and how it is tuned.
    `evaluations` says which encoders and data sets each applies to. The defaults are the thesis's
    (sections 3.3.4 and 4.4).
    """
    evaluations: dict[Name, Evaluation] = {}
    """What is evaluated, by name: each entry applies each of its protocols to each of its encoders
    on each of its data sets. Entries of several config files are combined; entries of the same name
    are merged key by key.
    """
    analysis: dict[Name, Analysis] = {}
    """Measures of features that need no classifier (thesis, figures 4.5, 4.6 and 5.6), by name:
    each entry measures each of its encoders on each of its data sets. All are computed on
    l2-normalised features.
    """
    report: Report = Report()
    """What the tables, the figures and `results/report.html` show. They include everything that was
    evaluated; these keys say which data set plays which part. Null parts are worked out from the
    config, and parts without any evaluation are omitted.
    """
    compute: Compute = Compute()
    """Where the work runs. Nothing here makes a result stale."""
