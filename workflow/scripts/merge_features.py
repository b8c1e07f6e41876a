"""Join the shards of a feature array into the file that one job would have written."""

from pathlib import Path

from cogworks.core import cli
from cogworks.encoders.merge import merge


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--parts", type=Path, nargs="+", required=True, help="the shards' arrays")
    parser.add_argument("--indices", type=Path, nargs="+", required=True, help="their indices")
    parser.add_argument("--features", type=Path, required=True, help="the .npy to write")
    parser.add_argument("--index", type=Path, required=True, help="the index to write")
    args = parser.parse_args()
    parts = list(zip(args.parts, args.indices, strict=True))
    merge(parts, npy=args.features, index=args.index)


if __name__ == "__main__":
    cli.run(main)
