"""Encoders: which network with which weights, and where its features lie.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from cogworks.config import encoders as config
from cogworks.config import published
from cogworks.core import fingerprint, paths
from cogworks.core.codehash import rule_code
from cogworks.encoders import identity
from cogworks.encoders.shards import SCRIPT, Note, made_of, noted, shard_paths
from cogworks.encoders.specs import (
    Checkpoint,
    ComputeSpec,
    EncoderSpec,
    EntryPointSource,
    ImageSpec,
    ModelSource,
    OwnClassifier,
    Pretrained,
    PublishedClassifier,
    Random,
    RunSource,
    Source,
)
from cogworks.plan import encoder_checks
from cogworks.plan.networks import Model, entry_file

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan
    from cogworks.plan.runs import Run

WEIGHTS = "weights"


class Features(NamedTuple):
    """The features of one data set's split: an array (N, D) and its index."""

    array: str
    table: str


@dataclass(frozen=True, eq=False)
class Encoder:
    """One encoder, published or trained here.

    Attributes:
        name: its own name, of an encoder of a sweep with the values of its run.
        section: its section of the config, with its own run.
        declared: the name of its section in the config.
    """

    plan: Plan = field(repr=False)
    name: str
    section: config.Encoder
    declared: str

    @property
    def run(self) -> Run | None:
        """Return the training run that it comes from, if any."""
        return None if self.section.run is None else self.plan.runs.get(self.section.run)

    @property
    def published_model(self) -> published.Model | None:
        """Return the published model that it is, if it is one of the registry."""
        name = self.section.registry
        return None if name is None else published.models()[name]

    @property
    def model(self) -> Model | None:
        """Return its library's architecture; None where a run or the user's code builds it."""
        if self.section.entry_point is not None:
            return None
        text = self.published_model.architecture if self.published_model else self.section.model
        return None if text is None else Model.read(text)

    @property
    def weights(self) -> str | None:
        """Return where the weights of its architecture come from; None where nothing says so."""
        section = self.section
        if section.weights is not None:
            return section.weights
        if section.registry is not None or section.checkpoint is not None:
            return "checkpoint"
        return "pretrained" if self.model and self.model.folder else None

    @property
    def cached_model(self) -> Model | None:
        """Return the model whose weights a library keeps in its cache, if it has such weights."""
        if self.model is None or self.weights != "pretrained" or self.model.folder is not None:
            return None
        return self.model

    @cached_property
    def classifier(self) -> OwnClassifier | None:
        """Return where the classifier is that it was trained with, if it has one."""
        own, source = self.published_model, self._source
        if isinstance(source, RunSource):
            return source
        if own is None or own.classifier is None or not isinstance(source, ModelSource):
            return None
        assert isinstance(source.weights, Checkpoint), "the registry's weights are files"
        return PublishedClassifier(
            checkpoint=source.weights, layer=own.classifier, classes=own.classes
        )

    @property
    def classifier_files(self) -> list[str]:
        """Return the files that its own classifier is made from."""
        if self.run is None:
            return self.files
        return [self.run.file(name) for name in ("spec.json", "classifier.safetensors")]

    @property
    def category(self) -> str | None:
        """Return its category, as in table 3.2, where it is a published model, else None."""
        return None if self.published_model is None else self.published_model.category

    def features(self, dataset: str, split: str) -> Features:
        """Return where its features of a data set's split lie."""
        return Features(*paths.features(self.name, dataset, split))

    @cached_property
    def files(self) -> list[str]:
        """Return the files that it is made of: a change of one makes its features stale."""
        section = self.section
        if section.run is not None:
            folder = f"results/training/{section.run}"
            return [f"{folder}/encoder.safetensors", f"{folder}/spec.json"]
        if section.entry_point is not None:
            return [*entry_file(section.entry_point), *section.files]
        if self.weights == "checkpoint":
            return [self._checkpoint_file]
        return self.model.files if self.model and self.weights == "pretrained" else []

    @cached_property
    def missing(self) -> list[str]:
        """Return a line for each of its files that is not there, and what to do about it."""
        return list(encoder_checks.missing(self))

    @cached_property
    def spec(self) -> EncoderSpec:
        """Return all that its features depend on, besides images and what the workflow makes.

        What the registry says is resolved, so that an edit of one of its entries concerns that
        model alone.
        """
        return EncoderSpec(
            name=self.name,
            source=self._source,
            image=self._image,
            compute=self._compute,
            weights=self._identity,
        )

    @property
    def untrained(self) -> EncoderSpec:
        """Return the same network with random weights: what it takes is measured without files."""
        source, image = self._source, self._image
        if self.run is not None:
            built = self.run.spec.backbone
            source = ModelSource(
                library=built.library,
                name=built.name,
                options=built.options,
                weights=Random(seed=0),
                feature_dim=None,
            )
            image = image.model_copy(update={"image_size": image.image_size or built.image_size})
        elif isinstance(source, ModelSource):
            source = source.model_copy(update={"weights": Random(seed=0), "feature_dim": None})
        # Encoders of one architecture that differ in their colours alone take the same time.
        image = image.model_copy(update={"mean": None, "std": None, "channel_order": None})
        return EncoderSpec(
            name="estimate", source=source, image=image, compute=self._compute, weights=None
        )

    @cached_property
    def made_of(self) -> str:
        """Return what names all that its features are made of besides images."""
        return made_of(self.spec, rule_code(SCRIPT))

    def note(self, dataset: str, split: str) -> Note | None:
        """Return the note on finished features; None where there are none, or stale ones."""
        key = dataset, split
        if key not in self._notes:
            self._notes[key] = noted(self.features(dataset, split).array, self.made_of)
        return self._notes[key]

    def shard_count(self, dataset: str, split: str) -> int:
        """Return among how many jobs the images are divided; finished features keep theirs."""
        note = self.note(dataset, split)
        return self.section.shards if note is None else note.shards

    def shards(self, dataset: str, split: str) -> list[str]:
        """Return the arrays and indices of all shards; none where one job makes all features."""
        features, count = self.features(dataset, split).array, self.shard_count(dataset, split)
        return [path for pair in shard_paths(features, count) for path in pair] if count > 1 else []

    @cached_property
    def _notes(self) -> dict[tuple[str, str], Note | None]:
        return {}

    @property
    def _identity(self) -> fingerprint.Fingerprints | None:
        cached = self.cached_model
        if cached is None:
            return fingerprint.of_files(self.files) or None
        now = identity.of_cache(identity.cached_weights(cached.library, cached.name))
        return identity.planned(now, paths.weights_note(self.name))

    @property
    def _compute(self) -> ComputeSpec:
        section = self.section
        return ComputeSpec(
            precision=section.precision,
            compile=section.compile,
            dtype=section.dtype,
            batch_size=section.batch_size,
        )

    @property
    def _image(self) -> ImageSpec:
        section, own = self.section, self.published_model
        usual = None if own is None else published.normalization(own)
        return ImageSpec(
            image_size=section.image_size or (own.image_size if own else None),
            geometry=section.geometry,
            resize=section.resize,
            interpolation=section.interpolation,
            mean=section.mean or (usual.mean if usual else None),
            std=section.std or (usual.std if usual else None),
            channel_order=section.channel_order or (own.channel_order if own else None),
            decoder=section.decoder,
        )

    @property
    def _source(self) -> Source:
        section = self.section
        if section.run is not None:
            return RunSource(folder=f"results/training/{section.run}")
        dim = self.published_model.feature_dim if self.published_model else None
        if section.entry_point is not None:
            return EntryPointSource(
                target=section.entry_point,
                options=section.options,
                seed=section.seed,
                feature_dim=dim,
            )
        assert self.model is not None, "`problems` refuses an encoder without a source"
        return ModelSource(
            library=self.model.library,
            # `./model` is `model`.
            name=str(self.model.folder or self.model.name),
            options=self.published_model.options if self.published_model else section.options,
            weights=self._weights_spec,
            feature_dim=dim,
        )

    @property
    def _weights_spec(self) -> Random | Pretrained | Checkpoint:
        if self.weights == "random":
            return Random(seed=self.section.seed)
        if self.weights == "pretrained":
            return Pretrained()
        layout = self.published_model or self.section
        entries = layout.container
        return Checkpoint(
            file=self._checkpoint_file,
            containers=[entries] if isinstance(entries, str) else entries,
            prefix=layout.prefix,
            drop=layout.drop,
            rename=layout.rename,
        )

    @property
    def _checkpoint_file(self) -> str:
        if self.section.checkpoint is not None:
            return self.section.checkpoint
        assert self.published_model is not None, "`problems` asks for a checkpoint"
        return f"{WEIGHTS}/{self.published_model.file}"


def expand(plan: Plan) -> Iterator[Encoder]:
    """Yield every encoder of the config: of a sweep of runs one for each of its runs.

    An encoder `mine` of the sweep `ocm` stands for `mine_2048`, `mine_4096` and so on. One of all
    models of the benchmark stands for those that have no entry of their own.
    """
    for name, section in plan.config.encoders.items():
        if section.registry == published.ALL:
            for model in published.benchmark():
                if model not in plan.config.encoders:
                    own = section.model_copy(update={"registry": model})
                    yield Encoder(plan, model, own, name)
            continue
        if section.run is None or section.run not in plan.run_names:
            yield Encoder(plan, name, section, name)
            continue
        for run in plan.run_names[section.run]:
            member = name + run.removeprefix(section.run)
            yield Encoder(plan, member, section.model_copy(update={"run": run}), name)


def families(plan: Plan) -> dict[str, list[str]]:
    """Return the names of the encoders that each name of the section `encoders` stands for."""
    result: dict[str, list[str]] = {}
    for found in expand(plan):
        result.setdefault(found.declared, []).append(found.name)
    everyone = [n for n, s in plan.config.encoders.items() if s.registry == published.ALL]
    return result | {name: published.benchmark() for name in everyone}
