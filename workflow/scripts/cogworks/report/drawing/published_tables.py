"""Tables B.1 to B.6 with the run's encoders above the 31 published models, and their ranks."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from cogworks.report.clauses import told
from cogworks.report.ordering import sorted_shots
from cogworks.report.reference import DATASETS
from cogworks.report.reproduced import beside, stand_ins
from cogworks.report.specs import EncoderRow, EvalSet, LevelsSpec, SetColumn
from cogworks.report.summary import BOUNDS, DEVIATION, INTERVAL, select
from cogworks.report.table import GROUP, HIGH, LOW, OWN, STD, Column, Table, rounded, text_column

OWN_GROUP = "This run"
_TOP1 = Column("top1", "top-1 (%)", best=None)
# Ends of the keys of a cell's numbers, and what a summary calls them.
_CELL = {"": "mean", STD: "std", LOW: "low", HIGH: "high"}
# How many of the published models that share a rank are named: those nearest to it.
_NAMED = 4


def published_table(summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return the table of one data set in the layout of B.1 to B.6: own rows above the published.

    Own encoders that are published models are in the thesis's order, others come before them.

    Args:
        summary: the table of `summary.summarise`.
        published: what `published.linear_probe` returns.
        spec: the encoders, and the data set as the one column.
    """
    (column,) = spec.columns
    name = column.published or ""
    theirs = published[published["dataset"] == name]
    order = {model: place for place, model in enumerate(theirs["model"].unique())}
    places = {e.label: order.get(e.published or "", -1) for e in spec.encoders}
    own = _own_rows(summary, spec, column)
    own = own.sort_values("model", key=lambda names: names.map(places), kind="stable")
    shots = sorted_shots([*theirs["n_shot"], *own["shots"]])
    published_rows = _wide(_published_rows(theirs), shots)
    own_rows = beside(
        _wide(own.assign(**{GROUP: OWN_GROUP, OWN: True}), shots),
        published_rows,
        by="model",
        names=stand_ins(spec.encoders),
        columns=[] if mismatch(summary, [column]) else shots,
    )
    frame = pd.concat([own_rows, published_rows], ignore_index=True)
    table = theirs["table"].iloc[0]
    return Table(
        title=f"Top-1 on {column.label} by training images per class (%), as table {table}",
        columns=[text_column("model", "model"), *map(_shots_column, shots)],
        frame=frame,
        note=f"Published rows: thesis, table {table} ({DATASETS[name][0]}). Mean ± {DEVIATION} "
        "over seeds.",
        warning=mismatch(summary, [column], spec.encoders),
    )


def standing_table(summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return where each own encoder stands among the published models, for each data set.

    Rank 1 is the best, on numbers as they are shown. `shared` names the published models within the
    interval of the encoder, and the ranks that it could have by it; `above` and `below` are the
    nearest models outside. The results of published models on single images are not known, so this
    comparison is not paired. It is as strict as a paired one of two encoders whose accuracies by
    concept have a correlation of one half, and stricter if theirs is larger.

    There is no rank where settings differ from the thesis's (see `comparable`), nor for an encoder
    of which a probe diverged: the mean of the others is too high.
    """
    records, unranked = [], []
    comparable = {encoder.label for encoder in spec.encoders if not encoder.differs}
    for column in spec.columns:
        if mismatch(summary, [column]):
            continue
        rows = published[
            (published["dataset"] == column.published) & (published["n_shot"] == "all")
        ].sort_values("top1_mean", ascending=False, kind="stable")
        own = _own_rows(summary, spec, column)
        for _, row in own[(own["shots"] == "all") & own["model"].isin(comparable)].iterrows():
            if row["diverged"]:
                unranked.append(f"{row['model']} on {column.label}")
            else:
                records.append(_standing(row, rows, column))
    keys = ["encoder", "dataset", *("top1" + end for end in _CELL)]
    keys += ["rank", "shared", "above", "below"]
    return Table(
        title="Where the encoders of this run stand among the 31 published models",
        columns=[
            text_column("encoder", "encoder"),
            text_column("dataset", "data set"),
            _TOP1,
            Column("rank", f"rank of {published['model'].nunique() + 1}", digits=0, best="low"),
            text_column("shared", "shares rank"),
            text_column("above", "next better"),
            text_column("below", "next worse"),
        ],
        frame=pd.DataFrame(records, columns=keys).assign(**{OWN: True}),
        note=_standing_note(ranked=bool(records), unranked=unranked),
    )


def mismatch(
    summary: pd.DataFrame,
    columns: Sequence[SetColumn],
    others: Sequence[EncoderRow | EvalSet] = (),
) -> str:
    """Return a warning where own and published rows cannot be compared, else ''.

    That is where settings of data sets or of others (encoders, test sets) differ from the thesis's,
    or a data set has another number of classes.
    """
    parts = [unlike(summary, column) for column in columns]
    return not_comparable([*parts, *(entry.differs for entry in others)])


def unlike(scores: pd.DataFrame, column: SetColumn) -> str:
    """Return why scores on a data set cannot be compared with the thesis's, '' where they can."""
    return column.differs or other_classes(scores, column.name, column.label, column.published)


def not_comparable(clauses: Iterable[str]) -> str:
    """Return the warning that names what differs from the thesis, '' where nothing does."""
    return told("Not comparable with the published rows", clauses)


def other_classes(scores: pd.DataFrame, dataset: str, label: str, published: str | None) -> str:
    """Return a clause where a data set has another number of classes than the thesis's, else ''.

    Args:
        scores: with columns `dataset` and `n_classes`.
        dataset: its name.
        label: what to call it.
        published: what the thesis calls it.
    """
    rows = scores[scores["dataset"] == dataset]
    if published not in DATASETS or rows.empty:
        return ""
    found, expected = int(rows["n_classes"].max()), DATASETS[published][1]
    return "" if found == expected else f"{label} has {found:,} classes; the thesis: {expected:,}"


def _shots_column(shots: str) -> Column:
    """Return the column of a number of shots; the thesis marks no best model in these tables."""
    return Column(shots, "All" if shots == "all" else shots, best=None)


def _own_rows(summary: pd.DataFrame, spec: LevelsSpec, column: SetColumn) -> pd.DataFrame:
    """Return model, shots, mean, deviation and bounds of the own encoders on a data set."""
    rows = select(summary, shots=None, protocol=column.protocol)
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    rows = rows[(rows["dataset"] == column.name) & rows["encoder"].isin(labels)]
    rows = rows.assign(model=rows["encoder"].map(labels))
    return rows[["model", "shots", "mean", "std", "diverged", *BOUNDS]]


def _published_rows(theirs: pd.DataFrame) -> pd.DataFrame:
    names = {"n_shot": "shots", "top1_mean": "mean", "top1_std": "std"}
    group = "Thesis, table " + theirs["table"]
    return theirs.rename(columns=names).assign(**{GROUP: group, OWN: False})


def _wide(rows: pd.DataFrame, shots: list[str]) -> pd.DataFrame:
    """Return one row a model, with mean and deviation for each number of shots."""
    keys = [GROUP, OWN, "model"]
    frame = rows[keys].drop_duplicates().reset_index(drop=True)
    for name in shots:
        cells = rows[rows["shots"] == name].set_index("model")
        frame[name] = frame["model"].map(cells["mean"]).astype("float64")
        frame[name + STD] = frame["model"].map(cells["std"]).astype("float64")
    return frame


def _standing_note(*, ranked: bool, unranked: list[str]) -> str:
    parts = []
    if ranked:
        parts.append(
            "Rank among the published models of tables B.1 to B.6, all training images. Mean ± "
            f"{DEVIATION} over seeds, and the {INTERVAL}. A rank is shared with the models within "
            "the interval; the next better and worse are outside."
        )
    if unranked:
        parts.append(f"No rank, since a probe diverged: {', '.join(unranked)}.")
    if not parts:
        parts.append("No rank: no score of this run can be compared with the published ones.")
    return " ".join(parts)


def _standing(row: Any, rows: pd.DataFrame, column: SetColumn) -> dict[str, Any]:
    """Return the record of an encoder; `rows` are the published models, best first."""
    shown = rounded(row["mean"], _TOP1)
    ends = [shown if math.isnan(row[key]) else rounded(row[key], _TOP1) for key in BOUNDS]
    better, worse = rows[rows["top1_mean"] > ends[1]], rows[rows["top1_mean"] < ends[0]]
    shared = rows.iloc[len(better) : len(rows) - len(worse)]
    return {
        "encoder": row["model"],
        "dataset": column.label,
        **{"top1" + end: row[key] for end, key in _CELL.items()},
        "rank": float((rows["top1_mean"] > shown).sum() + 1),
        "shared": _shared(shared, shown, first=len(better) + 1),
        "above": _named(better.iloc[-1]) if len(better) else "–",
        "below": _named(worse.iloc[0]) if len(worse) else "–",
    }


def _shared(rows: pd.DataFrame, shown: float, *, first: int) -> str:
    """Return which ranks are shared with which models, as in `3 to 5 with X, Y`."""
    if rows.empty:
        return "–"
    nearest = (rows["top1_mean"] - shown).abs().sort_values(kind="stable").index[:_NAMED]
    names = ", ".join(rows.loc[rows.index.isin(nearest), "model"])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return f"{first} to {first + len(rows)} with {names}{more}"


def _named(row: Any) -> str:
    return f"{row['model']} {row['top1_mean']:.1f}"
