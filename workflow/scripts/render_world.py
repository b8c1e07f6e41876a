"""Draw a data set of the procedural world into a Parquet pack (columns id, wnid, image)."""

from pathlib import Path

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core import cli
from cogworks.images.classes import read_classes
from cogworks.images.specs import WorldSpec
from cogworks.images.world.hierarchy import Hierarchy
from cogworks.images.world.pack import write_pack


def main() -> None:
    parser = cli.parser(__doc__, spec=WorldSpec)
    parser.add_argument("--classes", type=Path, required=True, help="class table")
    parser.add_argument("--output", type=Path, required=True, help="the pack to write")
    args = parser.parse_args()
    hierarchy = Hierarchy(open_wordnet(args.spec.wordnet))
    wnids = list(read_classes(args.classes)["wnid"])
    write_pack(args.spec, wnids, args.output, hierarchy=hierarchy, workers=args.threads)


if __name__ == "__main__":
    cli.run(main)
