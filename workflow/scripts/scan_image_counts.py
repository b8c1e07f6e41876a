"""Add up the images of each class in tables, those of folders' indices too, and packs."""

from pathlib import Path

from cogworks.concepts.counts import add_counts, write_counts
from cogworks.concepts.specs import ScanSpec
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__, spec=ScanSpec)
    parser.add_argument("--output", type=Path, required=True, help="CSV to write: wnid,images")
    args = parser.parse_args()
    key = f"concepts.{args.spec.benchmark}.image_counts"
    counts = add_counts(args.spec.sources, key=key)
    write_counts(counts, args.output)
    print(f"{len(counts)} classes, {sum(counts.values())} images")


if __name__ == "__main__":
    cli.run(main)
