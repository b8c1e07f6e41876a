"""Weighted nearest neighbours: a probe that needs no tuning."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cogworks.core.products import linear
from cogworks.probes.cells import Cell
from cogworks.probes.kinds.knn import NearestFit
from cogworks.probes.models import Model, training_rows
from cogworks.probes.table import FeatureTable, TableSource, require_variation

# Training images that are looked at together, and how many similarities to them are held at once.
BLOCK, CHUNK = 2**12, 2**24


@dataclass(frozen=True)
class Neighbours:
    """Training images that vote for their own class.

    Attributes:
        x: features `(N, D)`, here or on the host, from where they come block by block.
        y: labels `(N,)` on the device that computes.
        n_classes: C.
        k: neighbours that vote; all N where there are fewer.
        temperature: a neighbour of similarity s votes with weight exp(s / temperature).
    """

    x: Tensor
    y: Tensor
    n_classes: int
    k: int
    temperature: float

    def __call__(self, x: Tensor) -> Tensor:
        """Return the votes `(M, C)` for features `(M, D)`, the nearest neighbour's counted as 1."""
        size = max(1, CHUNK // BLOCK)
        return torch.cat([self._votes(chunk) for chunk in x.split(size)])

    def _votes(self, x: Tensor) -> Tensor:
        similarity, near = self._nearest(x)
        weight = torch.exp((similarity - similarity[:, :1]) / self.temperature)
        votes = torch.zeros(len(x), self.n_classes, device=x.device)
        # One neighbour of each image after the other: a GPU adds those of one class in any order.
        for own, label in zip(weight.split(1, dim=1), self.y[near].split(1, dim=1), strict=True):
            votes.scatter_add_(1, label, own)
        return votes

    def _nearest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the similarities and rows of the k nearest, `(M, k)`, the nearest first."""
        best, near = x.new_empty(len(x), 0), self.y.new_empty(len(x), 0)
        for number, block in enumerate(self.x.split(BLOCK)):
            found, rows = linear(x, block.to(x.device)).topk(min(self.k, len(block)), dim=1)
            best = torch.cat([best, found], dim=1)
            near = torch.cat([near, rows + number * BLOCK], dim=1)
            best, chosen = best.topk(min(self.k, best.shape[1]), dim=1)
            near = near.gather(1, chosen)
        return best, near


@dataclass
class Nearest:
    """The training images themselves; see `models.Models`."""

    spec: NearestFit
    source: TableSource
    device: torch.device
    table: FeatureTable | None = None

    @property
    def digest(self) -> str:
        """See `Models`."""
        return self.source.digest

    def prepare(self, cells: Sequence[tuple[Cell, str]]) -> None:
        """Read the training features."""
        self.table = self.source.load(self.device)
        require_variation(self.table)

    def model(self, cell: Cell) -> Model:
        """See `Models`."""
        table = self.table
        assert table is not None, "prepare comes first"
        rows = torch.from_numpy(training_rows(self.spec, table, cell))
        whole = len(rows) == len(table.y)
        x = table.x if whole else table.x[rows.to(table.x.device)]
        neighbours = Neighbours(
            x=x,
            y=table.y[rows].to(self.device),
            n_classes=len(table.classes),
            k=self.spec.k,
            temperature=self.spec.temperature,
        )
        return Model(neighbours, table.classes, len(rows))
