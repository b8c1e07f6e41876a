"""The classifier that an encoder was trained with (sections 5.5.1 and 5.5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cogworks.concepts.wnid_lists import read_wnids
from cogworks.core.errors import InputError
from cogworks.core.files import sha256_file
from cogworks.core.records import read_record
from cogworks.core.spec import digest
from cogworks.encoders.checkpoint import read_weights
from cogworks.encoders.specs import OwnClassifier, PublishedClassifier
from cogworks.probes.cells import Cell
from cogworks.probes.classifier import Classifier
from cogworks.probes.models import Model
from cogworks.training.classifier import load_classifier
from cogworks.training.losses import LOSSES

FILES = ("spec.json", "classifier.safetensors")


@dataclass
class OfRun:
    """The one classifier of a training run; see `models.Models`.

    Attributes:
        run: the folder of the run.
    """

    run: Path

    @property
    def entries(self) -> list[str]:
        """Return the modules of registries on whose code it depends."""
        return [LOSSES.module(read_record(self.run / "spec.json")["classifier"]["kind"])]

    @property
    def digest(self) -> str:
        """Hash of the run's files."""
        return digest([sha256_file(self.run / name) for name in FILES])

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """There is nothing to prepare."""

    def model(self, cell: Cell) -> Model:
        """Return the classifier; it was not fitted on any image here."""
        logits = load_classifier(self.run)
        classes = list(read_record(self.run / "spec.json")["classes"])
        # It is on the CPU, where these few products belong.
        return Model(lambda x: logits(x.cpu()).to(x.device), classes, 0)


@dataclass
class Published:
    """The linear layer of a published encoder; see `models.Models`."""

    spec: PublishedClassifier

    @property
    def entries(self) -> list[str]:
        """Return the modules of registries on whose code it depends."""
        return []

    @property
    def digest(self) -> str:
        """Hash of the published file."""
        return sha256_file(self.spec.checkpoint.file)

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """There is nothing to prepare."""

    def model(self, cell: Cell) -> Model:
        """Return the classifier; it was not fitted on any image here.

        Raises:
            InputError: the file has no such layer, or one of another number of classes.
        """
        file, layer = self.spec.checkpoint.file, self.spec.layer
        classes = read_wnids(self.spec.classes, key="classes")
        state = read_weights(self.spec.checkpoint)
        weight = state.get(f"{layer}.weight")
        if weight is None:
            raise InputError(
                f"{file}: no {layer}.weight, expected the classifier that the encoder was trained "
                "with; was it taken off? Score another file, or no classifier of this encoder"
            )
        if weight.ndim != 2 or len(weight) != len(classes):
            raise InputError(
                f"{file}: {layer}.weight is {tuple(weight.shape)}, expected {len(classes)} rows, "
                f"one for each class of {self.spec.classes}"
            )
        bias = state.get(f"{layer}.bias", torch.zeros(len(classes)))
        return Model(Classifier(weight.float(), bias.float()), classes, 0)


def own_classifier(spec: OwnClassifier) -> OfRun | Published:
    """Return the classifier that a spec describes."""
    return Published(spec) if isinstance(spec, PublishedClassifier) else OfRun(Path(spec.folder))
