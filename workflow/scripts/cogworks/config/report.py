"""The section `report` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Name, Section, Words


class Report(Section):
    """What the tables, figures and `results/report.html` show. Everything that the evaluations give
    is collected; these keys say which data set plays which part. Left out, the parts are found from
    the config, and a part that nothing was evaluated for is left out of the report.
    """

    title: Words = "How far do these representations generalise?"
    """Heading of the report."""
    subtitle: str | None = None
    """A line below it; null names the numbers of encoders and data sets."""
    baseline: Words | None = None
    """Encoder that the others are shown relative to (the thesis: ResNet50). null takes the first
    one that is evaluated on the levels.
    """
    protocol: Words | None = None
    """Protocol whose scores stand for a data set where several are evaluated; null takes the first
    one there that trains a linear classifier.
    """
    seen: Words | None = None
    """Data set of the seen concepts, on which encoders were trained (the thesis: IN-1K); null takes
    the first evaluated one with `classes.part` seen.
    """
    levels: Words | Annotated[list[str], Field(min_length=1)] | None = None
    """Data sets of the levels, nearest first, or the family that stands for them; null takes the
    first evaluated family with `classes.part` levels.
    """
    few_shot: list[str] | None = None
    """Data sets of the few-shot figure; null takes the first, the middle and the last level (figure
    3.5).
    """
    transfer: Annotated[list[str], Field(min_length=1)] | None = None
    """Data sets over which the transfer score, the mean log odds, is taken (figure 4.7); null takes
    every evaluated data set but the seen one and the groups of a pool.
    """
    test_set_groups: dict[Name, Annotated[list[str], Field(min_length=1)]] = {}
    """Test sets shown as one, by the mean of their scores (ImageNet-v2 has three). By the name to
    show.
    """
    published: bool = True
    """Whether the thesis's figures stand beside one's own, where it has any."""
    published_as: dict[
        Name,
        Literal[
            "in1k",
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
    """Name that the thesis's tables give a data set, where its name here is another one: in1k,
    cog_l1 to cog_l5, aircraft, cars196, dtd, eurosat, flowers, pets, food101, sun397, inat2018,
    inat2019; for test sets v2, sketch, r, a. The seen data set is in1k and the levels are cog_l1
    and so on without being named.
    """
    samples: list[str] | None = None
    """Data sets, families or clones of which the report shows some images; null takes the seen data
    set and the levels.
    """
    labels: dict[Name, Words] = {}
    """Text to show for an encoder or a data set, by its name."""
