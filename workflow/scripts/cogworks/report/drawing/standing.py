"""Where encoders stand among the 31 published models (thesis, tables B.1 to B.6).

Rank 1 is the best, on numbers as they are shown, with all training images. The results of published
models on single images are not known, so these comparisons are not paired. They are as strict as a
paired one of two encoders whose accuracies by concept have a correlation of one half, and stricter
if theirs is larger.

There is no rank where settings differ from the thesis's (see `comparable`), nor for an encoder of
which a probe diverged: the mean of the others is too high.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import by_class, mean_gained
from cogworks.report.drawing.published_tables import own_rows, unlike
from cogworks.report.specs import LevelsSpec, SetColumn
from cogworks.report.summary import BOUNDS, DEVIATION, INTERVAL, NUMBERS
from cogworks.report.table import HIGH, LOW, OWN, TIED, Column, Table, rounded, text_column

BASELINE = "ResNet50"
_TOP1 = Column("top1", "top-1 (%)", best=None)
# How many of the published models that share a rank are named: those nearest to it.
_NAMED = 4


@dataclass(frozen=True)
class _Score:
    """An own encoder's score on a data set among those of the published models.

    Attributes:
        own: its row of `own_rows`.
        column: the data set.
        theirs: the published models, best first.
    """

    own: Any
    column: SetColumn
    theirs: pd.DataFrame

    @property
    def shown(self) -> float:
        """Return its top-1 as it is shown."""
        return rounded(self.own["mean"], _TOP1)

    @property
    def _ends(self) -> tuple[float, float]:
        low, high = (self.own[key] for key in BOUNDS)
        if math.isnan(low):
            return self.shown, self.shown
        return rounded(low, _TOP1), rounded(high, _TOP1)

    @property
    def rank(self) -> int:
        """Return its rank."""
        return int((self.theirs["top1_mean"] > self.shown).sum()) + 1

    @property
    def better(self) -> pd.DataFrame:
        """Return the models above its interval."""
        return self.theirs[self.theirs["top1_mean"] > self._ends[1]]

    @property
    def worse(self) -> pd.DataFrame:
        """Return the models below its interval."""
        return self.theirs[self.theirs["top1_mean"] < self._ends[0]]

    @property
    def shared(self) -> pd.DataFrame:
        """Return the models within its interval."""
        return self.theirs.iloc[len(self.better) : len(self.theirs) - len(self.worse)]

    @property
    def gain(self) -> float:
        """Return its top-1 less that of the published ResNet50, in points."""
        theirs = self.theirs.set_index("model")["top1_mean"]
        return float(self.own["mean"] - theirs[BASELINE])


def standing_table(summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return one row an own encoder: its rank on each data set, with those it could have.

    The other ranks are those that it would have at the ends of its interval.

    Args:
        summary: the table of `summary.summarise`.
        published: what `published.linear_probe` returns.
        spec: the encoders and data sets.
    """
    scores, note = _ranked(summary, published, spec)
    columns = {score.column.name: score.column for score in scores}
    rows: dict[str, dict[str, Any]] = {}
    for score in scores:
        row = rows.setdefault(score.own["model"], {"encoder": score.own["model"], "gains": []})
        ends = len(score.better) + 1, len(score.better) + len(score.shared) + 1
        bounds = ends if ends[0] < ends[1] else (math.nan, math.nan)
        row |= dict(zip((score.column.name + end for end in (LOW, HIGH)), bounds, strict=True))
        row[score.column.name] = float(score.rank)
        row["gains"].append(score.gain)
    for row in rows.values():
        everywhere = len(row["gains"]) == len(columns)
        ranks = [row.get(name, math.nan) for name in columns]
        row["mean_rank"] = sum(ranks) / len(ranks)
        gains = row.pop("gains")
        row["gain"] = sum(gains) / len(gains) if everywhere else math.nan
    keys = ["encoder", *(name + end for name in columns for end in ("", LOW, HIGH))]
    frame = pd.DataFrame(list(rows.values()), columns=[*keys, "mean_rank", "gain"])
    return Table(
        title=f"Ranks among the {published['model'].nunique()} published models",
        columns=[
            text_column("encoder", "encoder"),
            *(Column(name, column.label, digits=0, best="low") for name, column in columns.items()),
            Column("mean_rank", "mean rank", best="low"),
            Column("gain", f"mean gain on {BASELINE}", signed=True),
        ],
        frame=frame.sort_values(["mean_rank", "gain"], ascending=[True, False]).assign(
            **{OWN: True}
        ),
        note="Rank 1 is ahead of all of them; below it the ranks within the 95% interval of the "
        f"encoder's top-1. The gain is in points of top-1, over the data sets shown.{note}"
        if rows
        else note[1:],
    )


def with_ties(table: Table, scores: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return the table of ranks with what cannot be told from the best of each column.

    Args:
        table: what `standing_table` returns.
        scores: the long table of `scores.collect`.
        spec: the encoders and data sets.
    """
    found, rows = by_class(scores), {encoder.label: encoder for encoder in spec.encoders}
    encoders = [rows[label] for label in table.frame["encoder"]]
    shown = {column.key for column in table.columns}
    columns = [column for column in spec.columns if column.name in shown]
    ranks = {column.name: -table.frame[column.name] for column in columns}
    tied = ties.by_column(found, encoders, columns, ranks)
    cells = ties.cells(encoders, columns)
    for key, values in (("mean_rank", -table.frame["mean_rank"]), ("gain", table.frame["gain"])):
        tied[key + TIED] = ties.tied(found, cells, values, mean_gained)
    return replace(table, frame=table.frame.assign(**tied), note=table.note + ties.NOTE)


def neighbour_table(summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return the nearest published models to each own encoder, for each data set.

    `shared` names the published models within the interval of the encoder; `above` and `below` are
    the nearest models outside.

    Arguments as for `standing_table`.
    """
    scores, note = _ranked(summary, published, spec)
    records = [
        {
            "encoder": score.own["model"],
            "dataset": score.column.label,
            **{"top1" + end: score.own[key] for end, key in NUMBERS.items()},
            "shared": _shared(score.shared, score.shown),
            "above": _named(score.better.iloc[-1]) if len(score.better) else "–",
            "below": _named(score.worse.iloc[0]) if len(score.worse) else "–",
        }
        for score in scores
    ]
    keys = ["encoder", "dataset", *("top1" + end for end in NUMBERS), "shared", "above", "below"]
    return Table(
        title="Published models nearest to the encoders of this run",
        columns=[
            text_column("encoder", "encoder"),
            text_column("dataset", "data set"),
            _TOP1,
            text_column("shared", "within the interval"),
            text_column("above", "next better"),
            text_column("below", "next worse"),
        ],
        frame=pd.DataFrame(records, columns=keys).assign(**{OWN: True}),
        note=f"Mean ± {DEVIATION} over seeds, and the {INTERVAL}.{note}" if records else note[1:],
    )


def _ranked(
    summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec
) -> tuple[list[_Score], str]:
    """Return the scores that have a rank, and which have none and why, after a space."""
    found, diverged = [], []
    reasons: dict[str, list[str]] = {}
    for encoder in spec.encoders:
        if encoder.differs:
            reasons.setdefault(encoder.differs, []).append(encoder.label)
    comparable = {encoder.label for encoder in spec.encoders if not encoder.differs}
    for column in spec.columns:
        reason = unlike(summary, column)
        if reason:
            reasons.setdefault(reason, []).append(column.label)
            continue
        rows = published[
            (published["dataset"] == column.published) & (published["n_shot"] == "all")
        ].sort_values("top1_mean", ascending=False, kind="stable")
        own = own_rows(summary, spec, column)
        for _, row in own[(own["shots"] == "all") & own["model"].isin(comparable)].iterrows():
            if row["diverged"]:
                diverged.append(f"{row['model']} on {column.label}")
            else:
                found.append(_Score(row, column, rows))
    return found, "".join(_unranked(reasons.items(), diverged))


def _unranked(reasons: Iterable[tuple[str, list[str]]], diverged: list[str]) -> Iterable[str]:
    """Yield sentences, each after a space."""
    parts = [f"{', '.join(names)} ({reason})" for reason, names in reasons]
    if parts:
        yield f" Not comparable with the published models: {'; '.join(parts)}."
    if diverged:
        yield f" No rank, since a probe diverged: {', '.join(diverged)}."


def _shared(rows: pd.DataFrame, shown: float) -> str:
    """Return the names of models, of many the nearest ones."""
    if rows.empty:
        return "–"
    nearest = (rows["top1_mean"] - shown).abs().sort_values(kind="stable").index[:_NAMED]
    names = ", ".join(rows.loc[rows.index.isin(nearest), "model"])
    return names + (f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else "")


def _named(row: Any) -> str:
    return f"{row['model']} {row['top1_mean']:.1f}"
