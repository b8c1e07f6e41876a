"""Collect all probe scores under `results/probes` into one long table, as Parquet and CSV."""

from pathlib import Path

from cogworks.core import cli, paths
from cogworks.core.files import write_parquet, write_text
from cogworks.report.formats import csv_text
from cogworks.report.scores import collect


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--parquet", type=Path, required=True, help="the long table")
    parser.add_argument("--csv", type=Path, required=True, help="the same as CSV")
    args = parser.parse_args()
    names = args.spec["names"]
    jobs = [[names[part][i] for part, i in enumerate(job)] for job in args.spec["jobs"]]
    scores = collect([paths.scores(*job) for job in jobs])
    write_parquet(scores, args.parquet)
    write_text(csv_text(scores), args.csv)


if __name__ == "__main__":
    cli.run(main)
