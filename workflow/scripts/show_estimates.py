"""Print what all clones will cost, one line each and their sum."""

from pathlib import Path

from cogworks.core import cli
from cogworks.synthesis.estimates import summary


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("estimates", type=Path, nargs="*", help="estimates of clones")
    print(summary(parser.parse_args().estimates))


if __name__ == "__main__":
    cli.run(main)
