"""What is measured to tell how long the jobs of a plan take: once for each kind of work.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, RootModel, SerializeAsAny

from cogworks.core.spec import Spec, digest
from cogworks.encoders.specs import EncoderSpec
from cogworks.plan import counts, sizes
from cogworks.plan.clones import Clone
from cogworks.probes.specs import TuneSpec
from cogworks.training.specs import Traces, TrainSpec, Validation

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import ImageSet, Plan
    from cogworks.plan.runs import Run

# Width and height of ImageNet's mean image, for images that nobody has looked at.
PHOTOGRAPH = (500, 375)


class Encode(Spec):
    """Features of images of a size (width, height)."""

    kind: Literal["encode"] = "encode"
    encoder: EncoderSpec
    pixels: tuple[int, int]


class Train(Spec):
    """Steps of a training on images of a size (width, height)."""

    kind: Literal["train"] = "train"
    train: TrainSpec
    pixels: tuple[int, int]


class Search(Spec):
    """Configurations of a search on features (N, dim) of a number of classes."""

    kind: Literal["search"] = "search"
    search: SerializeAsAny[TuneSpec]
    dim: int
    classes: int


class Clocked(Spec):
    """What a measurement found.

    Attributes:
        seconds: for each unit of work: an image encoded, an image of a training's batch, or an
            image shown once to one configuration.
        library: seconds until a job has loaded its libraries, where it starts without them.
        start: seconds from then until it begins with its first unit.
        device: what was measured.
        problem: why it could not be measured; then the others are 0.
    """

    seconds: float = 0.0
    library: float = 0.0
    start: float = 0.0
    device: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Calibration:
    """A measurement.

    Attributes:
        spec: what is measured.
        threads: with how many threads its jobs run.
    """

    spec: Encode | Train | Search
    threads: int

    @property
    def name(self) -> str:
        """Return what names it: equal where the work is."""
        return f"{self.spec.kind}-{digest(self.spec.model_dump(mode='json'))[:12]}"

    @property
    def path(self) -> str:
        """Return where its result lies."""
        return f"results/estimates/{self.name}.json"


@dataclass(frozen=True, eq=False)
class Calibrations:
    """All measurements of a plan, and which one tells of which job."""

    plan: Plan

    @cached_property
    def all(self) -> dict[str, Calibration]:
        """Return every measurement by name."""
        found = [
            *(self.encoding(encoder, dataset) for encoder, dataset in self._encoded),
            *(self.training(run) for run in self.plan.runs.values()),
            *(self.search(job) for job in self.plan.jobs.values() if job.kind.tuned),
        ]
        return {calibration.name: calibration for calibration in found}

    @cached_property
    def _encoded(self) -> list[tuple[Encoder, ImageSet]]:
        used = dict.fromkeys((name, data) for name, data, _ in sizes.used_features(self.plan))
        return [(self.plan.encoders[name], self.plan.images(data)) for name, data in used]

    def encoding(self, encoder: Encoder, images: ImageSet) -> Calibration:
        """Return what tells how long the features of a data set take."""
        spec = Encode(encoder=encoder.untrained, pixels=pixels(images))
        return Calibration(spec, self.plan.extraction_threads)

    def training(self, run: Run) -> Calibration:
        """Return what tells how long a training takes: the first run of such steps."""
        first = self._firsts[_work(run)]
        optimizer = first.spec.optimizer.model_copy(
            update={"epochs": 1, "accumulation": 1, "warmup_epochs": 0.0, "lr_per_256": 0.01}
        )
        alike = {
            "optimizer": optimizer,
            "seed": 0,
            "traces": Traces(every_steps=0),
            "validation": Validation(every_epochs=1),
            "start": None,
        }
        spec = Train(train=first.spec.model_copy(update=alike), pixels=pixels(first.dataset))
        return Calibration(spec, first.compute.threads)

    @cached_property
    def _firsts(self) -> dict[str, Run]:
        firsts: dict[str, Run] = {}
        for run in self.plan.runs.values():
            firsts.setdefault(_work(run), run)
        return firsts

    def search(self, job: Job) -> Calibration:
        """Return what tells how long search and fit of a job take: of as many classes, roughly."""
        one = {"seeds": 1, "shots": ["all"], "encoder": "", "dataset": "", "protocol": ""}
        one |= {"group": None, "per_class": None, "trials": 1}
        if "epochs" in type(job.tune_spec).model_fields:
            one |= {"epochs": 1, "pruning": None}
        spec = Search(
            search=job.tune_spec.model_copy(update=one),
            dim=sizes.dim(job.encoder).number,
            classes=_rounded(classes_of(job)),
        )
        return Calibration(spec, self.plan.probe_threads)


def _rounded(number: int) -> int:
    """Return the next power of two: few measurements serve many data sets."""
    return 1 << (number - 1).bit_length()


def _work(run: Run) -> str:
    numbers = run.spec
    parts = [numbers.backbone, numbers.augmentation]
    return digest(
        [
            *(part.model_dump(mode="json") for part in parts),
            *(numbers.loss.kind, numbers.precision, numbers.channels_last, numbers.compile),
            *(run.compute.threads, pixels(run.dataset)),
        ]
    )


def pixels(images: ImageSet) -> tuple[int, int]:
    """Return width and height of a data set's images: ImageNet's where nothing says so."""
    if isinstance(images, Clone):
        return images.section.width, images.section.height
    if images.given.drawn:
        return images.world_spec.size, images.world_spec.size
    return PHOTOGRAPH


def classes_of(job: Job) -> int:
    """Return how many classes a job tells apart."""
    drawn = getattr(job.group, "classes", None)
    if drawn is not None:
        return int(drawn)
    if job.group is not None:
        return job.plan.benchmarks[job.group.benchmark].section.levels.size  # type: ignore[union-attr]
    return sum(counts.classes(found).number for found in job.parts)


class AnySpec(RootModel[Annotated[Encode | Train | Search, Field(discriminator="kind")]]):
    """Any of them."""


def read(text: str) -> Encode | Train | Search:
    """Return what a measurement's spec says."""
    import json

    value = json.loads(text)
    if value.get("kind") == "search":
        found = TuneSpec.read(json.dumps(value["search"]))
        return Search(search=found, dim=value["dim"], classes=value["classes"])
    return AnySpec.model_validate_json(text).root
