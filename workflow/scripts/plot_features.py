"""Draw the measures of features, or their singular values (figures 4.5, 4.6 and 5.6)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.report.feature_figures import feature_figure, spectrum_figure
from cogworks.report.features import read_measures
from cogworks.report.style import save

KINDS = {"features": feature_figure, "singular_values": spectrum_figure}


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--measures", type=Path, nargs="+", required=True, help="Parquet files")
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what to draw")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    save(KINDS[args.kind](read_measures(args.measures), args.spec), args.figure)


if __name__ == "__main__":
    cli.run(main)
