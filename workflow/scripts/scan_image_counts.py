"""Count the images of each class in ImageNet folders (class folders or tar archives) and packs."""

from pathlib import Path

from cogworks.concepts.counts import scan_sources, write_counts
from cogworks.concepts.specs import ScanSpec
from cogworks.core import cli


def main() -> None:
    parser = cli.parser(__doc__, spec=ScanSpec)
    parser.add_argument("--output", type=Path, required=True, help="CSV: wnid,images")
    args = parser.parse_args()
    key = f"concepts.{args.spec.benchmark}.image_counts"
    counts = scan_sources(args.spec.sources, threads=args.threads, key=key)
    write_counts(counts, args.output)
    print(f"{len(counts)} classes, {sum(counts.values())} images")


if __name__ == "__main__":
    cli.run(main)
