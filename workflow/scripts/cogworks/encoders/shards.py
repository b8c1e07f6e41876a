"""What finished features were made with, where that changes no byte of them: shards and company.

Shards are inputs of the rule that joins them, and the record of a company (see `together`) is one
of the rule of each of its encoders. Another number of shards, or another company, would make
finished features anew, for the same bytes. So features come with a note, and keep what it says for
as long as their spec and code stay the same.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import json
from pathlib import Path
from typing import NamedTuple

from cogworks.core.spec import digest
from cogworks.encoders.specs import EncoderSpec

# The rule whose code makes features, whichever job runs it.
SCRIPT = "extract_features"


class Note(NamedTuple):
    """What features were made with.

    Attributes:
        shards: among how many jobs the images were divided.
        company: in which company they were encoded; None alone.
    """

    shards: int
    company: str | None


def shard_paths(features: str | Path, shards: int) -> list[tuple[str, str]]:
    """Return the array and the index of each shard of a feature array, in order."""
    stem = str(features).removesuffix(".npy")
    names = [f"{stem}.shards/{shard}-of-{shards}" for shard in range(shards)]
    return [(f"{name}.npy", f"{name}.parquet") for name in names]


def note_path(features: str | Path) -> Path:
    """Return where the note on a feature array is."""
    return Path(features).with_suffix(".shards.json")


def made_of(spec: EncoderSpec, code: str) -> str:
    """Return what names all that features are made of besides images.

    Args:
        spec: the encoder.
        code: digest of the code that encodes.
    """
    return digest([spec.text, code])


def note_text(note: Note, of: str) -> str:
    """Return the text of the note on features, given what they are made of (see `made_of`)."""
    return json.dumps(note._asdict() | {"of": of}) + "\n"


def noted(features: str | Path, of: str) -> Note | None:
    """Return what the note on features says; None where there are none, or of something else."""
    try:
        found = json.loads(note_path(features).read_text(encoding="utf-8"))
        # Notes of earlier versions know of no company.
        note = Note(int(found["shards"]), found.get("company"))
        same = found["of"] == of
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return note if same and Path(features).is_file() else None
