"""Draw training and transfer along one number of the recipe (figures 4.4, 5.4 and 5.5)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.ablation_figure import ablation_figure
from cogworks.report.style import save
from cogworks.report.transfer import training_versus_transfer


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="the long table")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    plane = training_versus_transfer(read_parquet(args.scores), args.spec)
    save(ablation_figure(plane, args.spec), args.figure)


if __name__ == "__main__":
    cli.run(main)
