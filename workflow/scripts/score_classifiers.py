"""Score the classifier that an encoder was trained with, on test features.

Writes one row per test set; predictions are in the folder of cells.
"""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.codehash import rule_code
from cogworks.core.device import pick_device, set_threads
from cogworks.core.files import write_parquet
from cogworks.probes.fit import fit
from cogworks.probes.kinds import KINDS
from cogworks.probes.kinds.classifier import OwnFit
from cogworks.probes.own import own_classifier
from cogworks.probes.table import TableSource


def main() -> None:
    parser = cli.parser(__doc__, spec=OwnFit)
    for part in ("features", "indices", "manifests"):
        parser.add_argument(
            f"--{part}", type=Path, nargs="+", required=True, help="of each test set, own first"
        )
    parser.add_argument("--cells", type=Path, required=True, help="folder of the cells")
    parser.add_argument("--output", type=Path, required=True, help="table of scores")
    args = parser.parse_args()
    set_threads(args.threads)
    names = [args.spec.dataset, *args.spec.test_sets]
    files = zip(args.features, args.indices, args.manifests, strict=True)
    tests = [
        (name, TableSource([features], [index], [manifest], normalize=False))
        for name, (features, index, manifest) in zip(names, files, strict=True)
    ]
    classifier = own_classifier(args.spec.classifier)
    scores = fit(
        args.spec,
        args.cells,
        classifier,
        train=None,
        tests=tests,
        trials=None,
        code=rule_code("score_classifiers", KINDS.module(args.spec.kind), *classifier.entries),
        device=pick_device(args.device),
    )
    write_parquet(scores, args.output)


if __name__ == "__main__":
    cli.run(main)
