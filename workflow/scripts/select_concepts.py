"""Select the eligible unseen concepts of the pool; say why each of the others was dropped."""

from pathlib import Path

from cogworks.concepts import select_stage
from cogworks.concepts.specs import SelectSpec
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__, spec=SelectSpec)
    parser.add_argument("--eligible", type=Path, required=True, help="Parquet: the whole pool")
    parser.add_argument("--seen", type=Path, required=True, help="Parquet: the seen concepts")
    parser.add_argument(
        "--filters", type=Path, required=True, help="CSV: concepts left after each step"
    )
    args = parser.parse_args()
    selection = select_stage.run(
        args.spec, eligible=args.eligible, seen=args.seen, filters=args.filters
    )
    for step, left in selection.steps:
        print(f"{step:>18} {left:>7}")


if __name__ == "__main__":
    cli.run(main)
