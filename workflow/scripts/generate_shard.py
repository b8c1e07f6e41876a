"""Draw one shard. Stopped by SIGTERM or SIGUSR1, it keeps what it has and exits 143."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.synthesis.job import draw_shard
from cogworks.synthesis.specs import PartSpec

EXIT_STOPPED = 143


def main() -> int:
    parser = cli.parser(__doc__, spec=PartSpec)
    parser.add_argument("--generator", type=Path, required=True, help="the generator's marker")
    parser.add_argument("--prompts", type=Path, required=True, help="table of prompts")
    parser.add_argument("--classes", type=Path, required=True, help="table of classes")
    parser.add_argument("--number", type=int, required=True, help="number of the shard, from 0")
    parser.add_argument("--n-shards", type=cli.positive, required=True, help="shards of a multiple")
    parser.add_argument("--batch-size", type=cli.positive, default=32, help="images a round")
    parser.add_argument("--output", type=Path, required=True, help="tar file to write")
    parser.add_argument("--index", type=Path, required=True, help="table of its samples to write")
    args = parser.parse_args()
    set_threads(args.threads)
    finished = draw_shard(
        spec=args.spec,
        marker=args.generator,
        prompts=args.prompts,
        classes=args.classes,
        number=args.number,
        n_shards=args.n_shards,
        batch_size=args.batch_size,
        device=pick_device(args.device),
        output=args.output,
        index=args.index,
    )
    return 0 if finished else EXIT_STOPPED


if __name__ == "__main__":
    cli.run(main)
