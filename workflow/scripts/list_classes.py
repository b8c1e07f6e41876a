"""Write the class table of a data set: label, wnid, name, sorted by wnid."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import write_parquet
from cogworks.images.classes import list_classes
from cogworks.images.specs import ClassesSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=ClassesSpec)
    parser.add_argument(
        "--tables", type=Path, nargs="*", default=[], help="seen and level tables of a benchmark"
    )
    parser.add_argument("--output", type=Path, required=True, help="the class table to write")
    parser.add_argument(
        "--online", type=int, choices=[0, 1], default=0, help="1 lets torchvision download"
    )
    parser.add_argument(
        "--indices",
        type=Path,
        nargs="*",
        default=[],
        help="tables of the source's images, if they were listed before",
    )
    args = parser.parse_args()
    table = list_classes(
        args.spec,
        args.tables,
        threads=args.threads,
        online=bool(args.online),
        index=next(iter(args.indices), None),
    )
    write_parquet(table, args.output)


if __name__ == "__main__":
    cli.run(main)
