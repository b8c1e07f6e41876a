"""What is measured to tell how long the jobs of a plan take: once for each kind of work.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field, RootModel, SerializeAsAny

from cogworks.core.spec import Spec, digest
from cogworks.encoders.specs import EncoderSpec
from cogworks.plan import seconds, sizes, work
from cogworks.plan.architectures import dim
from cogworks.plan.counts import classes_of, pixels
from cogworks.probes.specs import TuneSpec
from cogworks.training.specs import Traces, TrainSpec, Validation

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import ImageSet, Plan
    from cogworks.plan.runs import Run
# Where results lie; and the name of a device that is no GPU.
FOLDER, CPU = "results/estimates", "CPU"


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
        return f"{FOLDER}/{self.name}.json"

    @property
    def clocked(self) -> Clocked | None:
        """Return what was found; None where nothing was measured yet."""
        try:
            modified = os.stat(self.path).st_mtime_ns
        except OSError:
            return None
        return _clocked(self.path, modified)


class Timed(NamedTuple):
    """Which measurement tells of a job, the images that it looks at, and its units of work."""

    calibration: Calibration
    images: int
    units: int


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

    def timed(self, rule: str, w: Any) -> Timed | None:
        """Return what tells how long a job takes; None where no measurement does.

        Args:
            rule: its rule.
            w: its wildcards, as attributes.
        """
        if rule in ("extract_features", "extract_shard"):
            encoder, images = self.plan.encoders[w.encoder], self.plan.images(w.dataset)
            number = work.encoded(images, w.split, int(getattr(w, "shards", 1)))
            return Timed(self.encoding(encoder, images), number, number)
        if rule == "train_encoder":
            number = work.trained(self.plan.runs[w.run])
            # Several GPUs share the steps, and their hours are the same.
            return Timed(self.training(self.plan.runs[w.run]), number, number)
        if rule in ("tune_probes", "fit_probes"):
            job = self.plan.jobs[w.encoder, w.dataset, w.protocol]
            if job.kind.tuned:
                shown = work.shown(job, search=rule == "tune_probes")
                return Timed(self.search(job), 0, shown)
        return None

    def seconds(self, rule: str, w: Any) -> float | None:
        """Return how long a job takes as far as it was measured; None where it was not."""
        if not os.path.isdir(FOLDER):
            return None
        if rule == "extract_together":
            members, share = self.together(w)
            each = [self._seconds("extract_features", found, w) for found in members]
            known = [one for one in each if one is not None]
            return share * sum(known) if len(known) == len(each) else None
        return self._seconds(rule, self.timed(rule, w), w)

    def together(self, w: Any) -> tuple[list[Timed], float]:
        """Return what tells of each encoder of a company alone, and which share the job takes."""
        plan, images = self.plan, self.plan.images(w.dataset)
        encoders = plan.companies.members(w.dataset, w.split, f"{w.pixels}/{w.number}")
        number, threads = work.encoded(images, w.split, int(w.shards)), plan.extraction_threads
        alone = sum(seconds.encoding(encoder, images, number, threads) for encoder in encoders)
        shared = seconds.encoding_together(encoders, images, number, threads)
        found = [Timed(self.encoding(encoder, images), number, number) for encoder in encoders]
        return found, shared / alone if alone else 1.0

    def _seconds(self, rule: str, found: Timed | None, w: Any) -> float | None:
        clocked = found and found.calibration.clocked
        if not found or not clocked or clocked.problem:
            return None
        if self.plan.config.compute.gpus and clocked.device == CPU:
            return None  # Measured where there is no GPU, as on a login node.
        processes = 1
        if rule == "train_encoder":
            compute = self.plan.runs[w.run].compute
            processes = compute.processes * compute.nodes
        return clocked.library + clocked.start + found.units * clocked.seconds / processes

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
            dim=dim(job.encoder).number,
            classes=_rounded(classes_of(job)),
        )
        return Calibration(spec, self.plan.probe_threads)


@cache
def _clocked(path: str, modified: int) -> Clocked | None:
    """Return what a measurement found, as it was written last: many jobs ask for one."""
    try:
        return Clocked.model_validate_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # It is being written, or is of an earlier version.
        return None


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
