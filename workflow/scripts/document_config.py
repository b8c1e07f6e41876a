"""Write config/README.md from the schema, or check that the file follows it."""

import argparse
import sys
from pathlib import Path

from cogworks.core import cli
from cogworks.core.document import document
from cogworks.core.files import write_text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--output", type=Path, help="write the documentation to this file")
    group.add_argument("--check", type=Path, help="exit 1 where this file does not follow it")
    args = parser.parse_args()
    text = document()
    if args.output:
        write_text(text, args.output)
        return 0
    if args.check.read_text(encoding="utf-8") != text:
        print(f"error: {args.check} does not follow the schema: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    cli.run(main)
