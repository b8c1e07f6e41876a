"""The encoders of a company, from one decoding: see `together`."""

import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cogworks.core.codehash import rule_code
from cogworks.core.errors import InputError
from cogworks.core.files import write_json
from cogworks.encoders.extract import Extraction, Wanted
from cogworks.encoders.handover import files, is_done, sign
from cogworks.encoders.shards import SCRIPT, made_of
from cogworks.encoders.together import Member


def encode_together(
    members: Sequence[Member], extraction: Extraction, *, at_once: int, record: Path
) -> bool:
    """Hand each encoder its features over, and write down who was encoded.

    One that fails is told and left to its own job.

    Args:
        members: the encoders; those whose features are handed over already are left out.
        extraction: the images, and what encodes them.
        at_once: how many are in memory at once; others go through the images after them.
        record: the record to write.

    Returns:
        Whether all is done: False where a signal stopped it; call again to go on.

    Raises:
        CorruptImageError, InputError: see `Extraction.run`.
        Exception: of the first one, if all have failed.
    """
    manifest = extraction.manifest.digest
    left = [
        member
        for member in members
        if not is_done(Path(member.features), of=_of(member), manifest=manifest)
    ]
    for first in range(0, len(left), at_once):
        if not extraction.run([_wanted(one, manifest) for one in left[first : first + at_once]]):
            return False
    _tell(extraction.failed, everyone=len(members))
    write_json({member.encoder.name: _of(member) for member in members}, record)
    return True


def _wanted(member: Member, manifest: str) -> Wanted:
    features = Path(member.features)
    signed = partial(sign, features, of=_of(member), manifest=manifest)
    return Wanted(member.encoder, *files(features), features.with_suffix(".work"), signed)


def _of(member: Member) -> str:
    return made_of(member.encoder, rule_code(SCRIPT))


def _tell(failed: dict[str, Exception], *, everyone: int) -> None:
    for name, error in failed.items():
        if len(failed) == everyone:
            raise error
        print(f"encoder {name} failed and is left to its own job: {error}", file=sys.stderr)
        if not isinstance(error, InputError):
            traceback.print_exception(error)
