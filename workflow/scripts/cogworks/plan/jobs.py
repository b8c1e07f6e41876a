"""Probe jobs: which protocol is applied to which encoder on which data set.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cogworks.config.probes import Protocol
from cogworks.probes.kinds import KINDS, Kind
from cogworks.probes.specs import CrossSpec, Draw, FitSpec, Level, TuneSpec
from cogworks.training.losses import LOSSES

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder, Features
    from cogworks.plan.plan import ImageSet, Plan


@dataclass(frozen=True, eq=False)
class Job:
    """One (encoder, data set, protocol): the source of rows of the score table.

    Attributes:
        encoder_name: name of the encoder.
        dataset: name of the data set, or of a group of a pool.
        protocol_name: name of the protocol.
        parts: the data sets whose features it reads; more than one for a pool.
        group: which classes of a pool it takes; None for a plain data set.
        test_sets: further data sets on whose test images it is scored.
    """

    plan: Plan = field(repr=False)
    encoder_name: str
    dataset: str
    protocol_name: str
    parts: tuple[ImageSet, ...]
    group: Draw | Level | None = None
    test_sets: tuple[ImageSet, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Return encoder, data set and protocol: what names it in the plan."""
        return self.encoder_name, self.dataset, self.protocol_name

    @property
    def encoder(self) -> Encoder:
        """Return the encoder."""
        return self.plan.encoders[self.encoder_name]

    @property
    def protocol(self) -> Protocol:
        """Return the protocol."""
        return self.plan.config.probes[self.protocol_name]

    @property
    def kind(self) -> Kind:
        """Return the kind of probe."""
        return KINDS.load(self.protocol.kind)

    @property
    def entries(self) -> list[str]:
        """Return the modules of registries on whose code its results depend."""
        found = [KINDS.module(self.protocol.kind)]
        if self.kind.own and self.encoder.run is not None:
            found.append(LOSSES.module(self.encoder.run.spec.loss.kind))
        return found

    @property
    def normalizes(self) -> bool:
        """Say whether it scales features to length 1."""
        chosen = self.protocol.normalize
        return self.kind.normalizes if chosen == "auto" else chosen == "l2"

    @property
    def scores(self) -> str:
        """Return the table of its scores."""
        return f"results/probes/{self._name}.parquet"

    @property
    def cells(self) -> str:
        """Return the folder of its cells: classifiers, predictions and scores."""
        return f"results/probes/{self._name}.cells"

    @property
    def trials(self) -> str:
        """Return the table of the trials of its search."""
        return f"results/tuning/{self._name}.parquet"

    @property
    def searches(self) -> str:
        """Return the folder of the records of its search."""
        return f"results/tuning/{self._name}.cells"

    @property
    def tune_inputs(self) -> dict[str, list[str]]:
        """Return what the search reads: training images alone."""
        return self._files(self.parts, "train") | {"levels": self._levels}

    @property
    def fit_inputs(self) -> dict[str, list[str]]:
        """Return what the fit reads."""
        return {
            "trials": [self.trials] if self.kind.tuned else [],
            **self._files(self.parts, "train", "train_"),
            **self._files(self.parts, "test", "test_"),
            **self._files(self.test_sets, "test", "other_"),
            "levels": self._levels,
        }

    @property
    def classifier_inputs(self) -> dict[str, list[str]]:
        """Return what the encoder's own classifier is scored on."""
        return self._files(self.parts + self.test_sets, "test")

    @cached_property
    def tune_spec(self) -> TuneSpec:
        """Return what the search depends on, besides the training features."""
        assert self.kind.tune is not None, f"{self.protocol.kind} is not tuned"
        return self.kind.tune.model_validate(self._keys(self.kind.tune))

    @cached_property
    def fit_spec(self) -> FitSpec:
        """Return what the fit and the scores depend on, besides features and trials."""
        names = [found.name for found in self.test_sets]
        keys = self._keys(self.kind.fit) | {"test_sets": names}
        if not names:  # A data set has the classes of its own classifiers: nothing to restrict.
            keys["restrict_classes"] = True
        if self.kind.own:
            keys["classifier"] = self.encoder.classifier
        return self.kind.fit.model_validate(keys)

    @property
    def _name(self) -> str:
        return f"{self.encoder_name}/{self.dataset}/{self.protocol_name}"

    @property
    def _levels(self) -> list[str]:
        """Return the level table by which a pool regroups its classes; none for other jobs."""
        if not isinstance(self.group, Level):
            return []
        return [self.plan.benchmarks[self.group.benchmark].table("levels")]

    def _features(self, sets: Iterable[ImageSet], split: str) -> list[Features]:
        return [self.encoder.features(found.name, split) for found in sets]

    def _files(
        self, sets: Iterable[ImageSet], split: str, prefix: str = ""
    ) -> dict[str, list[str]]:
        """Return the feature arrays of data sets, their indices and the manifests of both."""
        sets = tuple(sets)
        features = self._features(sets, split)
        return {
            f"{prefix}features": [found.array for found in features],
            f"{prefix}indices": [found.table for found in features],
            f"{prefix}manifests": [found.manifest(split) for found in sets],
        }

    def _keys(self, spec: type[FitSpec | TuneSpec]) -> dict[str, Any]:
        """Return the keys of the protocol that a spec has, and what names the job."""
        return self.protocol.model_dump(include=set(spec.model_fields)) | {
            "encoder": self.encoder_name,
            "dataset": self.dataset,
            "protocol": self.protocol_name,
            "group": self.group,
            "normalize": self.normalizes,
        }


@dataclass(frozen=True, eq=False)
class Crossing:
    """The classifiers of one data set, applied to the test images of another one (3.5.3).

    Attributes:
        encoder_name: name of the encoder.
        dataset: the data set whose classifiers are applied.
        other: the data set on whose test images they are.
        protocol_name: name of the protocol.
        confidence: predictions above it are listed.
    """

    plan: Plan = field(repr=False)
    encoder_name: str
    dataset: str
    other: str
    protocol_name: str
    confidence: float

    @property
    def job(self) -> Job:
        """Return the job that fits the classifiers."""
        return self.plan.jobs[self.encoder_name, self.dataset, self.protocol_name]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return encoder, data set, the other one and protocol: what names it in the plan."""
        return self.encoder_name, self.dataset, self.other, self.protocol_name

    @property
    def listed(self) -> str:
        """Return the list of its confident predictions."""
        return (
            f"results/crossed/{self.encoder_name}/{self.dataset}/{self.other}/"
            f"{self.protocol_name}.parquet"
        )

    @property
    def inputs(self) -> dict[str, str]:
        """Return the scores beside the classifiers, and the features that these are applied to."""
        features = self.job.encoder.features(self.other, "test")
        return {
            "scores": self.job.scores,
            "features": features.array,
            "index": features.table,
            "manifest": self.plan.images(self.other).manifest("test"),
        }

    @property
    def spec(self) -> CrossSpec:
        """Return what it depends on, besides classifiers and features."""
        return CrossSpec(
            confidence=self.confidence,
            normalize=self.job.normalizes,
            seeds=self.job.protocol.seeds,
        )
