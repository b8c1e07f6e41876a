"""Draw top-1 by the number of training images a class (figure 3.5)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.few_shot_figure import few_shot_figure
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    save(few_shot_figure(read_parquet(args.summary), args.spec), args.figure)


if __name__ == "__main__":
    cli.run(main)
