"""Draw loss and validation of training runs, or their traces (figures 4.6 c and d)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.style import save
from cogworks.report.training_figures import CURVES, TRACES, training_figure

KINDS = {"curves": CURVES, "traces": TRACES}


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what to draw")
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, help="one a run")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    names = [run["name"] for run in args.spec["runs"]]
    columns = ["epoch", "metric", "value"]
    metrics = {
        name: read_parquet(path, columns=columns)
        for name, path in zip(names, args.metrics, strict=True)
    }
    save(training_figure(metrics, args.spec, KINDS[args.kind]), args.figure)


if __name__ == "__main__":
    cli.run(main)
