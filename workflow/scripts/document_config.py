"""Write the config's documentation and its JSON schema, or check that both follow its classes."""

import argparse
import sys
from pathlib import Path

from cogworks.config.document import document, editor_schema
from cogworks.core import cli
from cogworks.core.files import write_text
from cogworks.plan import recipes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where README.md and schema.json are")
    parser.add_argument("--check", action="store_true", help="exit 1 if one is out of date")
    args = parser.parse_args()
    texts = {"README.md": document(recipes.tables()), "schema.json": editor_schema()}
    for name, text in texts.items():
        path = args.folder / name
        if not args.check:
            write_text(text, path)
        elif path.read_text(encoding="utf-8") != text:
            print(f"error: {path} is out of date: run `make docs`", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    cli.run(main)
