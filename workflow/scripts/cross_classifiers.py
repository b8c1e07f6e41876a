"""Apply the classifiers of one data set to the test images of another; list confident predictions.

Writes one row per confident prediction; the metadata hold the number of images.
"""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.core.files import write_parquet
from cogworks.probes.noise import cross_apply
from cogworks.probes.specs import CrossSpec
from cogworks.probes.table import TableSource


def main() -> None:
    parser = cli.parser(__doc__, spec=CrossSpec)
    parser.add_argument("--features", type=Path, required=True, help="the other's test array")
    parser.add_argument("--index", type=Path, required=True, help="its index")
    parser.add_argument("--manifest", type=Path, required=True, help="its manifest")
    parser.add_argument("--cells", type=Path, required=True, help="folder of the fitted cells")
    parser.add_argument("--output", type=Path, required=True, help="table of predictions")
    args = parser.parse_args()
    set_threads(args.threads)
    source = TableSource([args.features], [args.index], [args.manifest], args.spec.normalize)
    listed, summary = cross_apply(
        args.cells,
        source,
        confidence=args.spec.confidence,
        seeds=args.spec.seeds,
        device=pick_device(args.device),
    )
    write_parquet(listed, args.output, metadata=summary)


if __name__ == "__main__":
    cli.run(main)
