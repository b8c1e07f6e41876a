"""The classifier that an encoder's own training run learned (sections 5.5.1 and 5.5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cogworks.core.files import read_json, sha256_file
from cogworks.core.spec import digest
from cogworks.probes.cells import Cell
from cogworks.probes.models import Model
from cogworks.training.classifier import load_classifier

FILES = ("spec.json", "classifier.safetensors")


@dataclass
class Own:
    """The one classifier of a training run; see `models.Models`.

    Attributes:
        run: the folder of the run.
    """

    run: Path

    @property
    def digest(self) -> str:
        """Hash of the run's files."""
        return digest([sha256_file(self.run / name) for name in FILES])

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """There is nothing to prepare."""

    def model(self, cell: Cell) -> Model:
        """Return the classifier; it was not fitted on any image here."""
        logits = load_classifier(self.run)
        classes = list(read_json(self.run / "spec.json")["classes"])
        # It is on the CPU, where these few products belong.
        return Model(lambda x: logits(x.cpu()).to(x.device), classes, 0)
