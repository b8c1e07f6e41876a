"""Write the table of all scores: Parquet, CSV, Markdown, LaTeX."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.score_table import score_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    write_formats(score_table(read_parquet(args.summary), args.spec), args.table)


if __name__ == "__main__":
    cli.run(main)
