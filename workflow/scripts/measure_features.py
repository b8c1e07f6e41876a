"""Measure an encoder's features on a data set: sparsity, distances, redundancy, spectrum."""

from pathlib import Path

from cogworks.analysis.measure import measure
from cogworks.analysis.read import read_feature_set
from cogworks.analysis.specs import MeasureSpec
from cogworks.core import cli
from cogworks.core.device import limit_blas
from cogworks.core.files import write_parquet


def main() -> None:
    parser = cli.parser(__doc__, spec=MeasureSpec)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="arrays (.npy)")
    parser.add_argument("--index", type=Path, nargs="+", required=True, help="their indices")
    parser.add_argument("--output", type=Path, required=True, help="Parquet: one row per number")
    args = parser.parse_args()
    with limit_blas(args.threads):
        table = measure(read_feature_set(args.features, args.index), args.spec)
    write_parquet(table, args.output)


if __name__ == "__main__":
    cli.run(main)
