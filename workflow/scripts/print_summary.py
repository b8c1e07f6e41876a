"""Print the main tables of a finished run, what it reproduces, and where its report is."""

import argparse
import shutil
import sys
import textwrap
from pathlib import Path

from cogworks.core import cli, provenance
from cogworks.core.errors import InputError
from cogworks.report.page.build import summaries_of, tables_of
from cogworks.report.page.terminal import to_terminal
from cogworks.report.table import read_table

# The kinds of tables to print.
TABLES = (
    "advantage_table",
    "levels_table",
    "levels_relative_table",
    "measures_table",
    "test_sets_table",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")
    args = parser.parse_args()
    report = args.results / "report.html"
    if not report.is_file():
        raise InputError(f"{report}: no such file; run snakemake first")
    width, colour = shutil.get_terminal_size(fallback=(120, 24)).columns, sys.stdout.isatty()
    # The folder may hold tables of an earlier config: only what the report shows belongs to it.
    html = report.read_text(encoding="utf-8")
    shown = tables_of(html)
    for name in (name for name, kind in shown.items() if kind in TABLES):
        table = read_table(args.results / "tables" / f"{name}.parquet")
        print(f"\n{to_terminal(table, width=width, colour=colour)}")
    for part, sentences in summaries_of(html).items():
        lines = [textwrap.fill(text, width, break_on_hyphens=False) for text in sentences]
        print("", *([part] if part else []), *lines, sep="\n")
    jobs = provenance.told(args.results.parent / provenance.FOLDER)
    if jobs:
        print(f"\n{textwrap.fill(f'Computed by {jobs}', width)}")
    print(f"\nThe report with all tables and figures: {report.resolve()}")


if __name__ == "__main__":
    cli.run(main)
