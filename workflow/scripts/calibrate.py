"""Measure what a unit of some work takes on this machine, for `estimate`; writes JSON."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import write_json
from cogworks.estimates.measure import measure
from cogworks.estimates.specs import read


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--spec", type=read, required=True, help="what is measured")
    parser.add_argument("--output", type=Path, required=True, help="JSON to write")
    args = parser.parse_args()
    found = measure(args.spec, threads=args.threads, device=args.device)
    write_json(found.model_dump(), args.output)


if __name__ == "__main__":
    cli.run(main)
