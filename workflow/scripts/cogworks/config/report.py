"""The section `report` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Name, Positive, Section, Words


class Advantage(Section):
    """The advantage over the baseline along similarity to the seen concepts, with an interval that
    resamples concepts. Each concept is told from others at nearly its distance, in small tasks; it
    needs the features of all levels at once.
    """

    classes: Annotated[int, Field(ge=2)] = 10
    """Classes of a task: chance is one in so many."""
    images: Positive | None = 1
    """Training images of each class, drawn by a hash of their ids: few, or a good encoder is right
    in all tasks and its advantage shows the baseline alone. Null uses all.
    """
    window: Annotated[int, Field(ge=2)] = 40
    """How many others, those nearest in the ranking, a concept's tasks are drawn from."""


class Shown(Section):
    """What a part of the report shows, and which data set plays which part in it."""

    chapter: Literal[3, 4, 5] | None = None
    """Chapter of the thesis that it is like. Its tables and figures have the numbers of that
    chapter only, and concepts belong to chapter 3, clones to chapter 5. Null restricts nothing.
    """
    encoders: Annotated[list[str], Field(min_length=1)] | None = None
    """Encoders to show. Null shows all."""
    evaluations: Annotated[list[str], Field(min_length=1)] | None = None
    """Entries of the section `evaluations` whose scores to show. Null shows all."""
    baseline: Words | None = None
    """Encoder to which the others are compared (the thesis: ResNet50). Null uses the first one
    evaluated on the levels.
    """
    protocol: Words | None = None
    """Protocol whose scores to show for a data set with several. Null uses the first one there that
    trains a linear classifier.
    """
    seen: Words | None = None
    """Data set of the seen concepts, on which encoders were trained (the thesis: IN-1K). Null uses
    the first evaluated one with `classes.part: seen`.
    """
    levels: Words | Annotated[list[str], Field(min_length=1)] | None = None
    """Data sets of the levels, nearest first, or their family. Null uses the first evaluated family
    with `classes.part: levels`.
    """
    advantage: Advantage | None = None
    """The advantage over the baseline along similarity to the seen concepts, with an interval that
    resamples concepts. Each concept is told from others at nearly its distance, in small tasks; it
    needs the features of all levels at once.
    """
    few_shot: list[str] | None = None
    """Data sets of the few-shot figure. Null uses the first, middle and last level (figure 3.5)."""
    transfer: Annotated[list[str], Field(min_length=1)] | None = None
    """Data sets over which the transfer score, the mean log odds, is computed (figure 4.7). Null
    uses all evaluated data sets except the seen one, other images of the seen concepts,
    iNaturalist, which has a table of its own, and pooled groups.
    """
    test_set_groups: dict[Name, Annotated[list[str], Field(min_length=1)]] = {}
    """Test sets to show as one, by the mean of their scores (ImageNet-v2 has three), under the name
    to show.
    """
    samples: list[str] | None = None
    """Data sets, families or clones from which to show some images. Null uses the seen data set and
    the levels.
    """


class Part(Shown):
    """A part of the report with a heading of its own, such as a chapter."""

    title: Words
    """Heading of the part."""


class Report(Shown):
    """What the tables, the figures and `results/report.html` show. They include everything that was
    evaluated; these keys say which data set plays which part. Null parts are worked out from the
    config, and parts without any evaluation are omitted.
    """

    title: Words = "How far do these representations generalise?"
    """Heading of the report."""
    subtitle: str | None = None
    """Line below the heading. Null gives the numbers of encoders and data sets."""
    parts: Annotated[dict[Name, Part], Field(min_length=1)] | None = None
    """Parts of the report by name, such as one for each chapter, in their order on the page. Each
    has its own baseline, seen data set, levels and so on: the keys of this section that a part has
    are then given there and not here. The names of a part's tables and figures begin with the
    part's name. Null makes one part of everything.
    """
    published: bool = True
    """Whether to show the thesis's figures beside yours, where there are any. They are compared
    only where concepts, classes, real images and their numbers, the pixels that encoders see, the
    kind of probe with its seeds, trials and ranges, the recipes of runs, and how clones are drawn
    are the thesis's (`report/comparable.py` and `report/chapter_5.py` have the lists). The head of
    each part of the page names what differs.
    """
    published_as: dict[
        Name,
        Literal[
            "in1k",
            "in1k_blurred",
            "in100",
            "cog_l1",
            "cog_l2",
            "cog_l3",
            "cog_l4",
            "cog_l5",
            "aircraft",
            "cars196",
            "dtd",
            "eurosat",
            "flowers",
            "pets",
            "food101",
            "sun397",
            "inat2018",
            "inat2019",
            "v2",
            "sketch",
            "r",
            "a",
        ],
    ] = {}
    """Name of a data set in the thesis's tables, if yours has another name: in1k, in1k_blurred
    (IN-1K with blurred faces), in100, cog_l1 to cog_l5, aircraft, cars196, dtd, eurosat, flowers,
    pets, food101, sun397, inat2018 or inat2019; for test sets v2, sketch, r or a. The seen data set
    is in1k, and the levels are cog_l1 and so on, without an entry here.
    """
    labels: dict[Name, Words] = {}
    """Text to show in place of an encoder's or data set's name."""
