"""Draw a figure: SVG, PNG."""

import argparse
from pathlib import Path

from cogworks.core import cli
from cogworks.report.drawing.files import save
from cogworks.report.exhibits import EXHIBITS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=list(EXHIBITS), required=True, help="kind of exhibit")
    parser.add_argument("--spec", required=True, help="the rule's spec: JSON")
    parser.add_argument("--caveat", default="", help="what every file has to say of the numbers")
    parser.add_argument("--output", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    kind = EXHIBITS.load(args.kind)
    spec = kind.spec.read(args.spec)
    save(kind.make(spec), args.output, caveat=args.caveat)


if __name__ == "__main__":
    cli.run(main)
