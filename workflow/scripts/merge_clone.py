"""Make the shards of a clone one data set: its manifest, and a table of what went wrong."""

from pathlib import Path

from cogworks.core import cli
from cogworks.synthesis.merge import merge
from cogworks.synthesis.specs import MergeSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=MergeSpec)
    parser.add_argument("--n-shards", type=cli.positive, required=True, help="shards of a multiple")
    parser.add_argument("--classes", type=Path, required=True, help="the clone's classes")
    parser.add_argument("--manifest", type=Path, required=True, help="manifest to write")
    parser.add_argument("--quality", type=Path, required=True, help="table to write")
    args = parser.parse_args()
    merge(
        args.spec,
        n_shards=args.n_shards,
        classes=args.classes,
        manifest=args.manifest,
        quality=args.quality,
    )


if __name__ == "__main__":
    cli.run(main)
