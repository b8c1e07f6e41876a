"""List the images of a folder of classes (folders or tar archives named by wnid): two tables."""

from pathlib import Path

from cogworks.core import cli
from cogworks.images.folder_index import index_folder
from cogworks.images.specs import FolderSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=FolderSpec)
    parser.add_argument("--index", type=Path, required=True, help="Parquet: a row an image")
    parser.add_argument("--counts", type=Path, required=True, help="CSV: wnid,images")
    args = parser.parse_args()
    counts = index_folder(
        args.spec.folder, index=args.index, counts=args.counts, threads=args.threads
    )
    print(f"{len(counts)} classes, {sum(counts.values())} images")


if __name__ == "__main__":
    cli.run(main)
