"""Print the main table of a finished run and where its report is."""

import argparse
import shutil
import sys
from pathlib import Path

from cogworks.core import cli
from cogworks.core.errors import InputError
from cogworks.report.table import read_table
from cogworks.report.terminal import to_terminal

TABLES = ("levels", "levels_relative")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")
    args = parser.parse_args()
    report = args.results / "report.html"
    if not report.is_file():
        raise InputError(f"{report}: no such file; run snakemake first")
    width, colour = shutil.get_terminal_size(fallback=(120, 24)).columns, sys.stdout.isatty()
    for name in TABLES:
        path = args.results / "tables" / f"{name}.parquet"
        if path.is_file():
            print(f"\n{to_terminal(read_table(path), width=width, colour=colour)}")
    print(f"\nThe report with all tables and figures: {report.resolve()}")


if __name__ == "__main__":
    cli.run(main)
