"""Rank the eligible concepts by their similarity to the seen ones."""

from pathlib import Path

from cogworks.concepts import rank_stage
from cogworks.concepts.similarities import RankSpec
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__, spec=RankSpec)
    parser.add_argument("--eligible", type=Path, required=True, help="Parquet: the whole pool")
    parser.add_argument("--seen", type=Path, required=True, help="Parquet: the seen concepts")
    parser.add_argument("--ranking", type=Path, required=True, help="Parquet: the ranking")
    args = parser.parse_args()
    rank_stage.run(args.spec, eligible=args.eligible, seen=args.seen, ranking=args.ranking)


if __name__ == "__main__":
    cli.run(main)
