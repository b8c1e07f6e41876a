"""Draw top-1 by level for other rankings of the same concepts (figure 3.7)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.ranking_figure import rankings_figure
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    save(rankings_figure(read_parquet(args.summary), args.spec), args.figure)


if __name__ == "__main__":
    cli.run(main)
