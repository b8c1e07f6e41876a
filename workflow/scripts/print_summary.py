"""Print the main tables of a finished run, what it reproduces, and where its report is."""

import argparse
import shutil
import signal
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
# What is printed where there is none of them, such as of k-NN on one data set.
ALL = "all_scores_table"


def main() -> None:
    # Whoever reads only the first lines, as `head` does, ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
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
    names = [name for name, kind in shown.items() if kind in TABLES]
    for name in names or [name for name, kind in shown.items() if kind == ALL]:
        table = read_table(args.results / "tables" / f"{name}.parquet")
        print(f"\n{to_terminal(table, width=width, colour=colour)}")
    for part, sentences in summaries_of(html).items():
        lines = [textwrap.fill(text, width, break_on_hyphens=False) for text in sentences]
        print("", *([part] if part else []), *lines, sep="\n")
    project = args.results.parent
    # As for the tables: the folder may hold records of jobs for an earlier config.
    logs = provenance.logs_behind(f"{args.results.name}/{report.name}", project)
    jobs = provenance.told(project / provenance.FOLDER, logs)
    if jobs:
        begin = "Computed by" if logs else "Computed in this folder, for any config, by"
        print(f"\n{textwrap.fill(f'{begin} {jobs}', width)}")
    print(f"\nThe report with all tables and figures: {report.resolve()}")


if __name__ == "__main__":
    cli.run(main)
