"""Top-1 on every data set and the mean log odds (thesis, tables D.1, 5.3 and 5.4)."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import by_class, gained, mean_gained
from cogworks.report.drawing.published import read_paper
from cogworks.report.drawing.published_tables import OWN_GROUP, mismatch
from cogworks.report.drawing.transfer import training_versus_transfer
from cogworks.report.reference import ALIASES
from cogworks.report.reference import TRANSFER as TRANSFER_SETS
from cogworks.report.reproduced import beside, stand_ins
from cogworks.report.specs import EncoderRow, TransferSpec
from cogworks.report.summary import NUMBERS, fit_note, select, spread_note
from cogworks.report.table import GROUP, OWN, TIED, Column, Table, text_column
from cogworks.report.transfer_sets import called, told

TRANSFER = "transfer"
_ODDS_GAINED = partial(mean_gained, log_odds=True)
# Table: file, and the columns that name a row.
_PUBLISHED = {
    "D.1": ("trex_transfer", ["model"]),
    "5.3": ("sd_transfer", ["training_set", "model"]),
    "5.4": ("sd_cog", ["training_set", "model"]),
}
# The two groups of table D.1, by how the names of the second begin.
_TREX = "t-ReX"
_GROUPS = {False: "previous SotA", True: "models on the convex hull in figure 4.7"}


def transfer_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: TransferSpec) -> Table:
    """Return top-1 on the seen and the transfer sets and the mean log odds over the latter.

    Args:
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`.
        spec: `encoders`, `seen` and `transfer`.
    """
    columns = [spec.seen, *spec.transfer]
    plane = training_versus_transfer(scores, spec)
    frame = pd.DataFrame({"encoder": [encoder.label for encoder in spec.encoders]})
    names = [encoder.name for encoder in spec.encoders]
    shown = []
    for column in columns:
        rows = select(summary, protocol=column.protocol)
        rows = rows[(rows["dataset"] == column.name) & rows["encoder"].isin(names)]
        shown.append(rows)
        rows = rows.set_index("encoder").reindex(names)
        for end, key in NUMBERS.items():
            frame[column.name + end] = rows[key].to_numpy()
    frame["hull"] = plane["hull"]
    for end in NUMBERS:
        frame[TRANSFER + end] = plane["transfer" + end]
    labels = {entry.name: entry.label for entry in [*spec.encoders, *columns]}
    return Table(
        title="Top-1 by data set (%) and mean log odds over the transfer sets",
        columns=[
            text_column("encoder", "encoder"),
            *(Column(column.name, called(column)) for column in columns),
            Column(TRANSFER, "mean log odds", digits=3),
        ],
        frame=_with_ties(frame, scores, spec, spec.encoders).assign(**{OWN: True}),
        note=spread_note(spec.scores, spec.encoders)
        + ties.NOTE
        + " Log odds log(p / (1 - p)) of the accuracy p (equation 4.3), averaged "
        f"over all columns but {spec.seen.label}; their interval is for further concepts like "
        f"those of each. As table D.1. {told(spec.transfer)}" + fit_note(pd.concat(shown), labels),
    )


def _with_ties(
    frame: pd.DataFrame, scores: pd.DataFrame, spec: TransferSpec, encoders: Sequence[EncoderRow]
) -> pd.DataFrame:
    """Return the rows of encoders with what cannot be told from the best of them."""
    found = by_class(scores)
    tied = ties.by_column(found, encoders, [spec.seen, *spec.transfer], frame)
    cells = ties.cells(encoders, spec.transfer)
    tied[TRANSFER + TIED] = ties.tied(found, cells, frame[TRANSFER], _ODDS_GAINED)
    return frame.assign(**tied)


def published_transfer_table(
    own: Table, scores: pd.DataFrame, summary: pd.DataFrame, spec: TransferSpec
) -> Table:
    """Return the run's own table with the rows of the thesis's tables below it.

    The published mean log odds are those of table D.1 over all its data sets, else computed over
    the data sets shown, and only where a row has all of them.

    Args:
        own: what `transfer_table` returns.
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`.
        spec: as for `transfer_table`; a column's published name in `published`, or None. Its
            `paper` says which tables to show.
    """
    shared = [c for c in [spec.seen, *spec.transfer] if c.published]
    shown = {n: entry for n, entry in _PUBLISHED.items() if entry[0] in spec.paper.names}
    published = {}
    for number, (name, keys) in shown.items():
        rows = read_paper(spec.paper.folder, name, [*keys, "dataset", "metric", "value"])
        published[number] = _published(rows, keys, number, spec)
    own_rows = own.frame.assign(**{GROUP: OWN_GROUP})
    if "D.1" in shown:
        own_rows = beside(
            _as_table_d1(own, scores, spec),
            published["D.1"],
            by="encoder",
            names=stand_ins(spec.encoders, ALIASES),
            columns=[column.name for column in shared if not mismatch(summary, [column])],
        )
    frames = [own_rows, *(frame for frame in published.values() if len(frame))]
    return Table(
        title="Top-1 by data set beside the thesis's",
        columns=own.columns,
        frame=pd.concat(frames, ignore_index=True),
        note=f"Published rows: thesis, table {' and '.join(shown)}, where they have these data "
        f"sets. {told(spec.transfer)} {spread_note(spec.scores, spec.encoders)}{ties.NOTE}",
        warning=mismatch(summary, shared, spec.encoders),
    )


def _as_table_d1(own: Table, scores: pd.DataFrame, spec: TransferSpec) -> pd.DataFrame:
    """Return others' models, and those of the run's own on the convex hull from left to right.

    What is bold is sought among these.
    """
    trained = pd.Series([bool(encoder.recipe) for encoder in spec.encoders])
    others = own.frame[~trained].assign(**{GROUP: f"{OWN_GROUP}: models of others"})
    hull = own.frame[trained & own.frame["hull"]].sort_values(spec.seen.name, kind="stable")
    hull = hull.assign(**{GROUP: f"{OWN_GROUP}: models on the convex hull"})
    rows = pd.concat([others, hull])
    return _with_ties(rows, scores, spec, [spec.encoders[place] for place in rows.index])


def _published(
    rows: pd.DataFrame, keys: Sequence[str], number: str, spec: TransferSpec
) -> pd.DataFrame:
    """Return the rows of one published table that have a score on a data set shown."""
    columns = {c.published: c.name for c in [spec.seen, *spec.transfer]}
    if {c.published for c in spec.transfer} == set(TRANSFER_SETS):
        columns |= {"mean_log_odds": TRANSFER}
    rows = rows[rows["dataset"].isin(columns)]
    names = [" ".join(k for k in row if k != "-") for row in rows[list(keys)].to_numpy()]
    rows = rows.assign(encoder=names, value=rows["value"].astype("float64"))
    wide = rows.pivot(index="encoder", columns="dataset", values="value")
    wide = wide.reindex(rows["encoder"].drop_duplicates()).rename(columns=columns)
    wanted = [column.name for column in spec.transfer]
    if TRANSFER not in wide and set(wanted) <= set(wide.columns):
        odds = wide[wanted].map(lambda p: math.log(p / (100 - p)))
        wide[TRANSFER] = odds.mean(axis=1, skipna=False)
    frame = wide.reset_index().rename_axis(columns=None)
    group = pd.Series(f"Thesis, table {number}", index=frame.index)
    if number == "D.1":
        group += ": " + frame["encoder"].str.startswith(_TREX).map(_GROUPS)
    return frame.assign(**{GROUP: group, OWN: False})


def trade_off_table(scores: pd.DataFrame, spec: TransferSpec) -> Table:
    """Return the two axes of figure 4.7 with the recipe of each encoder.

    Args:
        scores: the long table of `scores.collect`.
        spec: as for `transfer_table`; each encoder's `recipe` maps a heading to a text.
    """
    plane = training_versus_transfer(scores, spec)
    recipes = [encoder.recipe for encoder in spec.encoders]
    headings = list(dict.fromkeys(key for recipe in recipes for key in recipe))
    numbers = [key + end for key in ("train", "transfer") for end in NUMBERS]
    frame = plane[["label", *numbers]].copy()
    found = by_class(scores)
    for key, columns, compare in (
        ("train", [spec.seen], gained),
        ("transfer", spec.transfer, _ODDS_GAINED),
    ):
        cells = ties.cells(spec.encoders, columns)
        frame[key + TIED] = ties.tied(found, cells, frame[key], compare)
    frame.insert(1, "hull", ["★" if star else "" for star in plane["hull"]])
    for heading in headings:
        frame[heading] = [recipe.get(heading, "–") for recipe in recipes]
    return Table(
        title="Training against transfer",
        columns=[
            text_column("label", "encoder"),
            text_column("hull", "hull"),
            *(text_column(heading, heading) for heading in headings),
            Column("train", f"{spec.seen.label} top-1 (%)"),
            Column("transfer", "mean log odds", digits=3),
        ],
        frame=frame.assign(**{OWN: True}),
        note="Mean log odds over the transfer sets. ★: on the convex hull, as in figure 4.7: no "
        f"mixture of others is better on both axes. {spread_note(spec.scores, spec.encoders)}"
        + ties.NOTE,
    )


def published_plane(paper: str | Path) -> pd.DataFrame:
    """Return label, train (IN-1K top-1, %), transfer (mean log odds) and hull of table D.1.

    Its second half is the thesis's own models on the convex hull.
    """
    rows = read_paper(paper, "trex_transfer", ["model", "dataset", "value"])
    wide = rows.pivot(index="model", columns="dataset", values="value")
    wide = wide.reindex(rows["model"].drop_duplicates()).reset_index()
    names = {"model": "label", "in1k": "train", "mean_log_odds": "transfer"}
    plane = wide.rename(columns=names)[list(names.values())].rename_axis(columns=None)
    return plane.assign(hull=plane["label"].str.startswith(_TREX))


def transfer_mismatch(summary: pd.DataFrame, spec: TransferSpec) -> str:
    """Return a warning where the transfer sets are not the 13 of the thesis, else ''."""
    theirs = set(TRANSFER_SETS)
    found = {column.published for column in spec.transfer}
    if found != theirs:
        return (
            f"Not comparable with the published rows: transfer is over {len(found)} other data "
            f"sets than the thesis's {len(theirs)}."
        )
    return mismatch(summary, [spec.seen, *spec.transfer], spec.encoders)
