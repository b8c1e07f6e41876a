"""What a part of the report found: a sentence for each chapter, computed from its tables."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from cogworks.report.formats import shown_interval
from cogworks.report.table import CLASSES, OWN, REFERENCE, TIED, Column, Table, format_number

LEVELS, RELATIVE, TRADE_OFF = "levels_table", "levels_relative_table", "trade_off_table"
CLONES, SIMILARITY = "clone_test_sets_table", "advantage_table"
# The kinds of tables from which findings follow.
KINDS = (LEVELS, RELATIVE, TRADE_OFF, CLONES, SIMILARITY)
# Column of the advantage by similarity: in a sentence, whether it falls with distance.
VERDICT = "verdict"
# Of more encoders that cannot be told from the best, so many are named.
NAMED = 3


def findings(tables: Mapping[str, Table]) -> Iterator[str]:
    """Yield the findings of a part.

    Args:
        tables: its tables of `KINDS`, by kind.
    """
    # Of levels that differ in difficulty, the ends of the ranking say less than its slope.
    if SIMILARITY in tables:
        yield from tables[SIMILARITY].frame[VERDICT]
    elif LEVELS in tables and RELATIVE in tables:
        yield from _advantage(tables[LEVELS], tables[RELATIVE])
    if TRADE_OFF in tables:
        yield from _trade_off(tables[TRADE_OFF])
    if CLONES in tables:
        yield from _clones(tables[CLONES])


def _advantage(levels: Table, relative: Table) -> Iterator[str]:
    """Yield how far the encoder that is farthest ahead on the last level is so on both ends."""
    columns = [column for column in relative.columns if column.is_number]
    first, last = columns[0], columns[-1]
    known = relative.frame.dropna(subset=[first.key, last.key])
    (baseline,) = set(levels.frame["encoder"]) - set(relative.frame["encoder"]) or {""}
    if known.empty or not baseline:
        return
    row = known.loc[known[last.key].idxmax()]
    text = f"{row['encoder']} is farthest ahead of {baseline} on {last.label}: by "
    text += _number(relative, row, last, " points of top-1")
    others = _ties(_tied(known, last.key, "encoder") - {row["encoder"]}, last.label)
    if first.key == last.key:
        yield f"{text}.{others}"
        return
    text += f", after {_number(relative, row, first)} on {first.label}.{others}"
    changes = [_change(relative, other, first, last) for _, other in known.iterrows()]
    falling = sum(high < 0 for _, _, high in changes)
    change, low, high = _change(relative, row, first, last)
    if not math.isnan(low):
        signed = Column("", "", signed=True)
        ends = [format_number(end, signed) for end in (change, low, high)]
        text += (
            f" From {first.label} to {last.label} its advantage changes by {ends[0]} ({ends[1]} to "
            f"{ends[2]}{_sizes(row, first, last)}); encoders whose advantage falls, with the whole "
            f"interval: {falling} of {len(known)}."
        )
    yield text


def _sizes(row: Any, first: Column, last: Column) -> str:
    """Return how many classes two data sets have, empty where both have as many."""
    before, after = (int(row[column.key + CLASSES]) for column in (first, last))
    if before == after:
        return ""
    return (
        f"; {first.label} has {before:,} classes, {last.label} {after:,}, which may be part of it"
    )


def _change(table: Table, row: Any, first: Column, last: Column) -> tuple[float, float, float]:
    """Return the difference of two cells with its interval; the bounds are NaN where it has none.

    The two are about different concepts: they are independent, and the distances to their bounds
    add up by squares (Donner and Zou 2012, "Closed-form confidence intervals for functions of the
    normal mean and standard deviation").
    """
    before, after = table.number(row, first), table.number(row, last)
    (low_0, high_0), (low_1, high_1) = (
        table.interval(row, column) or (math.nan, math.nan) for column in (first, last)
    )
    change = after - before
    low = change - math.hypot(after - low_1, high_0 - before)
    high = change + math.hypot(high_1 - after, before - low_0)
    return change, low, high


def _trade_off(table: Table) -> Iterator[str]:
    """Yield which encoders are the best on the training task and on transfer."""
    columns = {column.key: column for column in table.columns}
    train, transfer = columns["train"], columns["transfer"]
    known = table.frame.dropna(subset=[train.key, transfer.key])
    if len(known) < 2:
        return
    seen = train.label.removesuffix(" top-1 (%)")
    on_train, on_transfer = (known.loc[known[c.key].idxmax()] for c in (train, transfer))
    best = f"{format_number(on_train[train.key], train)}% top-1"
    odds = f"mean log odds {format_number(on_transfer[transfer.key], transfer)}"
    tied = [_tied(known, column.key, "label") for column in (train, transfer)]
    others = _ties(tied[0] - {on_train["label"]}, seen)
    others += _ties(tied[1] - {on_transfer["label"]}, "transfer")
    if on_train["label"] == on_transfer["label"]:
        leads = f"{on_train['label']} is the best on {seen} ({best})"
        yield f"{leads} and on transfer ({odds}).{others}"
        return
    points = format_number(on_train[train.key] - on_transfer[train.key], train)
    behind = format_number(on_transfer[transfer.key] - on_train[transfer.key], transfer)
    begin = "No encoder is the best at both"
    if tied[0] & tied[1]:
        begin = "Whether an encoder is the best at both cannot be told"
    yield (
        f"{begin}: {on_train['label']} leads on {seen} ({best}), "
        f"{on_transfer['label']} on transfer ({odds}). {on_transfer['label']} is {points} points "
        f"behind on {seen}, {on_train['label']} {behind} on transfer.{others}"
    )


def _tied(rows: pd.DataFrame, key: str, name: str) -> set[str]:
    """Return the names of those that cannot be told from the best of a column, and its own."""
    tied = rows[key + TIED] == 1 if key + TIED in rows else pd.Series(data=False, index=rows.index)
    return {rows.loc[rows[key].idxmax(), name], *rows.loc[tied, name]}


def _ties(names: set[str], place: str) -> str:
    """Return after a space who else may be the best somewhere; empty for nobody."""
    shown = sorted(names)
    more = f" and {len(shown) - NAMED} more" * (len(shown) > NAMED)
    text = f" Not to be told from the best on {place}: {', '.join(shown[:NAMED])}{more}."
    return text if shown else ""


def _clones(table: Table) -> Iterator[str]:
    """Yield how far the best training set of drawn images is behind real ones."""
    column = next(column for column in table.columns if column.is_number)
    own = table.frame[table.frame[OWN].astype(bool)].dropna(subset=[column.key])
    is_real = own[REFERENCE].astype(bool)
    if is_real.all() or not is_real.any():
        return
    real, drawn = (rows.loc[rows[column.key].idxmax()] for rows in (own[is_real], own[~is_real]))
    behind = format_number(real[column.key] - drawn[column.key], column)
    yield (
        f"Trained on drawn images, the best model has {format_number(drawn[column.key], column)}% "
        f"{column.label.lower()} on {column.over} (prompt {drawn['model']}, scale "
        f"{drawn['scale']}); on real images {format_number(real[column.key], column)}%, "
        f"{behind} points more."
    )


def _number(table: Table, row: Any, column: Column, unit: str = "") -> str:
    """Return a number with its interval, if it has one."""
    interval = shown_interval(table, row, column)
    text = format_number(table.number(row, column), column) + unit
    return text + (f" ({'95% interval ' * bool(unit)}{interval})" if interval else "")
