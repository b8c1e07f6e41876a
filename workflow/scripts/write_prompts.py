"""Write the prompts of a clone, and the number of images that each class should have."""

from pathlib import Path

from cogworks.core import cli
from cogworks.synthesis.generator import read_marker
from cogworks.synthesis.specs import PromptSpec
from cogworks.synthesis.tables import write_tables


def main() -> None:
    parser = cli.parser(__doc__, spec=PromptSpec)
    parser.add_argument("--source", type=Path, required=True, help="training manifest or wnids")
    parser.add_argument("--generator", type=Path, required=True, help="the generator's marker")
    parser.add_argument("--prompts", type=Path, required=True, help="table to write")
    parser.add_argument("--classes", type=Path, required=True, help="table to write")
    args = parser.parse_args()
    write_tables(
        args.spec,
        source=args.source,
        generator=read_marker(args.generator).folder,
        prompts=args.prompts,
        classes=args.classes,
    )


if __name__ == "__main__":
    cli.run(main)
