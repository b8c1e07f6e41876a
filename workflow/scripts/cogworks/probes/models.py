"""What a job scores: models of its cells, such as classifiers that are fitted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import torch
from torch import Tensor

from cogworks.core.progress import track
from cogworks.probes.cells import Cell
from cogworks.probes.classifier import (
    Classifier,
    StoredClassifier,
    has_classifier,
    read_classifier,
    write_classifier,
)
from cogworks.probes.kinds import KINDS
from cogworks.probes.methods import shots_of
from cogworks.probes.specs import TrainedFit
from cogworks.probes.splits import Rows, balance, fit_rows, rows_by_class
from cogworks.probes.table import FeatureTable, TableSource, require_variation


@dataclass(frozen=True)
class Model:
    """Something that classifies features.

    Attributes:
        logits: gives `(n, C)` for features `(n, D)`; null where the fit diverged.
        classes: ids of the C classes.
        n_train: images that it was fitted on here.
        converged: whether the solver met its tolerance; null where the method has none.
    """

    logits: Callable[[Tensor], Tensor] | None
    classes: list[str]
    n_train: int
    converged: bool | None = None


class Models(Protocol):
    """The models of a job's cells."""

    @property
    def digest(self) -> str:
        """Hash of the files that the models depend on."""

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """Make the models of cells, each with the digest of what it depends on."""

    def model(self, cell: Cell) -> Model:
        """Return the model of a cell that was prepared."""


def job_models(spec: TrainedFit, source: TableSource, device: torch.device) -> Models:
    """Return the models of a job that trains on features."""
    return (KINDS.load(spec.kind).models or Fitted)(spec, source, device)


@dataclass
class Fitted:
    """Linear classifiers that are fitted with the hyper-parameters that the search chose."""

    spec: TrainedFit
    source: TableSource
    device: torch.device

    @property
    def digest(self) -> str:
        """See `Models`."""
        return self.source.digest

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """Fit the cells whose file is missing; seeds of a small problem together."""
        todo = [(cell, key) for cell, key in cells if not has_classifier(cell.classifier, key=key)]
        if not todo:
            return
        table = self.source.load(self.device)
        require_variation(table)
        rows = [training_rows(self.spec, table, cell) for cell, _ in todo]
        total = self.spec.passes * sum(map(len, rows))
        work = self._fit(todo, rows, table)
        for _ in track(work, label="fit", total=total, unit="images", count=int):
            pass

    def model(self, cell: Cell) -> Model:
        """See `Models`."""
        stored = read_classifier(cell.classifier)
        found = stored.classifier
        return Model(found, stored.classes, stored.n_train, found.converged if found else None)

    def _fit(
        self, todo: list[tuple[Cell, str]], all_rows: list[Rows], table: FeatureTable
    ) -> Iterator[int]:
        """Fit classifiers; yields after each how many images it was shown."""
        method = KINDS.load(self.spec.kind).method
        assert method is not None, "only tuned kinds are fitted"
        how = method(self.spec, table, self.device)
        pairs = zip(todo, all_rows, strict=True)
        for _, entries in groupby(pairs, key=lambda pair: pair[0][0].shots):
            group, rows = map(list, zip(*entries, strict=True))
            count = how.companions(len(rows[0]))
            for place in range(0, len(group), count):
                part = slice(place, place + count)
                seeds = [cell.seed for cell, _ in group[part]]
                params = [cell.params for cell, _ in group[part]]
                fitted = how.fit(seeds, rows[part], params)
                for (cell, key), own, found in zip(group[part], rows[part], fitted, strict=True):
                    self._store(cell, key, table, found, len(own))
                    yield self.spec.passes * len(own)

    def _store(
        self, cell: Cell, key: str, table: FeatureTable, found: Classifier | None, n_train: int
    ) -> None:
        stored = StoredClassifier(found, table.classes, self.source.normalize, n_train)
        write_classifier(stored, cell.classifier, key=key)


def training_rows(spec: TrainedFit, table: FeatureTable, cell: Cell) -> Rows:
    """Return the rows of the training features that a cell is fitted on."""
    rows = rows_by_class(table.labels, len(table.classes))
    if spec.per_class is not None:
        rows = balance(rows, table.classes, spec.per_class)
    return fit_rows(
        rows,
        table.classes,
        seed=cell.seed,
        validation=spec.validation,
        shots=shots_of(cell.shots),
    )
