"""Encode the images of a manifest, or one shard of them, into a feature array and its index."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.encoders.extract import extract
from cogworks.images.manifest import read_manifest


def main() -> int:
    parser = cli.parser(__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="the .npy to write")
    parser.add_argument("--index", type=Path, required=True, help="the index to write")
    parser.add_argument("--shard", type=int, default=0, help="which shard to make, from 0")
    parser.add_argument("--shards", type=cli.positive, default=1, help="how many there are")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs to use where several are visible")
    parser.add_argument("--online", type=int, default=0, help="1: weights may be fetched")
    args = parser.parse_args()
    set_threads(args.threads)
    finished = extract(
        read_manifest(args.manifest),
        args.spec,
        npy=args.features,
        index=args.index,
        device=pick_device(args.device),
        gpus=args.gpus,
        threads=args.threads,
        shard=args.shard,
        shards=args.shards,
        online=bool(args.online),
    )
    return 0 if finished else 1


if __name__ == "__main__":
    cli.run(main)
