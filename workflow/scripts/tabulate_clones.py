"""Write what was drawn for the clones, or which of their classes fit their text least."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.clone_tables import clone_table, meaning_table
from cogworks.report.formats import write_formats

KINDS = {"quality": clone_table, "similarity": meaning_table}


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what to show")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="one a clone")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    names = [clone["name"] for clone in args.spec["clones"]]
    tables = {name: read_parquet(path) for name, path in zip(names, args.tables, strict=True)}
    write_formats(KINDS[args.kind](tables, args.spec), args.table)


if __name__ == "__main__":
    cli.run(main)
