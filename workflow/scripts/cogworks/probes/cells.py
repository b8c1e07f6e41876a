"""The cells of a job: one for each (shots, seed), each with a folder of its own."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.probes.kinds import KINDS
from cogworks.probes.outcomes import HYPER, Params
from cogworks.probes.specs import FitSpec, Shots, TrainedFit


@dataclass(frozen=True)
class Cell:
    """One (shots, seed).

    Attributes:
        shots: an entry of the protocol's `shots`.
        seed: the repetition.
        params: hyper-parameters that the search chose; empty where there is none.
        val_top1: their validation accuracy in percent.
        folder: where its files are.
    """

    shots: Shots
    seed: int
    params: Params
    val_top1: float | None
    folder: Path

    @property
    def classifier(self) -> Path:
        """The fitted classifier."""
        return self.folder / "classifier.safetensors"

    def scores(self, test_set: str) -> Path:
        """Return the file of its scores on a test set."""
        return self.folder / f"{test_set}.json"

    def predictions(self, test_set: str) -> Path:
        """Return the file of its predictions on a test set."""
        return self.folder / f"{test_set}.npy"


def cell_folder(folder: Path, shots: Shots, seed: int) -> Path:
    """Return the folder of a cell in a job's folder."""
    return folder / f"{shots}-{seed}"


def cells_of(spec: FitSpec, folder: Path, trials: pd.DataFrame | None) -> list[Cell]:
    """Return the cells of a job.

    A classifier that is not trained here is one cell. Where all training images leave nothing to
    chance, one seed serves them.

    Raises:
        InputError: a cell has no trials.
    """
    if not isinstance(spec, TrainedFit):
        return [Cell("all", 0, {}, None, cell_folder(folder, "all", 0))]
    kind = KINDS.load(spec.kind)
    result = []
    for shots in spec.shots:
        seeds = spec.seeds if kind.repeats_full or shots != "all" else 1
        for seed in range(seeds):
            params, val_top1 = ({}, None) if trials is None else chosen(trials, shots, seed)
            result.append(Cell(shots, seed, params, val_top1, cell_folder(folder, shots, seed)))
    return result


def chosen(trials: pd.DataFrame, shots: Shots, seed: int) -> tuple[Params, float]:
    """Return the hyper-parameters of the best trial of a cell and its validation accuracy.

    Raises:
        InputError: the cell has no trials.
    """
    found = trials[(trials["shots"] == str(shots)) & (trials["seed"] == seed) & trials["chosen"]]
    if found.empty:
        raise InputError(
            f"the table of trials holds no search for shots {shots}, seed {seed}; "
            "delete it and let the workflow make it again"
        )
    row = found.iloc[0]
    names = [name for name in HYPER if pd.notna(row[name])]
    return {name: float(row[name]) for name in names}, float(row["val_top1"])
