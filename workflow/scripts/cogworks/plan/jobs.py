"""Probe jobs: which protocol is applied to which encoder on which data set.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.config.probes import Protocol
from cogworks.probes import plan as probes_plan

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.plan import ImageSet, Plan


@dataclass(frozen=True)
class Job:
    """One (encoder, data set, protocol): the source of rows of the score table.

    Attributes:
        encoder_name: name of the encoder.
        dataset: name of the data set, or of a group of a pool.
        protocol_name: name of the protocol.
    """

    plan: Plan = field(repr=False, compare=False)
    encoder_name: str
    dataset: str
    protocol_name: str

    @property
    def encoder(self) -> Encoder:
        """Return the encoder."""
        return self.plan.encoders[self.encoder_name]

    @property
    def protocol(self) -> Protocol:
        """Return the protocol."""
        return self.plan.config.probes[self.protocol_name]

    @property
    def parts(self) -> list[ImageSet]:
        """Return the data sets whose features it reads; more than one for a pool."""
        return [self.plan.images(name) for name in self._legacy.parts]

    @property
    def test_sets(self) -> list[ImageSet]:
        """Return the further data sets on whose test images it is scored."""
        return [self.plan.images(name) for name in self._legacy.test_sets]

    @property
    def is_pooled(self) -> bool:
        """Say whether its classes are a group of a pool."""
        return self._legacy.group is not None

    @property
    def scores(self) -> str:
        """Return the table of its scores."""
        return f"results/probes/{self.encoder_name}/{self.dataset}/{self.protocol_name}.parquet"

    @property
    def _legacy(self) -> probes_plan.Job:

        key = (self.encoder_name, self.dataset, self.protocol_name)
        return probes_plan.job(self.plan.legacy, *key)


@dataclass(frozen=True)
class Crossing:
    """The classifiers of one data set, applied to the test images of another one (3.5.3)."""

    plan: Plan = field(repr=False, compare=False)
    encoder_name: str
    dataset: str
    other: str
    protocol_name: str

    @property
    def listed(self) -> str:
        """Return the list of its confident predictions."""
        return (
            f"results/crossed/{self.encoder_name}/{self.dataset}/{self.other}/"
            f"{self.protocol_name}.parquet"
        )
