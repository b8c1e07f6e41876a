"""Scores by training set, real or drawn (thesis, tables 5.1 to 5.4)."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.report.clone_rows import NONE
from cogworks.report.drawing.published import read_paper
from cogworks.report.reference import DATASETS
from cogworks.report.specs import (
    AugmentationSpec,
    ClassifierRow,
    CloneSetsSpec,
    CloneTransferSpec,
    DataRow,
    DataTableSpec,
    PublishedRow,
    SetColumn,
)
from cogworks.report.summary import fit_note, summarise
from cogworks.report.table import BLOCK, OWN, REFERENCE, Column, Table, text_column

_METRICS = {"top1": "Top-1", "top5": "Top-5"}
AVERAGE = "average"
# The test sets that have a part of the classes only.
_PARTIAL = ("r", "a")
_MARKS = (
    "In italics: trained on real images. In colour: above all models that were trained on the real "
    "images of the same data set."
)
_HEADS = (
    ("row", "#"),
    ("data", "training dataset"),
    ("size", "R. size"),
    ("scale", "scale"),
    ("model", "prompt / model"),
)
# Returns the numbers of a model of the thesis by the keys of columns.
_Lookup = Callable[[PublishedRow], Mapping[str, float]]


def augmentation_table(scores: pd.DataFrame, spec: AugmentationSpec) -> Table:
    """Return top-1 of each training set by augmentation, in the layout of table 5.1.

    Args:
        scores: the long table of `scores.collect`.
        spec: `dataset`, `augmentations` and `rows`.
    """
    records = []
    for row in spec.rows:
        first = next(iter(row.encoders.values()))
        values = {
            name: _value(scores, found, [[found.dataset, found.dataset]], "top1")
            for name, found in row.encoders.items()
        }
        shown = [values.get(name, math.nan) for name in spec.augmentations]
        records.append(_head(first) | values | {"gain": shown[-1] - shown[0]})
    frame = pd.DataFrame(records)
    several = frame["data"].duplicated().any()
    heads = ["data", *(["size", "scale", "model"] if several else [])]
    rows = [found for row in spec.rows for found in row.encoders.values()]
    return Table(
        title=f"Top-1 on {spec.dataset} (%) by augmentation, as table 5.1",
        columns=[
            *(text_column(key, label) for key, label in _HEADS if key in heads),
            *(Column(name, name, best=None) for name in spec.augmentations),
            Column("gain", "↑", signed=True, best=None),
        ],
        frame=frame,
        note="Encoders with their own classifiers, on real test images; ↑: what the last "
        "augmentation gains. In italics: trained on real images." + _fits(scores, rows),
    )


def test_set_table(scores: pd.DataFrame, spec: CloneSetsSpec) -> Table:
    """Return top-1 and top-5 on each test set, in the layout of table 5.2.

    Args:
        scores: the long table of `scores.collect`.
        spec: `rows`, `test_sets`, and models of the thesis to add.
    """
    cells = {f"{m}_{n}": (m, s) for n, s in enumerate(spec.test_sets) for m in _METRICS}
    records = [
        _head(row) | {key: _value(scores, row, s.members, m) for key, (m, s) in cells.items()}
        for row in spec.rows
    ]
    theirs = _paper_52(spec) if spec.published else {}

    def lookup(row: PublishedRow) -> dict[str, float]:
        found = theirs.get(row.model, {})
        return {key: found.get((s.published or "", m), math.nan) for key, (m, s) in cells.items()}

    blocks = {row.block for row in spec.published}
    seen = {row.dataset for row in spec.rows if row.block in blocks}
    frame, note = _with_published(records, spec, lookup, _classes(scores, seen, 1000))
    columns = [
        Column(key, _METRICS[metric], over=entry.label + "*" * (entry.published in _PARTIAL))
        for key, (metric, entry) in cells.items()
    ]
    starred = any("*" in column.over for column in columns)
    return Table(
        title="Top-1 and top-5 on test sets of ImageNet's classes (%), as table 5.2",
        columns=[*(text_column(key, label) for key, label in _HEADS), *columns],
        frame=frame,
        note="Encoders with their own classifiers, on real images. "
        + _MARKS
        + " *: only the classes that both sides have." * starred
        + note
        + _fits(scores, spec.rows),
        ranked=False,
    )


def transfer_table(scores: pd.DataFrame, spec: CloneTransferSpec) -> Table:
    """Return top-1 on each transfer set and their average, in the layout of table 5.3.

    Args:
        scores: the long table of `scores.collect`.
        spec: `rows`, `columns`, and models of the thesis to add.
    """
    frame, note = _top1(scores, spec)
    names = [column.name for column in spec.columns]
    frame[AVERAGE] = frame[names].mean(axis=1, skipna=False)
    return Table(
        title="Top-1 on transfer sets (%) by training set, as table 5.3",
        columns=[
            *(text_column(key, label) for key, label in _HEADS),
            *(Column(column.name, column.label) for column in spec.columns),
            Column(AVERAGE, "Avg."),
        ],
        frame=frame,
        note="Linear classifiers on frozen features. " + _MARKS + note + _probes(scores, spec),
    )


def level_table(scores: pd.DataFrame, spec: CloneTransferSpec) -> Table:
    """Return top-1 on the seen concepts and on each level, in the layout of table 5.4.

    Arguments as for `transfer_table`.
    """
    frame, note = _top1(scores, spec)
    heads = [head for head in _HEADS if head[0] in ("data", "scale", "model")]
    return Table(
        title="Top-1 by level (%) and training set, as table 5.4",
        columns=[
            *(text_column(key, label) for key, label in heads),
            *(Column(column.name, column.label, second=True) for column in spec.columns),
        ],
        frame=frame.drop(columns=[REFERENCE, BLOCK]),
        note="Linear classifiers on frozen features. The second best is underlined."
        + note
        + _probes(scores, spec),
    )


def _head(row: DataRow) -> dict[str, Any]:
    """Return the texts of a row, and what it is."""
    texts = row.model_dump(include={"data", "size", "scale", "model"})
    return texts | {BLOCK: row.block, REFERENCE: row.real, OWN: True}


def _with_published(
    records: list[dict[str, Any]], spec: DataTableSpec, lookup: _Lookup, unlike: str
) -> tuple[pd.DataFrame, str]:
    """Return the table with models of the thesis among those on real images, and a note on them.

    Args:
        records: the run's own rows, in order.
        spec: the models of the thesis to add.
        lookup: their numbers.
        unlike: why they cannot be compared, empty if they can.
    """
    note = ""
    if spec.published and not unlike:
        last = {"size": "", "scale": NONE, REFERENCE: True, OWN: False}
        names = ", ".join(row.model for row in spec.published)
        note = f" From the thesis, as the run has no such scores: {names}."
        for row in reversed(spec.published):
            head = {"data": row.data, "model": row.model, BLOCK: row.block}
            records.insert(_place(records, row.block), head | last | dict(lookup(row)))
    elif spec.published:
        note = f" The thesis's models are not comparable:{unlike.removesuffix(';')}."
    frame = pd.DataFrame(records)
    frame.insert(0, "row", [str(number) for number in range(1, len(frame) + 1)])
    return frame, note


def _place(records: Sequence[Mapping[str, Any]], block: str) -> int:
    """Return where to insert in a block: behind its models that were trained on real images."""
    own = [n for n, record in enumerate(records) if record[BLOCK] == block]
    real = [n for n in own if records[n][REFERENCE] and records[n][OWN]]
    return real[-1] + 1 if real else own[0]


def _top1(scores: pd.DataFrame, spec: CloneTransferSpec) -> tuple[pd.DataFrame, str]:
    """Return the rows of a table of linear probes, and a note on the models of the thesis."""
    records = [
        _head(row) | {column.name: _probe(scores, row, column) for column in spec.columns}
        for row in spec.rows
    ]
    theirs = _paper(spec) if spec.published else {}

    def lookup(row: PublishedRow) -> dict[str, float]:
        found = theirs.get(row.model, {})
        return {c.name: found.get(c.published or "", math.nan) for c in spec.columns}

    unlike = "".join(
        _classes(scores, {c.name}, DATASETS[c.published][1])
        if c.published in DATASETS
        else f" the thesis has no {c.label};"
        for c in spec.columns
    )
    return _with_published(records, spec, lookup, unlike)


def _classes(scores: pd.DataFrame, datasets: set[str], expected: int) -> str:
    """Return which data set has not as many classes as the thesis's, empty where all have."""
    rows = scores[scores["dataset"].isin(datasets) & (scores["test_set"] == scores["dataset"])]
    counts = rows.groupby("dataset", sort=False)["n_classes"].max()
    wrong = counts[counts != expected]
    return ", ".join(
        f" {name} has {int(n):,} classes, not {expected:,}" for name, n in wrong.items()
    )


def _value(
    scores: pd.DataFrame, row: ClassifierRow, members: Sequence[Sequence[str]], metric: str
) -> float:
    """Return a score of an encoder's own classifier: the mean over seeds and test sets."""
    own = scores[
        (scores["encoder"] == row.name)
        & (scores["protocol"] == row.protocol)
        & (scores["metric"] == metric)
    ]
    means = [
        own.loc[(own["dataset"] == dataset) & (own["test_set"] == test_set), "value"].mean()
        for dataset, test_set in members
        if dataset == row.dataset
    ]
    return float(sum(means) / len(means)) if means else math.nan


def _probe(scores: pd.DataFrame, row: DataRow, column: SetColumn) -> float:
    """Return top-1 of a linear probe: the mean over seeds."""
    return float(_probe_rows(scores, [row], [column])["value"].mean())


def _probe_rows(
    scores: pd.DataFrame, rows: Sequence[DataRow], columns: Sequence[SetColumn]
) -> pd.DataFrame:
    """Return top-1 of encoders on the own test images of data sets, all training images used."""
    protocols = {column.name: column.protocol for column in columns}
    return scores[
        scores["encoder"].isin([row.name for row in rows])
        & (scores["protocol"] == scores["dataset"].map(protocols))
        & (scores["test_set"] == scores["dataset"])
        & (scores["metric"] == "top1")
        & (scores["shots"] == "all")
    ]


def _fits(scores: pd.DataFrame, rows: Sequence[ClassifierRow]) -> str:
    labels = {row.name: row.label for row in rows}
    own = scores[scores["encoder"].isin(labels)]
    return fit_note(summarise(own, baseline=None), labels, place="test_set")


def _probes(scores: pd.DataFrame, spec: CloneTransferSpec) -> str:
    labels = {entry.name: entry.label for entry in [*spec.rows, *spec.columns]}
    own = _probe_rows(scores, spec.rows, spec.columns)
    return fit_note(summarise(own, baseline=None), labels)


def _paper_52(spec: CloneSetsSpec) -> dict[str, dict[tuple[str, str], float]]:
    """Return the numbers of table 5.2 by model, and by test set and metric."""
    names = ["model", "test_set", "metric", "value"]
    rows = read_paper(Path(spec.paper.folder), "sd_imagenet_sets", names)
    found: dict[str, dict[tuple[str, str], float]] = {}
    for model, test_set, metric, value in rows[names].itertuples(index=False):
        found.setdefault(model, {})[test_set, metric] = float(value)
    return found


def _paper(spec: CloneTransferSpec) -> dict[str, dict[str, float]]:
    """Return the numbers of table 5.3 or 5.4 by model and data set."""
    names = ["model", "dataset", "value"]
    (file,) = spec.paper.names
    rows = read_paper(Path(spec.paper.folder), file, names)
    found: dict[str, dict[str, float]] = {}
    for model, dataset, value in rows[names].itertuples(index=False):
        found.setdefault(model, {})[dataset] = float(value)
    return found
