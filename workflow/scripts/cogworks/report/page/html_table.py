"""A table inside the page: sortable, with its CSV, Markdown and LaTeX to take away."""

import base64
import itertools
import math
from html import escape
from typing import Any

from cogworks.report.formats import shown_interval, to_csv, to_latex, to_markdown
from cogworks.report.table import GROUP, HIGHLIGHT, OWN, Cell, Column, Table, format_number

# A longer table scrolls within its frame and has a field to search it.
LONG = 40


def html_table(table: Table, *, name: str) -> str:
    """Return a table as HTML: warning, search field where it is long, table, note, downloads."""
    if table.frame.empty:
        return f'<div class="under"><p>{escape(table.note)}</p></div>'
    long = len(table.frame) > LONG
    parts = []
    if table.warning:
        parts.append(f'<p class="warning">{escape(table.warning)}</p>')
    if long:
        parts.append(
            f'<input class="filter" type="search" data-table="rows-{name}" '
            f'placeholder="Show rows with …" aria-label="Show rows with these words">'
        )
    parts += [
        f'<div class="scroll{" tall" if long else ""}">',
        f'<table class="sortable" id="rows-{name}">',
        "<thead><tr>" + "".join(_head(column) for column in table.columns) + "</tr></thead>",
        "<tbody>",
        *_body(table),
        "</tbody></table></div>",
        f'<div class="under"><p>{escape(table.note)}</p><p>{_downloads(table, name)}</p></div>',
    ]
    return "\n".join(parts)


def _head(column: Column) -> str:
    first = "descending" if column.is_number and column.best != "low" else "ascending"
    kind = "number" if column.is_number else "text"
    return (
        f'<th scope="col" class="{kind}" data-first="{first}">'
        f'<button type="button">{escape(column.label)}</button></th>'
    )


def _body(table: Table) -> list[str]:
    best = table.best()
    owns = table.frame.get(OWN, [])
    mixed = len(set(owns)) > 1
    lines = []
    rows = (row for _, row in table.frame.iterrows())
    for heading, members in itertools.groupby(rows, key=lambda row: row.get(GROUP)):
        if heading is not None:
            span = len(table.columns)
            lines.append(f'<tr class="group"><th colspan="{span}">{escape(heading)}</th></tr>')
        for row in members:
            kinds = ["own"] * bool(row.get(OWN, True)) + ["mixed"] * mixed
            kinds += ["highlight"] * bool(row.get(HIGHLIGHT, False))
            kind = " ".join(kinds)
            cells = "".join(_cell(table, row, column, best) for column in table.columns)
            lines.append(f'<tr class="{kind}">{cells}</tr>')
    return lines


def _cell(table: Table, row: Any, column: Column, best: dict[Cell, float]) -> str:
    if not column.is_number:
        return f'<td class="text">{escape(str(row[column.key]))}</td>'
    number, std = table.number(row, column), table.std(row, column)
    text = escape(format_number(number, column))
    if text and not math.isnan(std):
        text += f' <span class="std">± {std:.{column.digits}f}</span>'
    if interval := shown_interval(table, row, column):
        text += f' <span class="interval">{escape(interval)}</span>'
    kind = "number best" if table.is_best(row, column, best) else "number"
    value = "" if math.isnan(number) else repr(number).replace("inf", "Infinity")
    return f'<td class="{kind}" data-value="{value}">{text}</td>'


def _downloads(table: Table, name: str) -> str:
    kinds = [
        ("CSV", "csv", "text/csv", to_csv(table)),
        ("Markdown", "md", "text/markdown", to_markdown(table)),
        ("LaTeX", "tex", "text/x-tex", to_latex(table)),
    ]
    return "".join(
        f'<a download="{name}.{suffix}" href="data:{kind};charset=utf-8;base64,'
        f'{base64.b64encode(text.encode()).decode()}">{label}</a>'
        for label, suffix, kind, text in kinds
    )
