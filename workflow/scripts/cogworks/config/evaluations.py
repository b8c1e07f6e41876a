"""The section `evaluations` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Applies, Name, Section, Whole


class Pool(Section):
    """Pool the classes of all data sets of this entry and regroup them into new data sets, using
    features that exist already. Give `draws` and `classes` for random groups (thesis, section
    3.5.2), or `benchmark` for the levels of another ranking.
    """

    name: Name
    """Name of the groups: random ones are called `<name>_1`, `<name>_2`, ..., and levels
    `<name>_l1`, `<name>_l2`, ...
    """
    classes: Annotated[Annotated[int, Field(ge=2)] | None, Applies({"benchmark": [None]})] = None
    """Classes per random group (the thesis: 1000)."""
    draws: Annotated[Annotated[int, Field(ge=1, le=100)], Applies({"benchmark": [None]})] = 15
    """Number of random groups (the thesis: 15)."""
    seed: Annotated[Whole, Applies({"benchmark": [None]})] = 0
    """Seed of the random groups."""
    benchmark: str | None = None
    """Benchmark of `concepts` whose levels regroup the classes."""


class Evaluation(Section):
    """One entry: some encoders on some data sets by some protocols."""

    encoders: Literal["all"] | Annotated[list[str], Field(min_length=1)]
    """Names of encoders, or `all`. With `all`, a protocol of kind classifier applies to the
    encoders that have a classifier of their own.
    """
    datasets: Annotated[list[str], Field(min_length=1)]
    """Names of data sets; a family such as `cog` stands for all its levels."""
    protocols: Annotated[list[str], Field(min_length=1)]
    """Names of protocols in `probes`."""
    test_sets: list[str] = []
    """Other data sets on whose test images the same classifiers are scored (ImageNet-v2, Sketch, R,
    A). Classes are matched by their ids.
    """
    confidence: Annotated[float, Field(ge=0, lt=1)] | None = None
    """If given, apply the classifier of each data set of this entry to the test images of every
    other one, and list predictions above this confidence (label noise, thesis section 3.5.3: 0.99).
    Needs protocols that train a classifier on shots all and keep it.
    """
    pool: Pool | None = None
    """Pool the classes of all data sets of this entry and regroup them into new data sets, using
    features that exist already. Give `draws` and `classes` for random groups (thesis, section
    3.5.2), or `benchmark` for the levels of another ranking.
    """
