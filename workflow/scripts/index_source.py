"""List the images of a source that mixes its classes, once for all data sets: a table."""

from pathlib import Path

from cogworks.core import cli
from cogworks.images.source_index import SourceIndex, index_images
from cogworks.images.sources.scan import list_images
from cogworks.images.specs import SourceSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=SourceSpec)
    parser.add_argument("--output", type=Path, required=True, help="Parquet: a row an image")
    args = parser.parse_args()
    index_images(list_images(args.spec.source, None, threads=args.threads), args.output)
    counts = SourceIndex(args.output).counts
    print(f"{len(counts)} classes, {sum(counts.values())} images")


if __name__ == "__main__":
    cli.run(main)
