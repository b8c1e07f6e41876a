"""Write the table of test sets with the thesis's rows below this run's own."""

from pathlib import Path

from cogworks.core import cli
from cogworks.report import test_set_tables
from cogworks.report.formats import write_formats
from cogworks.report.table import read_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--own", type=Path, required=True, help="Parquet: our own rows")
    parser.add_argument("--paper", type=Path, required=True, help="folder of published figures")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    table = test_set_tables.compared_table(read_table(args.own), args.spec, args.paper)
    write_formats(table, args.table)


if __name__ == "__main__":
    cli.run(main)
