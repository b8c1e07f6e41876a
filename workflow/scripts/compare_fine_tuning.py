"""Compare frozen features with fine-tuning on each level: a table and a figure (figure 3.6)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.fine_tuning import fine_tuning_figure, fine_tuning_table
from cogworks.report.formats import write_formats
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    summary = read_parquet(args.summary)
    write_formats(fine_tuning_table(summary, args.spec), args.table)
    save(fine_tuning_figure(summary, args.spec), args.figure)


if __name__ == "__main__":
    cli.run(main)
