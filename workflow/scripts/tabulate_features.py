"""Write the measures of features, averaged over groups of data sets."""

from pathlib import Path

from cogworks.core import cli
from cogworks.report.features import feature_table, read_measures
from cogworks.report.formats import write_formats


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--measures", type=Path, nargs="+", required=True, help="Parquet files")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    write_formats(feature_table(read_measures(args.measures), args.spec), args.table)


if __name__ == "__main__":
    cli.run(main)
