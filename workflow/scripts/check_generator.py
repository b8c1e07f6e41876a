"""Load a generator strictly, and write the marker that says where it is and what is in it."""

from pathlib import Path

from cogworks.core import cli
from cogworks.synthesis.given import check_given
from cogworks.synthesis.specs import GivenSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=GivenSpec)
    parser.add_argument("--online", type=int, choices=[0, 1], default=0, help="may fetch it")
    parser.add_argument("--output", type=Path, required=True, help="marker to write")
    args = parser.parse_args()
    check_given(args.spec, online=bool(args.online), output=args.output)


if __name__ == "__main__":
    cli.run(main)
