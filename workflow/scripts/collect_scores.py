"""Collect all scores in one long table, and summarise them over seeds: Parquet and CSV."""

from pathlib import Path

import pandas as pd

from cogworks.core import cli
from cogworks.core.files import write_parquet, write_text
from cogworks.report.formats import csv_text
from cogworks.report.scores import COLUMNS, collect
from cogworks.report.specs import CollectSpec
from cogworks.report.summary import summarise


def main() -> None:
    parser = cli.parser(__doc__, spec=CollectSpec)
    parser.add_argument("--scores", type=Path, required=True, help="the long table, no suffix")
    parser.add_argument("--summary", type=Path, required=True, help="the summary, no suffix")
    args = parser.parse_args()
    scores = collect(args.spec.scores.paths)
    write(scores[COLUMNS], args.scores)
    write(summarise(scores, baseline=args.spec.baseline), args.summary)


def write(table: pd.DataFrame, stem: Path) -> None:
    """Write a table as Parquet and as CSV."""
    write_parquet(table, stem.with_suffix(".parquet"))
    write_text(csv_text(table), stem.with_suffix(".csv"))


if __name__ == "__main__":
    cli.run(main)
