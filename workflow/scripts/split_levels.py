"""Cut the ranking of concepts into levels of increasing distance from the seen ones."""

from pathlib import Path

from cogworks.concepts import level_stage
from cogworks.concepts.specs import LevelSpec
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__, spec=LevelSpec)
    parser.add_argument("--ranking", type=Path, required=True, help="Parquet: the ranking")
    parser.add_argument("--eligible", type=Path, required=True, help="Parquet: the whole pool")
    parser.add_argument("--levels", type=Path, required=True, help="Parquet: who is in which level")
    parser.add_argument("--summary", type=Path, required=True, help="CSV: one line per level")
    args = parser.parse_args()
    level_stage.run(
        args.spec,
        ranking=args.ranking,
        eligible=args.eligible,
        levels=args.levels,
        summary=args.summary,
    )


if __name__ == "__main__":
    cli.run(main)
