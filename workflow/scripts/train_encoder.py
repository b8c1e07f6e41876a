"""Train an encoder on a manifest's images: weights, their spec, metrics and classifier.

An interrupted training (exit status 75) continues where it stopped."""

import sys
from pathlib import Path

from cogworks.core import cli
from cogworks.core.interrupt import ignore_stop_signals
from cogworks.training.launch import launch, launched, stopped_status
from cogworks.training.specs import TrainSpec


def main() -> int:
    parser = cli.parser(__doc__, spec=TrainSpec)
    parser.add_argument("--manifest", type=Path, required=True, help="training images")
    parser.add_argument("--validation", type=Path, nargs="?", help="validation images")
    parser.add_argument("--start", type=Path, nargs="?", help="weights to start from")
    parser.add_argument("--folder", type=Path, required=True, help="where the results go")
    parser.add_argument("--state", type=Path, required=True, help="folder of the resumable state")
    parser.add_argument("--workers", type=int, default=-1, help="loader processes; -1 chooses")
    parser.add_argument("--cache-mb", type=int, default=1000, help="decoded images kept, in MB")
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=15.0, help="between checkpoints"
    )
    parser.add_argument(
        "--scratch", nargs="?", const="", default="", help="a folder for a copy of the images"
    )
    parser.add_argument("--processes", type=cli.positive, default=1, help="on each node")
    parser.add_argument("--nodes", type=cli.positive, default=1, help="of a Slurm job")
    args = parser.parse_args()
    if args.processes * args.nodes > 1 and not launched():
        return launch(
            sys.argv,
            processes=args.processes,
            nodes=args.nodes,
            threads=args.threads,
            state=args.state,
        )
    # Not at the top: a process that only starts others does not need torch.
    from cogworks.training.run import Files, Options, train

    options = Options(
        device=args.device,
        threads=args.threads,
        workers=args.workers,
        cache_mb=args.cache_mb,
        checkpoint_minutes=args.checkpoint_minutes,
        scratch=args.scratch,
    )
    files = Files(args.manifest, args.validation, args.folder, args.state, args.start)
    finished = train(args.spec, files, options)
    # Everything is on disk: a signal now would only turn success into failure.
    ignore_stop_signals()
    if finished:
        return 0
    print("stopped by a signal; run the same command again to go on", file=sys.stderr)
    return stopped_status()


if __name__ == "__main__":
    cli.run(main)
