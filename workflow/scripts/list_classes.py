"""Write the class table of a data set: label, wnid, name, sorted by wnid."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import write_parquet
from cogworks.images.classes import list_classes


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--tables", type=Path, nargs="*", default=[], help="seen and level tables of a benchmark"
    )
    parser.add_argument("--output", type=Path, required=True, help="the class table to write")
    args = parser.parse_args()
    write_parquet(list_classes(args.spec, args.tables, threads=args.threads), args.output)


if __name__ == "__main__":
    cli.run(main)
