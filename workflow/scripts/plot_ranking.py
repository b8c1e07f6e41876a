"""Draw a benchmark's concepts by rank and similarity, cut into levels (figure 3.2)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.concept_figures import ranking_figure
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--ranking", type=Path, required=True, help="Parquet: the ranking")
    parser.add_argument("--levels", type=Path, required=True, help="Parquet: who is in which level")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    ranking = read_parquet(args.ranking, columns=["rank", "similarity"])
    levels = read_parquet(args.levels, columns=["level", "rank"])
    save(ranking_figure(ranking, levels), args.figure)


if __name__ == "__main__":
    cli.run(main)
