"""Draw a contact sheet of a data set, or of a family level by level, as a PNG."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import atomic
from cogworks.images.classes import read_classes
from cogworks.images.contact_sheet import contact_sheet
from cogworks.images.manifest import read_manifest


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--classes", type=Path, nargs="+", required=True, help="class tables")
    parser.add_argument("--train", type=Path, nargs="+", required=True, help="train manifests")
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="test manifests")
    parser.add_argument("--output", type=Path, required=True, help="the PNG to write")
    args = parser.parse_args()
    tables = [read_classes(path) for path in args.classes]
    names = {
        wnid: name for table in tables for wnid, name in zip(table.wnid, table.name, strict=True)
    }
    pairs = zip(args.train, args.test, strict=True)
    sheet = contact_sheet([[read_manifest(path) for path in pair] for pair in pairs], names)
    with atomic(args.output) as partial:
        sheet.save(partial)


if __name__ == "__main__":
    cli.run(main)
