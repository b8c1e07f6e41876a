"""A table inside the page: sortable, with its CSV, Markdown and LaTeX to take away."""

import base64
import itertools
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from cogworks.report.formats import shown_interval, to_csv, to_latex, to_markdown
from cogworks.report.table import BLOCK, GROUP, HIGHLIGHT, OWN, Column, Marks, Table, format_number

# A longer table has a field to search it.
LONG = 12
# One with more columns is printed across the sheet.
WIDE = 8


def html_table(table: Table, *, name: str) -> str:
    """Return a table as HTML: warning, search field where it is long, table, note, downloads.

    Where the run's own rows cannot be compared with others, sorting keeps them apart. A caveat
    alone is told for the whole page, and only in what is downloaded.
    """
    if table.frame.empty:
        return f'<div class="under"><p>{escape(table.note)}</p></div>'
    title = escape(table.title)
    parts = [f'<p class="notice">{escape(table.warnings)}</p>'] if table.warning else []
    if len(table.frame) > LONG:
        parts.append(
            f'<input class="filter" type="search" data-table="rows-{name}" '
            f'placeholder="Show rows with …" aria-label="Show rows of {title} with these words">'
        )
    wide = " wide" if len(table.columns) > WIDE else ""
    apart = " apart" if table.warning else ""
    parts += [
        f'<div class="scroll{wide}" role="group" aria-label="{title}: its rows">',
        f'<table class="sortable{apart}" id="rows-{name}">',
        f'<caption class="unseen">{title}</caption>',
        "<thead>",
        *_over(table.columns),
        "<tr>" + "".join(table_head(column) for column in table.columns) + "</tr></thead>",
        "<tbody>",
        *_body(table),
        "</tbody></table></div>",
        f'<div class="under"><p>{escape(table.note)}</p><p>{_downloads(table, name)}</p></div>',
    ]
    return "\n".join(parts)


def _over(columns: Sequence[Column]) -> list[str]:
    """Return the row of headings above columns, where there are any."""
    if not any(column.over for column in columns):
        return []
    groups = [(over, len(list(g))) for over, g in itertools.groupby(columns, lambda c: c.over)]
    cells = [
        f'<th colspan="{width}" scope="colgroup" class="over">{escape(over)}</th>'
        if over
        else f'<td colspan="{width}" class="over"></td>'
        for over, width in groups
    ]
    return ["<tr>" + "".join(cells) + "</tr>"]


def table_head(column: Column) -> str:
    """Return the head of a column, with a button to sort by it."""
    if not column.label:
        return "<td></td>"
    first = "descending" if column.is_number and column.best != "low" else "ascending"
    kind = "number" if column.is_number else "text"
    return (
        f'<th scope="col" class="{kind}" data-first="{first}">'
        f'<button type="button">{escape(column.label)}</button></th>'
    )


def _body(table: Table) -> list[str]:
    mixed = len(set(table.frame.get(OWN, []))) > 1
    lines = []
    rows = zip((row for _, row in table.frame.iterrows()), table.marks(), strict=True)
    groups = itertools.groupby(rows, key=lambda pair: (pair[0].get(GROUP), pair[0].get(BLOCK)))
    last = None
    for (heading, block), members in groups:
        if heading != last:
            span = f'colspan="{len(table.columns)}" scope="rowgroup"'
            lines.append(f'<tr class="group"><th {span}>{escape(heading)}</th></tr>')
        last = heading
        begins = block is not None
        for row, marks in members:
            kinds = {
                "own": bool(row.get(OWN, True)),
                "mixed": mixed,
                "highlight": bool(row.get(HIGHLIGHT, False)),
                "begins": begins,
            }
            begins = False
            kind = " ".join(name for name, holds in kinds.items() if holds)
            head, *cells = (table_cell(table, row, c, marks[c.key]) for c in table.columns)
            # Once rows are sorted, the headings between them are gone.
            group = f' data-group="{escape(heading)}"' if heading else ""
            lines.append(
                f'<tr class="{kind}"><th scope="row"{group} {head[0]}>{head[1]}</th>'
                + "".join(f"<td {attributes}>{text}</td>" for attributes, text in cells)
                + "</tr>"
            )
    return lines


def table_cell(table: Table, row: Any, column: Column, marks: Marks) -> tuple[str, str]:
    """Return the attributes and the content of a cell."""
    names = {
        "best": marks.bold,
        "second": marks.underlined,
        "reference": marks.italic,
        "above": marks.above,
    }
    kind = " ".join(
        ["number" if column.is_number else "text", *(n for n, on in names.items() if on)]
    )
    if not column.is_number:
        return f'class="{kind}"', escape(str(row[column.key]))
    number, std = table.number(row, column), table.std(row, column)
    text = escape(format_number(number, column))
    if text and not math.isnan(std):
        text += f' <span class="std">± {std:.{column.digits}f}</span>'
    if interval := shown_interval(table, row, column):
        text += f' <span class="interval">{escape(interval)}</span>'
    value = "" if math.isnan(number) else repr(number).replace("inf", "Infinity")
    return f'class="{kind}" data-value="{value}"', text


def _downloads(table: Table, name: str) -> str:
    kinds = [
        ("CSV", "csv", "text/csv", to_csv(table)),
        ("Markdown", "md", "text/markdown", to_markdown(table)),
        ("LaTeX", "tex", "text/x-tex", to_latex(table, name=name)),
    ]
    return "".join(
        f'<a download="{name}.{suffix}" href="data:{kind};charset=utf-8;base64,'
        f'{base64.b64encode(text.encode()).decode()}">{label}</a>'
        for label, suffix, kind, text in kinds
    )
