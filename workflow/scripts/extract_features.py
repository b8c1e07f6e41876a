"""Encode the images of a manifest, or one shard of them, into a feature array and its index.

Without `--shard`, the shards that other jobs made are joined, if there are several. With `--take`,
a job that encoded for several encoders has handed over what is to be made.
"""

import argparse
from pathlib import Path

from cogworks.core import cli
from cogworks.core.codehash import rule_code
from cogworks.core.device import pick_device, set_threads
from cogworks.core.files import write_text
from cogworks.encoders.extract import extract
from cogworks.encoders.handover import remove, take
from cogworks.encoders.merge import merge
from cogworks.encoders.shards import SCRIPT, Note, made_of, note_path, note_text, shard_paths
from cogworks.encoders.specs import EncoderSpec
from cogworks.images.manifest import read_manifest


def main() -> int:
    parser = cli.parser(__doc__, spec=EncoderSpec)
    parser.add_argument("--manifest", type=Path, required=True, help="images to encode")
    parser.add_argument("--features", type=Path, required=True, help="the .npy to write")
    parser.add_argument("--index", type=Path, required=True, help="the index to write")
    parser.add_argument("--shard", type=int, help="which shard to make, from 0")
    parser.add_argument("--shards", type=cli.positive, default=1, help="how many there are")
    parser.add_argument("--company", default="none", help="encoders that it was to be encoded with")
    parser.add_argument("--take", type=int, default=0, help="1: another job has encoded")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs to use where several are visible")
    parser.add_argument("--online", type=int, default=0, help="1: weights may be fetched")
    args = parser.parse_args()
    of = made_of(args.spec, rule_code(SCRIPT))
    if args.shard is None and args.shards > 1:
        parts = [(Path(a), Path(b)) for a, b in shard_paths(args.features, args.shards)]
        merge(parts, npy=args.features, index=args.index)
    elif args.take:
        take(args.features, args.index, of=of, manifest=read_manifest(args.manifest).digest)
    elif not encode(args):
        return 1
    remove(args.features)  # left of other images, or of another encoder under this name
    if args.shard is None:
        note = Note(args.shards, None if args.company == "none" else args.company)
        write_text(note_text(note, of), note_path(args.features))
    return 0


def encode(args: argparse.Namespace) -> bool:
    """Encode all images or those of one shard; return whether all is done."""
    set_threads(args.threads)
    return extract(
        read_manifest(args.manifest),
        args.spec,
        npy=args.features,
        index=args.index,
        device=pick_device(args.device),
        gpus=args.gpus,
        threads=args.threads,
        shard=args.shard or 0,
        shards=args.shards,
        online=bool(args.online),
    )


if __name__ == "__main__":
    cli.run(main)
