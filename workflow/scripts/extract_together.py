"""Encode the images of a manifest, or one shard of them, with several encoders from one decoding.

The features are handed over to the encoders' own jobs. An encoder that fails is told and left to
its own job, unless all do.
"""

import argparse
import sys
import traceback
from functools import partial
from pathlib import Path

from cogworks.core import cli
from cogworks.core.codehash import rule_code
from cogworks.core.device import pick_device, set_threads
from cogworks.core.errors import InputError
from cogworks.core.files import write_json
from cogworks.encoders.extract import Extraction, Wanted
from cogworks.encoders.handover import files, is_done, sign
from cogworks.encoders.shards import SCRIPT, made_of
from cogworks.encoders.together import Member, Members, members_path
from cogworks.images.manifest import read_manifest


def main() -> int:
    parser = cli.parser(__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True, help="to write; beside the list")
    parser.add_argument("--shard", type=int, default=0, help="which shard to make, from 0")
    parser.add_argument("--shards", type=cli.positive, default=1, help="how many there are")
    parser.add_argument("--at-once", type=cli.positive, default=1, help="encoders held at once")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs to use where several are visible")
    parser.add_argument("--online", type=int, default=0, help="1: weights may be fetched")
    args = parser.parse_args()
    members = listed(members_path(args.record))
    extraction = extraction_of(args)
    if not encode(members, extraction, args.at_once):
        return 1
    tell(extraction.failed, everyone=len(members))
    write_json({member.encoder.name: of(member) for member in members}, args.record)
    return 0


def listed(path: Path) -> list[Member]:
    return Members.read(path.read_text(encoding="utf-8"), name=str(path)).members


def extraction_of(args: argparse.Namespace) -> Extraction:
    set_threads(args.threads)
    return Extraction(
        read_manifest(args.manifest),
        pick_device(args.device),
        gpus=args.gpus,
        threads=args.threads,
        shard=args.shard,
        shards=args.shards,
        online=bool(args.online),
    )


def encode(members: list[Member], extraction: Extraction, at_once: int) -> bool:
    """Encode with so many at once, until all are done; return False where a signal came."""
    digest = extraction.manifest.digest
    left = [m for m in members if not is_done(Path(m.features), of=of(m), manifest=digest)]
    passes = (left[first : first + at_once] for first in range(0, len(left), at_once))
    return all(extraction.run([wanted(member, digest) for member in few]) for few in passes)


def wanted(member: Member, manifest: str) -> Wanted:
    features = Path(member.features)
    signed = partial(sign, features, of=of(member), manifest=manifest)
    return Wanted(member.encoder, *files(features), features.with_suffix(".work"), signed)


def of(member: Member) -> str:
    return made_of(member.encoder, rule_code(SCRIPT))


def tell(failed: dict[str, Exception], *, everyone: int) -> None:
    """Tell what failed; if all did, in an error."""
    for name, error in failed.items():
        if len(failed) == everyone:
            raise error
        print(f"encoder {name} failed and is left to its own job: {error}", file=sys.stderr)
        if not isinstance(error, InputError):
            traceback.print_exception(error)


if __name__ == "__main__":
    cli.run(main)
