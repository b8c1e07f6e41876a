"""What the rules of the probes hand to their scripts.

A kind of probe has its own search and its own fit, in the file named after it (`kinds`): their
fields are the keys of a protocol that they depend on, so that no other key makes them stale.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from cogworks.core.spec import Spec
from cogworks.probes.kinds import KINDS

Shots = int | Literal["all"]
# Keys of a job's spec that its cells do not depend on: what names it and them, and what is done
# with them afterwards.
UNCELLED = {
    *("shots", "seeds", "encoder", "dataset", "protocol", "test_sets"),
    *("classifiers", "restrict_classes"),
}


class Draw(Spec):
    """A random group of the classes of a pool (section 3.5.2)."""

    kind: Literal["draw"] = "draw"
    number: int
    classes: int
    seed: int


class Level(Spec):
    """The classes of a pool that are one level of another benchmark."""

    kind: Literal["level"] = "level"
    number: int
    benchmark: str


Group = Annotated[Draw | Level, Field(discriminator="kind")]


class Interval(Spec):
    """The range of a hyper-parameter that is searched log-uniformly."""

    low: float
    high: float


class JobSpec(Spec):
    """What the search and the fit of a job have in common.

    Attributes:
        encoder: name of the encoder.
        dataset: name of the data set, or of a group of a pool.
        protocol: name of the protocol.
        kind: the kind of probe.
        group: which classes of a pool it takes; None for a plain data set.
        normalize: whether features are scaled to length 1.
    """

    encoder: str
    dataset: str
    protocol: str
    kind: str
    group: Group | None
    normalize: bool

    @property
    def passes(self) -> int:
        """Return how often a configuration is shown each image, for the progress of long work.

        L-BFGS goes through the images as often as it needs; that counts once.
        """
        return 1


def cell_spec(spec: JobSpec) -> dict[str, Any]:
    """Return the part of a job's spec on which each of its cells depends."""
    return spec.model_dump(mode="json", exclude=UNCELLED)


class Sampling(Spec):
    """On which images the cells of a job train; see the keys of a protocol."""

    shots: list[Shots]
    seeds: int
    per_class: int | None
    validation: float


def held_out(images: int, validation: float) -> int:
    """Return how many of a class's training images validate: a share, at least one."""
    return max(1, int(images * validation))


class TuneSpec(JobSpec, Sampling):
    """What a search depends on besides the training features; each tuned kind has its own."""

    trials: int
    first_batch: int
    batch: int

    @property
    def space(self) -> dict[str, Interval]:
        """Return the range of each hyper-parameter that is searched."""
        return {name: value for name, value in self if isinstance(value, Interval)}

    @classmethod
    def read(cls, text: str, *, name: str = "--spec") -> Self:
        """Return the search of the kind that `text` names; see `Spec.read`."""
        own = KINDS.load(_OfKind.read(text, name=name).kind).tune if cls is TuneSpec else None
        return (
            super().read(text, name=name)
            if own is None
            else cls.model_validate(own.read(text, name=name))
        )


class FitSpec(JobSpec):
    """What a fit and its scores depend on besides features and trials; each kind has its own.

    Attributes:
        test_sets: further data sets to score on.
        restrict_classes: whether only classes that the test set has can be predicted.
    """

    test_sets: list[str]
    restrict_classes: bool

    @property
    def neighbours(self) -> int | None:
        """Return how many neighbours vote; None for other kinds."""
        return None

    def keeps(self, shots: Shots) -> bool:
        """Say whether the classifiers that are fitted on so many shots stay."""
        return False

    @classmethod
    def read(cls, text: str, *, name: str = "--spec") -> Self:
        """Return the fit of the kind that `text` names; see `Spec.read`."""
        own = KINDS.load(_OfKind.read(text, name=name).kind).fit if cls is FitSpec else None
        return (
            super().read(text, name=name)
            if own is None
            else cls.model_validate(own.read(text, name=name))
        )


class TrainedFit(FitSpec, Sampling):
    """The fit of a kind that trains on features."""


class LinearFit(TrainedFit):
    """The fit of a tuned kind: linear classifiers, some of which stay."""

    classifiers: Literal["full", "every", "none"]

    def keeps(self, shots: Shots) -> bool:
        """Say whether the classifiers that are fitted on so many shots stay."""
        return self.classifiers == "every" or (self.classifiers == "full" and shots == "all")


class CrossSpec(Spec):
    """What a cross-application depends on besides classifiers and features.

    Attributes:
        confidence: predictions above it are listed.
        normalize: whether features are scaled to length 1.
        seeds: number of seeds whose classifiers are applied.
    """

    confidence: float
    normalize: bool
    seeds: int


class _OfKind(Spec):
    """The one key that says which class a spec is of."""

    model_config = ConfigDict(extra="ignore")
    kind: str
