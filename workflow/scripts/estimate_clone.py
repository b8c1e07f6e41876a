"""Estimate what a drawing will cost: images, calls of the denoiser, time of a device, disk."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.synthesis.estimate import write_estimate
from cogworks.synthesis.specs import PartSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=PartSpec)
    parser.add_argument("--generator", type=Path, required=True, help="the generator's marker")
    parser.add_argument("--prompts", type=Path, required=True, help="table of prompts")
    parser.add_argument("--classes", type=Path, required=True, help="table of classes")
    parser.add_argument("--n-shards", type=cli.positive, required=True, help="shards of a multiple")
    parser.add_argument("--output", type=Path, required=True, help="JSON to write")
    args = parser.parse_args()
    set_threads(args.threads)
    write_estimate(
        args.spec,
        marker=args.generator,
        prompts=args.prompts,
        classes=args.classes,
        n_shards=args.n_shards,
        device=pick_device(args.device),
        output=args.output,
    )


if __name__ == "__main__":
    cli.run(main)
