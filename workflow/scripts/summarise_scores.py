"""Take mean and deviation over seeds, and the difference to the baseline encoder."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet, write_parquet, write_text
from cogworks.report.formats import csv_text
from cogworks.report.summary import summarise


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="the long table")
    parser.add_argument("--parquet", type=Path, required=True, help="the summary")
    parser.add_argument("--csv", type=Path, required=True, help="the same as CSV")
    args = parser.parse_args()
    summary = summarise(read_parquet(args.scores), baseline=args.spec["baseline"])
    write_parquet(summary, args.parquet)
    write_text(csv_text(summary), args.csv)


if __name__ == "__main__":
    cli.run(main)
