"""No score counts twice, and none is missing: a mean over the rest would look like a result."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from cogworks.core.errors import InputError

ALL = "all"


class _Series(NamedTuple):
    """What has the same numbers of shots and the same seeds for a whole protocol."""

    encoder: str
    dataset: str
    test_set: str
    protocol: str

    def told(self, shots: str, seed: int) -> str:
        text = f"encoder {self.encoder}, data set {self.dataset}, test set {self.test_set}"
        return f"{text}, protocol {self.protocol}, shots {shots}, seed {seed}"


def check_complete(tables: Sequence[tuple[str | Path, pd.DataFrame]]) -> None:
    """Refuse score tables in which a seed or a number of shots occurs twice or not at all.

    All tables of a protocol have the same. Where all training images leave nothing to chance, one
    seed serves them.

    Args:
        tables: each with its file; columns encoder, dataset, test_set, protocol, shots and seed.

    Raises:
        InputError: it names the file and the score.
    """
    found: dict[_Series, dict[str, set[int]]] = {}
    files: dict[_Series, str | Path] = {}
    for path, frame in tables:
        for *keys, shots, seed in frame[[*_Series._fields, "shots", "seed"]].itertuples(
            index=False
        ):
            series = _Series(*keys)
            seeds = found.setdefault(series, {}).setdefault(str(shots), set())
            if seed in seeds:
                other = "" if files[series] == path else f"; {files[series]} holds it too"
                raise InputError(
                    f"{path}: holds more than once {series.told(shots, seed)}{other}; delete the "
                    "table and run again"
                )
            seeds.add(seed)
            files.setdefault(series, path)
    for protocol in dict.fromkeys(series.protocol for series in found):
        members = {s: cells for s, cells in found.items() if s.protocol == protocol}
        _check_holes(members, files)


def _check_holes(
    members: dict[_Series, dict[str, set[int]]], files: dict[_Series, str | Path]
) -> None:
    """Refuse the tables of one protocol where one of them lacks what another one has."""
    names = list(dict.fromkeys(shots for cells in members.values() for shots in cells))
    most = {
        shots: 1 + max(max(cells[shots], default=0) for cells in members.values() if shots in cells)
        for shots in names
    }
    # A single seed may be all there is of all images, and of them alone.
    count = max((most[shots] for shots in names if shots != ALL), default=0)
    for series, cells in members.items():
        for shots in names:
            expected = range(
                most[ALL] if shots == ALL and most[ALL] == 1 else max(count, most[shots])
            )
            for seed in expected:
                if seed not in cells.get(shots, ()):
                    raise InputError(
                        f"{files[series]}: lacks {series.told(shots, seed)}, which its protocol "
                        "has elsewhere; delete the table and run again"
                    )
