"""Every score in one table to search and sort: one row a cell, mean and deviation over seeds."""

import pandas as pd

from cogworks.report.scores import CELL, METRICS
from cogworks.report.specs import AllScoresSpec
from cogworks.report.table import STD, Column, Table, text_column

_LABELS = {
    "top1": "top-1 (%)",
    "top5": "top-5 (%)",
    "mean_class": "mean class (%)",
    "log_odds": "log odds",
}


def score_table(summary: pd.DataFrame, spec: AllScoresSpec) -> Table:
    """Return all cells of the summary, one column per metric.

    Args:
        summary: the table of `summary.summarise`.
        spec: `labels`, the names to show for encoders and data sets.
    """
    cells = summary[CELL].drop_duplicates().reset_index(drop=True)
    frame = cells.copy()
    for column in ("encoder", "dataset", "test_set"):
        frame[column] = cells[column].map(lambda name: spec.labels.get(name, name))
    for metric in METRICS:
        rows = summary[summary["metric"] == metric].set_index(CELL)
        rows = rows.reindex(pd.MultiIndex.from_frame(cells))
        frame[metric] = rows["mean"].to_numpy()
        frame[metric + STD] = rows["std"].to_numpy()
        if metric == "top1":
            frame["low"], frame["high"] = rows["low"].to_numpy(), rows["high"].to_numpy()
            frame["seeds"] = rows["seeds"].to_numpy("float64")
    return Table(
        title="All scores",
        columns=[
            text_column("encoder", "encoder"),
            text_column("dataset", "data set"),
            text_column("test_set", "test images of"),
            text_column("protocol", "protocol"),
            text_column("shots", "shots"),
            Column("top1", _LABELS["top1"], best=None),
            Column("low", "95% from", best=None),
            Column("high", "to", best=None),
            Column("top5", _LABELS["top5"], best=None),
            Column("mean_class", _LABELS["mean_class"], best=None),
            Column("log_odds", _LABELS["log_odds"], digits=2, best=None),
            Column("seeds", "seeds", digits=0, best=None),
        ],
        frame=frame,
    )
