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

from cogworks.analysis.specs import MeasureSpec
from cogworks.core.spec import Spec, digest
from cogworks.encoders.specs import EncoderSpec
from cogworks.images.specs import WorldSpec
from cogworks.plan import seconds, sizes, work
from cogworks.plan.architectures import dim
from cogworks.plan.counts import classes, classes_of, pixels
from cogworks.probes.specs import TuneSpec
from cogworks.synthesis.specs import PartSpec, TrainedSpec
from cogworks.training.specs import Traces, TrainSpec, Validation

if TYPE_CHECKING:
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.generators import Trained
    from cogworks.plan.jobs import Job
    from cogworks.plan.measures import Measure
    from cogworks.plan.plan import ImageSet, Plan
    from cogworks.plan.runs import Run
# Where results lie; and the name of a device that is no GPU.
FOLDER, CPU = "results/estimates", "CPU"
# Into so many parts the training of a generator is divided, each with as many steps of both stages.
PARTS = 50


class OnImages(Spec):
    """Work on images.

    Attributes:
        pixels: width and height of made-up ones.
        manifest: the images to look at in their place; empty where none are there yet.
    """

    pixels: tuple[int, int]
    manifest: str


class Encode(OnImages):
    """Features of images."""

    kind: Literal["encode"] = "encode"
    encoder: EncoderSpec


class Train(OnImages):
    """Steps of a training on images."""

    kind: Literal["train"] = "train"
    train: TrainSpec


class Search(Spec):
    """Configurations of a search on features (N, dim) of a number of classes."""

    kind: Literal["search"] = "search"
    search: SerializeAsAny[TuneSpec]
    dim: int
    classes: int


class Start(Spec):
    """The start of a job, and a table or a figure that it makes."""

    kind: Literal["start"] = "start"
    makes: Literal["table", "figure"]


class Draw(Spec):
    """Images of the procedural world."""

    kind: Literal["draw"] = "draw"
    world: WorldSpec


class Teach(Spec):
    """Parts of the training of a tiny generator on images of some classes."""

    kind: Literal["teach"] = "teach"
    generator: TrainedSpec
    classes: int


class Sketch(Spec):
    """Images of a clone by a tiny generator, which draws as fast before it is trained."""

    kind: Literal["sketch"] = "sketch"
    generator: TrainedSpec
    drawing: PartSpec


class Describe(Spec):
    """Measures of features (N, dim), so many of each class."""

    kind: Literal["describe"] = "describe"
    measures: MeasureSpec
    dim: int
    of_class: int


Measured = Encode | Train | Search | Start | Draw | Teach | Sketch | Describe


class Clocked(Spec):
    """What a measurement found.

    Attributes:
        seconds: for each unit of work: an image encoded, drawn or described, an image of a
            training's batch, an image shown once to one configuration, a part of a generator's
            training, a table or a figure.
        step: for each step of a search by SGD, besides; for each table of scores that a table or
            figure shows.
        update: for each configuration that takes part in a step, besides.
        record: for each batch of configurations that a search asks for and records, besides.
        library: until a job has loaded its libraries, where it starts without them.
        forked: until a job begins that starts with them.
        start: from then until it begins with its first unit.
        device: what was measured.
        problem: why it could not be measured; then the others are 0.
    """

    seconds: float = 0.0
    step: float = 0.0
    update: float = 0.0
    record: float = 0.0
    library: float = 0.0
    forked: float = 0.0
    start: float = 0.0
    device: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Calibration:
    """A measurement.

    Attributes:
        spec: what is measured.
        rule: the rule of its jobs.
        threads: with how many threads they run, where the profile does not say so.
    """

    spec: Measured
    rule: str
    threads: int

    def threads_in(self, workflow: Any) -> int:
        """Return with how many threads its jobs run, as `--set-threads` says, or the plan.

        Args:
            workflow: Snakemake's `Workflow`.
        """
        given = workflow.resource_settings.overwrite_threads.get(self.rule, self.threads)
        return int(getattr(given, "value", given))

    @property
    def inputs(self) -> list[str]:
        """Return the files that it reads."""
        found = self.spec.manifest if isinstance(self.spec, OnImages) else ""
        return [found] if found else []

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
    """Which measurement tells of a job, and how much of that work it has.

    Attributes:
        calibration: the measurement.
        images: images that it looks at, for the table.
        units: units of work, see `Clocked`.
        steps, updates: those of a search by SGD; of a table or figure, tables of scores.
        records: batches that a search asks for, or cells that a fit writes.
    """

    calibration: Calibration
    images: int
    units: float
    steps: int = 0
    updates: int = 0
    records: int = 0

    def work(self, clocked: Clocked) -> float:
        """Return the seconds of a job after its start."""
        return (
            self.units * clocked.seconds
            + self.steps * clocked.step
            + self.updates * clocked.update
            + self.records * clocked.record
        )


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
            *(self.drawing(data) for data in self.plan.datasets.values() if data.given.drawn),
            *(self.teaching(found) for found in self.plan.trained_generators.values()),
            *(self.sketching(drawing) for drawing in self.sketched),
            *(self.describing(measure) for measure in self.plan.measures.values()),
            self.shown("table"),
            self.shown("figure"),
        ]
        return {calibration.name: calibration for calibration in found}

    @cached_property
    def _encoded(self) -> list[tuple[Encoder, ImageSet]]:
        used = dict.fromkeys((name, data) for name, data, _ in sizes.used_features(self.plan))
        return [(self.plan.encoders[name], self.plan.images(data)) for name, data in used]

    def timed(self, rule: str, w: Any) -> Timed | None:
        """Return what tells how long a job takes; None for one that makes a table or a figure.

        Args:
            rule: its rule.
            w: its wildcards, as attributes.
        """
        if rule in ("extract_features", "extract_shard"):
            encoder, images = self.plan.encoders[w.encoder], self.plan.images(w.dataset)
            number = work.encoded(images, w.split, int(getattr(w, "shards", 1)))
            return Timed(self.encoding(encoder, images), number, number)
        if rule == "train_encoder":
            run = self.plan.runs[w.run]
            number = work.trained(run)
            # Several GPUs share the steps, and their hours are the same.
            seen = number + seconds.one_way(run) * work.validated(run)
            return Timed(self.training(run), number, seen)
        if rule in ("tune_probes", "fit_probes"):
            return self._probed(self.plan.jobs[w.encoder, w.dataset, w.protocol], rule)
        if rule == "render_world":
            number = work.painted(self.plan.datasets[w.dataset])
            return Timed(self.drawing(self.plan.datasets[w.dataset]), number, number)
        if rule == "train_generator":
            return Timed(self.teaching(self.plan.trained_generators[w.generator]), 0, PARTS)
        if rule == "generate_shard":
            drawing = self.plan.drawings[w.drawing]
            number = work.drawn(drawing, int(w.number))
            if drawing.first.section.generator in self.plan.trained_generators:
                # The last batch is filled up.
                batch = drawing.spec.padded_batch
                return Timed(self.sketching(drawing), number, -(-number // batch) * batch)
        if rule == "measure_features":
            measure = self.plan.measures[w.encoder, w.dataset, w.split]
            return Timed(self.describing(measure), 0, work.described(measure))
        return None

    def _probed(self, job: Job, rule: str) -> Timed | None:
        searches = rule == "tune_probes"
        if not job.kind.tuned:
            return None
        records = work.records(job, search=searches)
        if "epochs" not in type(job.tune_spec).model_fields:
            shown = work.shown(job, search=searches)
            return Timed(self.search(job), 0, shown, records=records)
        images, updates, steps = work.steps(job, search=searches)
        # To score an image is one of the products that training on it takes.
        scored = 0.0 if searches else work.scored(job) / seconds.PRODUCTS
        return Timed(self.search(job), 0, images + scored, steps, updates, records)

    def reckoned(self, rule: str, w: Any) -> float:
        """Return what is reckoned of a job's work, where it is no part of a measurement."""
        if rule == "fit_probes":  # of a kind that is not tuned
            return seconds.fit(self.plan.jobs[w.encoder, w.dataset, w.protocol])
        if rule in ("select_concepts", "rank_concepts"):
            return seconds.WORDNET
        if rule == "score_clone":
            return seconds.similarity(self.plan.clones[w.clone])
        return 0.0

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
        return clocked.library + clocked.start + found.work(clocked) / processes

    def encoding(self, encoder: Encoder, images: ImageSet) -> Calibration:
        """Return what tells how long the features of a data set take."""
        spec = Encode(encoder=encoder.untrained, **self._looks(images))
        return Calibration(spec, "extract_features", self.plan.extraction_threads)

    def training(self, run: Run) -> Calibration:
        """Return what tells how long a training takes: the first run of such steps."""
        first = self._firsts[self._work(run)]
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
        train = first.spec.model_copy(update=alike)
        spec = Train(train=train, **self._looks(first.dataset))
        return Calibration(spec, "train_encoder", first.compute.threads)

    @cached_property
    def looked_at(self) -> dict[str, str]:
        """Return, by data set, the manifest whose images tell of its own.

        They lie in packs, or in one list: a source that is read as a whole. Folders of classes can
        be large, and ImageNet's images are known. Of the data sets of a source, the first by name
        is looked at.
        """
        firsts: dict[str, Dataset] = {}
        found = {}
        for name, dataset in sorted(self.plan.datasets.items()):
            if dataset.given.mixed and not dataset.given.drawn and not dataset.missing:
                first = firsts.setdefault(dataset.source.text, dataset)
                found[name] = first.manifest("train")
        return found

    @property
    def manifests(self) -> list[str]:
        """Return the manifests that count such images."""
        return [self.plan.datasets[name].manifest("train") for name in self.looked_at]

    def _looks(self, images: ImageSet) -> dict[str, Any]:
        """Return which images work on a data set looks at: its own, or some of their size."""
        return {"pixels": pixels(images), "manifest": self.looked_at.get(images.name, "")}

    @cached_property
    def _firsts(self) -> dict[str, Run]:
        firsts: dict[str, Run] = {}
        # By name: a config has another order once it was packed for a script.
        for _, run in sorted(self.plan.runs.items()):
            firsts.setdefault(self._work(run), run)
        return firsts

    def _work(self, run: Run) -> str:
        """Return what the steps of a training are, as a digest."""
        numbers = run.spec
        parts = [numbers.backbone, numbers.augmentation]
        return digest(
            [
                *(part.model_dump(mode="json") for part in parts),
                *(numbers.loss.kind, numbers.precision, numbers.channels_last, numbers.compile),
                *(run.compute.threads, self._looks(run.dataset)),
            ]
        )

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
        return Calibration(spec, "tune_probes", self.plan.probe_threads)

    def drawing(self, dataset: Dataset) -> Calibration:
        """Return what tells how long the images of a procedural world take to draw."""
        return Calibration(Draw(world=dataset.world_spec), "render_world", 2)

    def teaching(self, found: Trained) -> Calibration:
        """Return what tells how long the training of a tiny generator takes."""
        number = classes(self.plan.images(found.section.dataset)).number
        spec = Teach(generator=self._untrained(found), classes=number)
        return Calibration(spec, "train_generator", 2)

    def _untrained(self, found: Trained) -> TrainedSpec:
        return found.spec.model_copy(update={"name": "", "dataset": "", "seed": 0})

    @property
    def sketched(self) -> list[Drawing]:
        """Return the drawings by generators that the workflow trains; others are drawn to tell."""
        trained = self.plan.trained_generators
        found = self.plan.drawings.values()
        return [drawing for drawing in found if drawing.first.section.generator in trained]

    def sketching(self, drawing: Drawing) -> Calibration:
        """Return what tells how long the images of a clone take that a tiny generator draws."""
        name = drawing.first.section.generator
        spec = Sketch(
            generator=self._untrained(self.plan.trained_generators[name]),
            drawing=drawing.spec.model_copy(update={"name": "", "generator": "", "seed": 0}),
        )
        return Calibration(spec, "generate_shard", 1)

    def describing(self, measure: Measure) -> Calibration:
        """Return what tells how long measures of features take."""
        spec = measure.spec.model_copy(update={"encoder": "", "dataset": "", "split": ""})
        number = classes(self.plan.images(measure.dataset)).number
        found = Describe(
            measures=spec,
            dim=dim(self.plan.encoders[measure.encoder_name]).number,
            of_class=_rounded(max(1, work.described(measure) // number)),
        )
        return Calibration(found, "measure_features", 4)

    def shown(self, what: Literal["table", "figure"]) -> Calibration:
        """Return what tells how long a table or a figure takes, and how long a job to start."""
        return Calibration(Start(makes=what), what, 1)


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


class AnySpec(RootModel[Annotated[Measured, Field(discriminator="kind")]]):
    """Any of them."""


def read(text: str) -> Measured:
    """Return what a measurement's spec says."""
    import json

    value = json.loads(text)
    if value.get("kind") == "search":
        found = TuneSpec.read(json.dumps(value["search"]))
        return Search(search=found, dim=value["dim"], classes=value["classes"])
    return AnySpec.model_validate_json(text).root
