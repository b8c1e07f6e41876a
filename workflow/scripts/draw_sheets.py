"""Draw a contact sheet for each class: the real images beside each clone's."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.synthesis.sheets import open_sources, write_sheets
from cogworks.synthesis.specs import SheetSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=SheetSpec)
    parser.add_argument("--real", type=Path, required=True, help="manifest of the real images")
    parser.add_argument("--clones", type=Path, nargs="+", required=True, help="clones' manifests")
    parser.add_argument("--classes", type=Path, required=True, help="class table with names")
    parser.add_argument("--folder", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--overview", type=Path, required=True, help="picture to write")
    parser.add_argument("--output", type=Path, required=True, help="list of the sheets to write")
    args = parser.parse_args()
    captions = zip(args.spec.captions, args.clones, strict=True)
    write_sheets(
        open_sources(args.real, list(captions)),
        read_parquet(args.classes, columns=["name"])["name"].tolist(),
        count=args.spec.images,
        size=args.spec.size,
        folder=args.folder,
        overview=args.overview,
        marker=args.output,
    )


if __name__ == "__main__":
    cli.run(main)
