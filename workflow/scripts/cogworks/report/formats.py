"""A table as CSV, Markdown and LaTeX."""

import io
import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.files import write_text
from cogworks.report.table import (
    BLOCK,
    GROUP,
    HIGH,
    HIGHLIGHT,
    LOW,
    STD,
    Column,
    Marks,
    Table,
    format_number,
    write_table,
)

WARNING = "warning"
# More rows than these do not fit on a page of LaTeX.
PAGE_ROWS = 40
# Twelve digits keep every count and hide the last bits of a sum.
CSV_NUMBERS = "%.12g"
# Markdown has no colours: a number that is better than the references has this beside it.
ABOVE = "▲"
LEGEND = f"{ABOVE}: in colour on the page and in LaTeX."
BRICK = "A63A2B"

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': "''",
    "★": r"$\star$",
    "·": r"$\cdot$",
    "≥": r"$\geq$",
    "…": r"\ldots{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "∞": r"$\infty$",
    "≤": r"$\leq$",
    "–": "--",
    "Δ": r"$\Delta$",
    "τ": r"$\tau$",
    "✓": r"$\checkmark$",
    "“": "``",
    "”": "''",
}


def write_formats(table: Table, stem: str | Path) -> None:
    """Write a table as `<stem>.parquet`, `.csv`, `.md` and `.tex`."""
    write_table(table, f"{stem}.parquet")
    write_text(to_csv(table), f"{stem}.csv")
    write_text(to_markdown(table), f"{stem}.md")
    write_text(to_latex(table, name=Path(stem).name), f"{stem}.tex")


def to_csv(table: Table) -> str:
    """Return the table as CSV: keys as heads; deviation and interval in columns of their own.

    A warning is a last column, the same in all rows: a line of its own would be no CSV.
    """
    keys = [GROUP] if GROUP in table.frame else []
    for column in table.columns:
        keys += [k for end in ("", STD, LOW, HIGH) if (k := column.key + end) in table.frame]
    frame = table.frame[keys]
    if table.warnings:
        frame = frame.assign(**{WARNING: table.warnings})
    return csv_text(frame)


def csv_text(frame: pd.DataFrame) -> str:
    """Return a frame as CSV: numbers with twelve digits, lines that end in `\\n`."""
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, float_format=CSV_NUMBERS, lineterminator="\n")
    return buffer.getvalue()


def to_markdown(table: Table) -> str:
    """Return the table as Markdown with aligned pipes; the best of a column is bold."""
    rows = [[escape_markdown(column.title) for column in table.columns]]
    for heading, _, cells in _rows(table, _markdown_cell):
        if heading is not None:
            rows.append([f"*{escape_markdown(heading)}*", *[""] * (len(table.columns) - 1)])
        rows.append(cells)
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(table.columns))]
    lines = [_markdown_line(row, widths, table) for row in rows]
    rule = [
        "-" * (width - 1) + ":" if column.is_number else "-" * width
        for column, width in zip(table.columns, widths, strict=True)
    ]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    texts = [escape_markdown(text) for text in (table.title, table.warnings, table.note)]
    legend = LEGEND if any(ABOVE in line for line in lines) else ""
    parts = [f"**{texts[0]}**", "\n".join(lines), *texts[1:], legend]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_latex(table: Table, *, name: str) -> str:
    """Return the table as LaTeX with the label `tab:<name>`.

    The best of a column is bold. A warning stands at the end of the caption. It needs `booktabs`,
    where it has reference rows `xcolor`, where rows are highlighted `xcolor` with option `table`,
    for check marks `amssymb`, and if it is longer than a page `longtable`.
    """
    texts = filter(None, [table.title + ".", table.note, table.warnings])
    caption = rf"\caption{{{escape_latex(' '.join(texts))}}}\label{{tab:{name}}}"
    layout = "".join("r" if column.is_number else "l" for column in table.columns)
    head = [r"\toprule", *_latex_head(table.columns), r"\midrule"]
    if len(table.frame) > PAGE_ROWS:
        begin = [rf"\begin{{longtable}}{{{layout}}}", rf"{caption} \\", *head, r"\endfirsthead"]
        begin += [*head, r"\endhead", r"\bottomrule", r"\endfoot"]
        return "\n".join([*begin, *_latex_body(table), r"\end{longtable}"]) + "\n"
    begin = [r"\begin{table}", r"\centering", caption, rf"\begin{{tabular}}{{{layout}}}", *head]
    end = [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join([*begin, *_latex_body(table), *end]) + "\n"


def _latex_body(table: Table) -> Iterator[str]:
    """Yield the lines of the rows."""
    highlighted = list(table.frame.get(HIGHLIGHT, [False] * len(table.frame)))
    width = len(table.columns)
    for index, (heading, begins, cells) in enumerate(_rows(table, _latex_cell)):
        if begins and index > 0:
            yield r"\midrule"
        if heading is not None:
            yield rf"\multicolumn{{{width}}}{{l}}{{\textit{{{escape_latex(heading)}}}}} \\"
        yield r"\rowcolor{black!10} " * bool(highlighted[index]) + _latex_row(cells)


def escape_latex(text: str) -> str:
    """Return a text with LaTeX's special characters escaped."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def escape_markdown(text: str) -> str:
    """Return a text of which Markdown takes no character for markup; a line break is a space.

    An underscore within a word is none, and names are full of them.
    """
    text = re.sub(r"([\\`*<>|\[\]~])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\_", text)


def _rows(table: Table, cell: Any) -> Iterator[tuple[str | None, bool, list[str]]]:
    """Yield the heading above a row where a group begins, whether anything does, and its cells."""
    last: tuple[Any, Any] = (None, None)
    for (_, row), marks in zip(table.frame.iterrows(), table.marks(), strict=True):
        now = row.get(GROUP), row.get(BLOCK)
        heading = now[0] if now[0] != last[0] else None
        begins, last = now != last, now
        cells = [cell(table, row, column, marks[column.key]) for column in table.columns]
        yield heading, begins, cells


def shown(table: Table, row: Any, column: Column) -> str:
    """Return the plain text of a cell: `57.6 ± 0.1`, or the text itself."""
    if not column.is_number:
        return str(row[column.key])
    text = format_number(table.number(row, column), column)
    std = table.std(row, column)
    if text and not math.isnan(std):
        text += f" ± {std:.{column.digits}f}"
    return text


def shown_interval(table: Table, row: Any, column: Column) -> str:
    """Return the text of a cell's interval, `56.4 to 58.8`; empty where there is none."""
    bounds = table.interval(row, column) if column.is_number else None
    return " to ".join(format_number(bound, column) for bound in bounds) if bounds else ""


def _markdown_cell(table: Table, row: Any, column: Column, marks: Marks) -> str:
    text = escape_markdown(shown(table, row, column))
    if not text:
        return text
    if marks.underlined:
        text = f"<u>{text}</u>"
    if marks.above:
        text += f" {ABOVE}"
    stars = "*" * (2 * marks.bold + marks.italic)
    interval = shown_interval(table, row, column)
    return f"{stars}{text}{stars}" + (f" ({interval})" if interval else "")


def _latex_head(columns: Sequence[Column]) -> list[str]:
    """Return the lines of the head: one, or with headings above some columns three."""
    labels = _latex_row([escape_latex(column.label) for column in columns])
    cells, rules, start = [], [], 1
    for over, members in groupby(columns, key=lambda column: column.over):
        width = len(list(members))
        if over:
            cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escape_latex(over)}}}")
            rules.append(rf"\cmidrule(lr){{{start}-{start + width - 1}}}")
        else:
            cells += [""] * width
        start += width
    return [_latex_row(cells), " ".join(rules), labels] if rules else [labels]


def _latex_row(cells: list[str]) -> str:
    """Return a row; one that begins with `[` or `*` would be an argument of the command before."""
    line = " & ".join(cells) + r" \\"
    return "{}" + line if line.startswith(("[", "*")) else line


def _latex_cell(table: Table, row: Any, column: Column, marks: Marks) -> str:
    """Return a cell; an interval stands below the number, as it would make the table too wide."""
    text = escape_latex(shown(table, row, column))
    if not text:
        return text
    commands = {
        r"\underline": marks.underlined,
        rf"\textcolor[HTML]{{{BRICK}}}": marks.above,
        r"\textit": marks.italic,
        r"\textbf": marks.bold,
    }
    for command, wanted in commands.items():
        text = f"{command}{{{text}}}" if wanted else text
    interval = escape_latex(shown_interval(table, row, column))
    return rf"\shortstack[r]{{{text}\\{{\scriptsize {interval}}}}}" if interval else text


def _markdown_line(cells: list[str], widths: list[int], table: Table) -> str:
    padded = [
        cell.rjust(width) if column.is_number else cell.ljust(width)
        for cell, width, column in zip(cells, widths, table.columns, strict=True)
    ]
    return "| " + " | ".join(padded) + " |"
