"""Search the hyper-parameters of a probe on training features, for every number of shots and seed.

Writes one row per trial; records of unfinished searches are in the folder beside the output.
"""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.codehash import rule_code
from cogworks.core.device import limit_blas, pick_device, set_threads
from cogworks.core.files import write_parquet
from cogworks.probes.kinds import KINDS
from cogworks.probes.pools import read_levels
from cogworks.probes.specs import TuneSpec
from cogworks.probes.table import TableSource
from cogworks.probes.tune import tune


def main() -> None:
    parser = cli.parser(__doc__, spec=TuneSpec)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="arrays (.npy)")
    parser.add_argument("--indices", type=Path, nargs="+", required=True, help="their indices")
    parser.add_argument("--manifests", type=Path, nargs="+", required=True, help="their manifests")
    parser.add_argument("--levels", type=Path, nargs="*", default=[], help="levels, for a pool")
    parser.add_argument("--cells", type=Path, required=True, help="folder of the cells' records")
    parser.add_argument("--output", type=Path, required=True, help="table of trials")
    args = parser.parse_args()
    set_threads(args.threads)
    source = TableSource(
        arrays=args.features,
        indices=args.indices,
        manifests=args.manifests,
        normalize=args.spec.normalize,
        group=args.spec.group,
        levels=read_levels(args.levels[0]) if args.levels else None,
    )
    with limit_blas(args.threads):
        trials = tune(
            args.spec,
            source,
            args.cells,
            code=rule_code("tune_probes", KINDS.module(args.spec.kind)),
            device=pick_device(args.device),
        )
    write_parquet(trials, args.output)


if __name__ == "__main__":
    cli.run(main)
