"""Write top-1 and top-5 on the test sets of the seen classes (tables 4.2 and 5.2)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report import test_set_tables
from cogworks.report.formats import write_formats


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="the long table")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    write_formats(test_set_tables.own_table(read_parquet(args.scores), args.spec), args.table)


if __name__ == "__main__":
    cli.run(main)
