"""A table on a terminal."""

from collections.abc import Callable
from typing import Any

from cogworks.report.formats import shown, shown_interval
from cogworks.report.table import GROUP, Column, Marks, Table, format_number

# Makes the text of a cell.
Text = Callable[[Table, Any, Column], str]


def to_terminal(table: Table, *, width: int, colour: bool = False) -> str:
    """Return the table in aligned columns, without intervals or deviations that would not fit.

    Args:
        table: what to show.
        width: characters a line.
        colour: whether cells are set apart and rules are dim (ANSI escapes).
    """
    for cell in (_full, shown, _number):
        lines = _lines(table, cell, colour=colour)
        if lines[0][1] <= width:
            break
    return "\n".join([_style(table.title, "1", on=colour), *(text for text, _ in lines)])


def _lines(table: Table, cell: Text, *, colour: bool) -> list[tuple[str, int]]:
    """Return each line and its width without escapes."""
    rows = [row for _, row in table.frame.iterrows()]
    cells = [[cell(table, row, column) for column in table.columns] for row in rows]
    widths = [
        max(len(column.title), *(len(row[i]) for row in cells), 0)
        for i, column in enumerate(table.columns)
    ]
    total = sum(widths) + 2 * (len(widths) - 1)
    head = [_pad(c.title, w, c) for c, w in zip(table.columns, widths, strict=True)]
    lines = ["  ".join(head), _style("─" * total, "2", on=colour)]
    last = None
    for row, texts, marks in zip(rows, cells, table.marks(), strict=True):
        if GROUP in table.frame and row[GROUP] != last:
            last = row[GROUP]
            lines.append(_style(str(last), "3", on=colour))
        lines.append(
            "  ".join(
                _style(_pad(text, w, c), *_codes(marks[c.key]), on=colour)
                for text, w, c in zip(texts, widths, table.columns, strict=True)
            )
        )
    return [(line.rstrip(), total) for line in lines]


def _full(table: Table, row: Any, column: Column) -> str:
    interval = shown_interval(table, row, column)
    return shown(table, row, column) + (f" ({interval})" if interval else "")


def _number(table: Table, row: Any, column: Column) -> str:
    if not column.is_number:
        return shown(table, row, column)
    return format_number(table.number(row, column), column)


def _pad(text: str, width: int, column: Column) -> str:
    return text.rjust(width) if column.is_number else text.ljust(width)


def _codes(marks: Marks) -> list[str]:
    """Return the ANSI codes of a cell: bold, italic, underlined, red."""
    codes = {"1": marks.bold, "3": marks.italic, "4": marks.underlined, "31": marks.above}
    return [code for code, wanted in codes.items() if wanted]


def _style(text: str, *codes: str, on: bool) -> str:
    return f"\033[{';'.join(codes)}m{text}\033[0m" if on and codes else text
