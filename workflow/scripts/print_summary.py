"""Print the main tables of a finished run and where its report is."""

import argparse
import shutil
import sys
from pathlib import Path

from cogworks.core import cli
from cogworks.core.errors import InputError
from cogworks.report.table import read_table
from cogworks.report.terminal import to_terminal

TABLES = ("levels", "levels_relative")
# One's own tables of test sets, without the thesis's rows.
TESTED, PUBLISHED = "test_sets_*.parquet", "test_sets_published_*"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")
    args = parser.parse_args()
    report = args.results / "report.html"
    if not report.is_file():
        raise InputError(f"{report}: no such file; run snakemake first")
    width, colour = shutil.get_terminal_size(fallback=(120, 24)).columns, sys.stdout.isatty()
    tables = args.results / "tables"
    tested = [path for path in sorted(tables.glob(TESTED)) if not path.match(PUBLISHED)]
    for path in [*(tables / f"{name}.parquet" for name in TABLES), *tested]:
        if path.is_file():
            print(f"\n{to_terminal(read_table(path), width=width, colour=colour)}")
    print(f"\nThe report with all tables and figures: {report.resolve()}")


if __name__ == "__main__":
    cli.run(main)
