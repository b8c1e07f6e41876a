"""Draw training against transfer with the convex hull (figure 4.7)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.style import save
from cogworks.report.trade_off_figure import trade_off_figure
from cogworks.report.transfer import training_versus_transfer
from cogworks.report.transfer_tables import published_plane, transfer_mismatch


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="the long table")
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--paper", type=Path, required=True, help="folder of published figures")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    plane = training_versus_transfer(read_parquet(args.scores), args.spec)
    comparable = args.spec["published"] and not transfer_mismatch(
        read_parquet(args.summary), args.spec
    )
    published = published_plane(args.paper) if comparable else None
    save(trade_off_figure(plane, args.spec, published=published), args.figure)


if __name__ == "__main__":
    cli.run(main)
