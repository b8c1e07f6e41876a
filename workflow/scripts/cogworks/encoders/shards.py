"""Among how many jobs features are divided: what the config says, or what finished ones were.

The shards are inputs of the rule that joins them, so another number of them would make finished
features anew, for the same bytes. So features come with a note on how many shards they had, and
keep that number for as long as their spec and code stay the same.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import json
from pathlib import Path

from cogworks.core.spec import digest
from cogworks.encoders.specs import EncoderSpec


def shard_paths(features: str | Path, shards: int) -> list[tuple[str, str]]:
    """Return the array and the index of each shard of a feature array, in order."""
    stem = str(features).removesuffix(".npy")
    names = [f"{stem}.shards/{shard}-of-{shards}" for shard in range(shards)]
    return [(f"{name}.npy", f"{name}.parquet") for name in names]


def note_path(features: str | Path) -> Path:
    """Return where the note on the shards of a feature array is."""
    return Path(features).with_suffix(".shards.json")


def note_text(shards: int, spec: EncoderSpec, code: str) -> str:
    """Return the text of the note on features made with this number of shards.

    Args:
        shards: among how many jobs the images were divided.
        spec: the encoder.
        code: digest of the code that encodes.
    """
    return json.dumps({"shards": shards, "of": digest([spec.text, code])}) + "\n"


def noted(features: str | Path, spec: EncoderSpec, code: str) -> int | None:
    """Return how many shards features had; None where they are not there, or are made of other."""
    try:
        note = json.loads(note_path(features).read_text(encoding="utf-8"))
        shards, made_of = int(note["shards"]), note["of"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return shards if made_of == digest([spec.text, code]) and Path(features).is_file() else None
