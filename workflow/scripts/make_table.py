"""Make a table: Parquet, CSV, Markdown, LaTeX."""

import argparse
from dataclasses import replace
from pathlib import Path

from cogworks.core import cli
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.formats import write_formats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=list(EXHIBITS), required=True, help="kind of exhibit")
    parser.add_argument("--spec", required=True, help="the rule's spec: JSON")
    parser.add_argument("--caveat", default="", help="what every file has to say of the numbers")
    parser.add_argument("--output", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    kind = EXHIBITS.load(args.kind)
    spec = kind.spec.read(args.spec)
    write_formats(replace(kind.make(spec), caveat=args.caveat), args.output)


if __name__ == "__main__":
    cli.run(main)
