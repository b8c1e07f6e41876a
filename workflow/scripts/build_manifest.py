"""Choose the images of a data set and write its manifests, one for each split."""

from pathlib import Path

from cogworks.core import cli
from cogworks.images.build import build_manifests
from cogworks.images.classes import read_classes
from cogworks.images.specs import ManifestSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=ManifestSpec)
    parser.add_argument("--classes", type=Path, required=True, help="class table")
    for split in ("train", "val", "test"):
        parser.add_argument(f"--{split}", type=Path, required=True, help=f"{split} manifest")
    parser.add_argument(
        "--online", type=int, choices=[0, 1], default=0, help="1 lets torchvision download"
    )
    parser.add_argument(
        "--verify", type=int, choices=[0, 1], default=0, help="1 decodes every image"
    )
    parser.add_argument(
        "--indices",
        type=Path,
        nargs="*",
        default=[],
        help="tables of the source's images, if they were listed before",
    )
    args = parser.parse_args()
    outputs = {"train": args.train, "val": args.val, "test": args.test}
    wnids = list(read_classes(args.classes)["wnid"])
    build_manifests(
        args.spec,
        wnids,
        outputs,
        threads=args.threads,
        verify=bool(args.verify),
        online=bool(args.online),
        indices=args.indices,
    )


if __name__ == "__main__":
    cli.run(main)
