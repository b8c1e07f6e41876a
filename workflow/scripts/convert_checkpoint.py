"""Convert a pickled checkpoint to safetensors without running any code that the pickle names."""

from pathlib import Path

from cogworks.core import cli
from cogworks.networks.convert import convert


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--input", type=Path, required=True, help="a pickled checkpoint")
    parser.add_argument("--output", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument(
        "--container",
        default=".",
        help="entry that holds the weights, such as state_dict, or a whole module",
    )
    args = parser.parse_args()
    state = convert(args.input, args.output, container=args.container)
    print(f"{args.output}: {len(state)} tensors, {sum(t.numel() for t in state.values())} numbers")


if __name__ == "__main__":
    cli.run(main)
