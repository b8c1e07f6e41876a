"""Fit the probes that the search chose and score them on test features.

Writes one row for each test set, number of shots and seed; classifiers and predictions are in the
folder of cells.
"""

from argparse import Namespace
from pathlib import Path

from cogworks.core import cli, lock
from cogworks.core.codehash import rule_code
from cogworks.core.device import limit_blas, pick_device, set_threads
from cogworks.core.files import read_parquet, write_parquet
from cogworks.probes.fit import fit
from cogworks.probes.kinds import KINDS
from cogworks.probes.models import job_models
from cogworks.probes.pools import read_levels
from cogworks.probes.specs import FitSpec
from cogworks.probes.table import TableSource

SIDES = ("train", "test", "other")


def main() -> None:
    parser = cli.parser(__doc__, spec=FitSpec)
    for side in SIDES:
        for part in ("features", "indices", "manifests"):
            parser.add_argument(
                f"--{side}-{part}", type=Path, nargs="*", default=[], help=f"of the {side} set(s)"
            )
    parser.add_argument("--levels", type=Path, nargs="*", default=[], help="levels, for a pool")
    parser.add_argument("--trials", type=Path, nargs="*", default=[], help="table of trials")
    parser.add_argument("--cells", type=Path, required=True, help="folder of the cells")
    parser.add_argument("--output", type=Path, required=True, help="table of scores")
    args = parser.parse_args()
    set_threads(args.threads)
    device = pick_device(args.device)
    train = _source(args, args.train_features, args.train_indices, args.train_manifests)
    tests = [
        (
            args.spec.dataset,
            _source(args, args.test_features, args.test_indices, args.test_manifests),
        )
    ]
    others = zip(args.other_features, args.other_indices, args.other_manifests, strict=True)
    for name, files in zip(args.spec.test_sets, others, strict=True):
        tests.append((name, _source(args, *([path] for path in files))))
    # It deletes classifiers that it does not keep, which another job at the same cells would miss.
    locked = lock.hold(args.cells.with_name(f".{args.cells.name}.lock"), what="these probes")
    with locked, limit_blas(args.threads):
        scores = fit(
            args.spec,
            args.cells,
            job_models(args.spec, train, device),
            train=train,
            tests=tests,
            trials=read_parquet(args.trials[0]) if args.trials else None,
            code=rule_code("fit_probes", KINDS.module(args.spec.kind)),
            device=device,
        )
    write_parquet(scores, args.output)


def _source(
    args: Namespace, features: list[Path], indices: list[Path], manifests: list[Path]
) -> TableSource:
    levels = read_levels(args.levels[0]) if args.levels else None
    spec = args.spec
    return TableSource(features, indices, manifests, spec.normalize, spec.group, levels)


if __name__ == "__main__":
    cli.run(main)
