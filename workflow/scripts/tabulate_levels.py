"""Write the tables of top-1 by level, absolute and relative to the baseline encoder."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.level_tables import level_table, relative_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--absolute", type=Path, required=True, help="a table, without suffix")
    parser.add_argument("--relative", type=Path, required=True, help="a table, without suffix")
    args = parser.parse_args()
    summary = read_parquet(args.summary)
    write_formats(level_table(summary, args.spec), args.absolute)
    write_formats(relative_table(summary, args.spec), args.relative)


if __name__ == "__main__":
    cli.run(main)
