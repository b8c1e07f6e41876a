"""Draw top-1 by level, absolute and relative to the baseline encoder (figure 3.4)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.level_figures import absolute_figure, relative_figure
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--absolute", type=Path, required=True, help="a figure, without suffix")
    parser.add_argument("--relative", type=Path, required=True, help="a figure, without suffix")
    args = parser.parse_args()
    summary = read_parquet(args.summary)
    save(absolute_figure(summary, args.spec), args.absolute)
    save(relative_figure(summary, args.spec), args.relative)


if __name__ == "__main__":
    cli.run(main)
