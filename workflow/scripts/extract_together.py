"""Encode the images of a manifest, or one shard of them, with several encoders from one decoding.

The features are handed over to the encoders' own jobs. An encoder that fails is told and left to
its own job, unless all do.
"""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.device import pick_device, set_threads
from cogworks.encoders.company import encode_together
from cogworks.encoders.extract import Extraction
from cogworks.encoders.together import Members, members_path
from cogworks.images.manifest import read_manifest


def main() -> int:
    parser = cli.parser(__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="images to encode")
    parser.add_argument(
        "--record", type=Path, required=True, help="JSON to write, beside the list of encoders"
    )
    parser.add_argument("--shard", type=int, default=0, help="which shard to make, from 0")
    parser.add_argument("--shards", type=cli.positive, default=1, help="how many there are")
    parser.add_argument("--at-once", type=cli.positive, default=1, help="encoders held at once")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs to use where several are visible")
    parser.add_argument("--online", type=int, default=0, help="1: weights may be fetched")
    args = parser.parse_args()
    listed = members_path(args.record)
    members = Members.read(listed.read_text(encoding="utf-8"), name=str(listed)).members
    set_threads(args.threads)
    extraction = Extraction(
        read_manifest(args.manifest),
        pick_device(args.device),
        gpus=args.gpus,
        threads=args.threads,
        shard=args.shard,
        shards=args.shards,
        online=bool(args.online),
    )
    done = encode_together(members, extraction, at_once=args.at_once, record=args.record)
    return 0 if done else 1


if __name__ == "__main__":
    cli.run(main)
