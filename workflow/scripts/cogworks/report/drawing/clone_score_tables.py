"""Scores by training set, real or drawn (thesis, tables 5.1 to 5.4)."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from cogworks.report import clauses, ties
from cogworks.report.by_class import Found, Key, by_class, gained, mean_bounds, mean_gained
from cogworks.report.clone_rows import NONE, row_name
from cogworks.report.drawing import clone_published
from cogworks.report.drawing.published_tables import not_comparable, other_classes, unlike
from cogworks.report.drawing.test_set_tables import TOP5, by_seed, numbers
from cogworks.report.intervals import UNKNOWN, Bounds
from cogworks.report.reference import DATASETS
from cogworks.report.specs import (
    AugmentationSpec,
    AugmentedRow,
    ClassifierRow,
    CloneSetsSpec,
    CloneTransferSpec,
    DataRow,
    SetColumn,
    SharedSet,
)
from cogworks.report.summary import deviation, fit_note, spread_note, summarise
from cogworks.report.table import (
    BLOCK,
    HIGH,
    LOW,
    OWN,
    PUBLISHED,
    REFERENCE,
    STD,
    TIED,
    Column,
    Table,
    text_column,
)

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
_PIXELS = (
    " The thesis does not say which pixels these scores are of; those of its PyTorch are what the "
    "publisher states for the central 224 of 256."
)
_Key = TypeVar("_Key", bound=Hashable)


def augmentation_table(scores: pd.DataFrame, spec: AugmentationSpec) -> Table:
    """Return top-1 of each training set by augmentation, in the layout of table 5.1.

    Args:
        scores: the long table of `scores.collect`.
        spec: `dataset`, `augmentations` and `rows`.
    """
    theirs = clone_published.augmentations(spec.paper.folder) if spec.paper.names else {}
    rows = [found for row in spec.rows for found in row.encoders.values()]
    wrong = _wrong_classes(scores, rows)
    records = []
    results = by_class(scores)
    for row in spec.rows:
        first = next(iter(row.encoders.values()))
        values: dict[str, float] = {}
        for name, found in row.encoders.items():
            values |= _value(scores, found, [[found.dataset, found.dataset]], "top1", key=name)
        published = {
            name + PUBLISHED: theirs.get(found.published or "", math.nan)
            for name, found in row.encoders.items()
            if not found.differs and not wrong[found.dataset]
        }
        ends = spec.augmentations[0], spec.augmentations[-1]
        gain = values.get(ends[1], math.nan) - values.get(ends[0], math.nan)
        low, high = _gained(row, ends, results)
        values |= {"gain": gain, "gain" + LOW: low, "gain" + HIGH: high}
        records.append(_head(first) | values | published)
    frame = pd.DataFrame(records)
    several = frame["data"].duplicated().any()
    heads = ["data", *(["size", "scale", "model"] if several else [])]
    return Table(
        title=f"Top-1 on {spec.dataset} (%) by augmentation, as table 5.1",
        columns=[
            *(text_column(key, label) for key, label in _HEADS if key in heads),
            *(Column(name, name, best=None) for name in spec.augmentations),
            Column("gain", "↑", signed=True, best=None),
        ],
        frame=frame,
        note="Encoders with their own classifiers, on real test images; ↑: what the last "
        "augmentation gains, with the interval of the difference on the same images. In italics: "
        f"trained on real images. {spread_note(spec.scores, rows)}"
        + _not_compared(spec.paper.names, [*_differing(rows), *wrong.values()])
        + _fits(scores, rows),
    )


def _gained(row: AugmentedRow, ends: tuple[str, str], results: Found) -> Bounds:
    """Return the interval of what the second of two augmentations gains over the first."""
    found = [row.encoders.get(name) for name in ends]
    cells = [(e.name, e.dataset, e.dataset, e.protocol, "all") for e in found if e is not None]
    return gained(results, cells[1:], cells[:1]) if len(cells) == len(ends) else UNKNOWN


def test_set_table(scores: pd.DataFrame, spec: CloneSetsSpec) -> Table:
    """Return top-1 and top-5 on each test set, in the layout of table 5.2.

    Args:
        scores: the long table of `scores.collect`.
        spec: `rows`, `test_sets`, and models of the thesis to add.
    """
    cells = {f"{m}_{n}": (m, s) for n, s in enumerate(spec.test_sets) for m in _METRICS}
    keys = {key: (entry.published or "", metric) for key, (metric, entry) in cells.items()}
    wrong = _wrong_classes(scores, spec.rows)
    theirs = clone_published.test_sets(spec.paper.folder) if spec.paper.names else {}
    records = []
    for row in spec.rows:
        values: dict[str, float] = {}
        same: dict[str, tuple[str, str]] = {}
        for key, (metric, entry) in cells.items():
            part = entry.parts.get(row.dataset)
            values |= _value(scores, row, part.members if part else [], metric, key=key)
            if part and not part.differs and not wrong[row.dataset]:
                same[key] = keys[key]
        records.append(_head(row) | values | _beside(row, theirs, same))
    blocks = {row.block for row in spec.published}
    seen = {row.dataset for row in spec.rows if row.block in blocks}
    parts = [(name, part) for entry in spec.test_sets for name, part in entry.parts.items()]
    others = {name for name, part in parts if part.differs or wrong.get(name)}
    frame, note = _with_published(records, spec, theirs, keys, comparable=not seen & others)
    for number, entry in enumerate(spec.test_sets):
        _mark_tied(frame, scores, f"top1_{number}", _cells(spec.rows, entry), [BLOCK, REFERENCE])
    found = [*_differing(spec.rows), *wrong.values(), *(part.differs for _, part in parts)]
    note += _not_compared(spec.paper.names, found)
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
        + spread_note(spec.scores, spec.rows)
        + " Intervals are those of top-1. "
        + _MARKS
        + ties.NOTE
        + TOP5
        + " *: only the classes that both sides have." * starred
        + note
        + _PIXELS * bool(spec.paper.names)
        + _fits(scores, spec.rows),
        ranked=False,
    )


def _cells(rows: Iterable[ClassifierRow], test_set: SharedSet) -> list[list[Key]]:
    """Return for each row its cells on a test set; none where it has no such."""
    members = {name: part.members for name, part in test_set.parts.items()}
    return [
        [(row.name, *pair, row.protocol, "all") for pair in members.get(row.dataset, [])]
        for row in rows
    ]


def transfer_table(scores: pd.DataFrame, spec: CloneTransferSpec) -> Table:
    """Return top-1 on each transfer set and their average, in the layout of table 5.3.

    Args:
        scores: the long table of `scores.collect`.
        spec: `rows`, `columns`, and models of the thesis to add.
    """
    frame, note = _top1(scores, spec)
    names = [column.name for column in spec.columns]
    frame[AVERAGE] = frame[names].mean(axis=1, skipna=False)
    for end, values in _average(scores, spec).items():
        frame.loc[frame[OWN], AVERAGE + end] = values
    _mark_tied_columns(frame, scores, spec, by=[BLOCK])
    cells = ties.cells(spec.rows, spec.columns)
    _mark_tied(frame, scores, AVERAGE, cells, [BLOCK], mean_gained)
    return Table(
        title="Top-1 on transfer sets (%) by training set, as table 5.3",
        columns=[
            *(text_column(key, label) for key, label in _HEADS),
            *(Column(column.name, column.label) for column in spec.columns),
            Column(AVERAGE, "Avg."),
        ],
        frame=frame,
        note="Linear classifiers on frozen features. The average's interval is for further "
        f"concepts like those of each data set. {_MARKS}{ties.NOTE}{note}{_probes(scores, spec)}",
    )


def _average(scores: pd.DataFrame, spec: CloneTransferSpec) -> dict[str, list[float]]:
    """Return deviation and bounds of the interval of each own row's average, by ends of keys."""
    rows = _probe_rows(scores, spec.rows, spec.columns)
    found, pairs = by_class(rows), [[column.name] * 2 for column in spec.columns]
    over_seeds = by_seed(rows, pairs).reindex([row.name for row in spec.rows])
    ends = [
        mean_bounds(found, [(row.name, c.name, c.name, c.protocol, "all") for c in spec.columns])
        for row in spec.rows
    ]
    return {
        STD: [deviation(values) for _, values in over_seeds.iterrows()],
        LOW: [low for low, _ in ends],
        HIGH: [high for _, high in ends],
    }


def level_table(scores: pd.DataFrame, spec: CloneTransferSpec) -> Table:
    """Return top-1 on the seen concepts and on each level, in the layout of table 5.4.

    Arguments as for `transfer_table`.
    """
    frame, note = _top1(scores, spec)
    frame = frame.drop(columns=[REFERENCE, BLOCK])
    _mark_tied_columns(frame, scores, spec, by=[])
    heads = [head for head in _HEADS if head[0] in ("data", "scale", "model")]
    return Table(
        title="Top-1 by level (%) and training set, as table 5.4",
        columns=[
            *(text_column(key, label) for key, label in heads),
            *(Column(column.name, column.label, second=True) for column in spec.columns),
        ],
        frame=frame,
        note="Linear classifiers on frozen features. The second best is underlined."
        + ties.NOTE
        + note
        + _probes(scores, spec),
    )


def _mark_tied_columns(
    frame: pd.DataFrame, scores: pd.DataFrame, spec: CloneTransferSpec, by: Sequence[str]
) -> None:
    """Add to a table of linear probes which own numbers are tied, for each data set."""
    for column in spec.columns:
        _mark_tied(frame, scores, column.name, ties.cells(spec.rows, [column]), by)


def _mark_tied(
    frame: pd.DataFrame,
    scores: pd.DataFrame,
    key: str,
    cells: Sequence[Sequence[Key]],
    by: Sequence[str],
    compare: ties.Compare = gained,
) -> None:
    """Add to a table which own numbers of a column are tied with the best own one of their group.

    Args:
        frame: the table.
        scores: the long table of `scores.collect`.
        key: of the column.
        cells: of each own row.
        by: columns of the frame that tell the groups apart.
        compare: as for `ties.tied`.
    """
    found = by_class(scores)
    own = frame[frame[OWN]].reset_index()
    own["cells"] = cells
    for _, rows in own.groupby([OWN, *by]):
        frame.loc[rows["index"], key + TIED] = ties.tied(found, rows["cells"], rows[key], compare)


def _head(row: DataRow) -> dict[str, Any]:
    """Return the texts of a row, and what it is."""
    texts = row.model_dump(include={"data", "size", "scale", "model"})
    return texts | {BLOCK: row.block, REFERENCE: row.real, OWN: True}


def _with_published(
    records: list[dict[str, Any]],
    spec: CloneSetsSpec | CloneTransferSpec,
    theirs: clone_published.Rows[_Key],
    keys: Mapping[str, _Key],
    *,
    comparable: bool,
) -> tuple[pd.DataFrame, str]:
    """Return the table with models of the thesis among those on real images, and a note on them.

    Args:
        records: the run's own rows, in order.
        spec: the models of the thesis to add, and the rows.
        theirs: the thesis's numbers.
        keys: by the keys of columns, what finds a number in a row of `theirs`.
        comparable: whether the models of the thesis can be added.
    """
    note, added = "", []
    if spec.published and comparable:
        last = {"size": "", "scale": NONE, REFERENCE: True, OWN: False}
        names = ", ".join(row.model for row in spec.published)
        note = f" From the thesis, as the run has no such scores: {names}."
        for row in reversed(spec.published):
            head = {"data": row.data, "model": row.model, BLOCK: row.block}
            added.append(row_name(DATASETS["in1k"][0], row.model))
            found = theirs.get(added[-1], {})
            numbers = {key: found.get(place, math.nan) for key, place in keys.items()}
            records.insert(_place(records, row.block), head | last | numbers)
    frame = pd.DataFrame(records)
    frame.insert(0, "row", [str(number) for number in range(1, len(frame) + 1)])
    own = {row.published for row in spec.rows}
    lacking = [name for name in theirs if name not in {*own, *added}]
    if comparable and lacking and own & theirs.keys():
        more = f" and {len(lacking) - clauses.NAMED} more" if len(lacking) > clauses.NAMED else ""
        listed = ", ".join(lacking[: clauses.NAMED])
        note += f" Of the thesis's rows this table lacks {listed}{more}."
    return frame, note


def _beside(
    row: DataRow, theirs: clone_published.Rows[_Key], keys: Mapping[str, _Key]
) -> dict[str, float]:
    """Return the thesis's numbers for the cells of a row, none where it cannot be compared.

    Args:
        row: a row of the run.
        theirs: the thesis's numbers.
        keys: by the keys of the columns that can be compared, what finds a number in `theirs`.
    """
    found = theirs.get(row.published or "", {})
    if row.differs or not found:
        return {}
    return {key + PUBLISHED: found.get(place, math.nan) for key, place in keys.items()}


def _differing(rows: Iterable[DataRow]) -> list[str]:
    return [row.differs for row in rows]


def _not_compared(names: Sequence[str], found: Iterable[str]) -> str:
    """Return what differs from the thesis, where its numbers (in files `names`) are wanted."""
    text = not_comparable(found) if names else ""
    return f" {text}" if text else ""


def _wrong_classes(scores: pd.DataFrame, rows: Iterable[ClassifierRow]) -> dict[str, str]:
    """Return for each data set that was learned how its number of classes is not the thesis's."""
    return {
        row.dataset: other_classes(scores, row.dataset, row.dataset, row.learned) for row in rows
    }


def _place(records: Sequence[Mapping[str, Any]], block: str) -> int:
    """Return where to insert in a block: behind its models that were trained on real images."""
    own = [n for n, record in enumerate(records) if record[BLOCK] == block]
    real = [n for n in own if records[n][REFERENCE] and records[n][OWN]]
    return real[-1] + 1 if real else own[0]


def _top1(scores: pd.DataFrame, spec: CloneTransferSpec) -> tuple[pd.DataFrame, str]:
    """Return the rows of a table of linear probes, and a note on the thesis's numbers."""
    names = spec.paper.names
    theirs = clone_published.top1(spec.paper.folder, names[0]) if names else {}
    differs = {
        column.name: unlike(scores, column)
        if column.published in DATASETS
        else f"the thesis has no {column.label}"
        for column in spec.columns
    }
    keys = {column.name: column.published or "" for column in spec.columns}
    same = {name: place for name, place in keys.items() if not differs[name]}
    records = [_head(row) | _beside(row, theirs, same) for row in spec.rows]
    for row, record in zip(spec.rows, records, strict=True):
        for column in spec.columns:
            record |= _probe(scores, row, column)
    comparable = not any(differs.values())
    frame, note = _with_published(records, spec, theirs, keys, comparable=comparable)
    return frame, note + _not_compared(names, [*_differing(spec.rows), *differs.values()])


def _value(
    scores: pd.DataFrame,
    row: ClassifierRow,
    members: Sequence[Sequence[str]],
    metric: str,
    *,
    key: str,
) -> dict[str, float]:
    """Return the numbers of an encoder's own classifier over test sets, under a table's keys.

    There are none where it has no such test sets.
    """
    if not members:
        return {key: math.nan}
    own = scores[(scores["encoder"] == row.name) & (scores["protocol"] == row.protocol)]
    return _cell(numbers(own, [row.name], members, metric, protocol=row.protocol), key)


def _probe(scores: pd.DataFrame, row: DataRow, column: SetColumn) -> dict[str, float]:
    """Return the numbers of top-1 of a linear probe, under a table's keys."""
    own = _probe_rows(scores, [row], [column])
    pair = [column.name, column.name]
    found = numbers(own, [row.name], [pair], "top1", protocol=column.protocol)
    return _cell(found, column.name)


def _cell(found: pd.DataFrame, key: str) -> dict[str, float]:
    """Return the one row of `numbers` under a table's keys."""
    return {f"{key}{end}": float(value) for end, value in found.iloc[0].items()}


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
    """Return what a reader must know of the probes, after a space."""
    labels = {entry.name: entry.label for entry in [*spec.rows, *spec.columns]}
    own = _probe_rows(scores, spec.rows, spec.columns)
    spread = spread_note(spec.scores, spec.rows)
    return f" {spread}{fit_note(summarise(own, baseline=None), labels)}"
