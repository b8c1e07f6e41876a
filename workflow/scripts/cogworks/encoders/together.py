"""Companies: encoders that take the same pixels and share one decoding; how their jobs meet.

One job (`extract_together`) decodes the images once, encodes them with every member, and hands each
its finished features over. The member's own job takes them by renaming them, and is the only one
that makes the feature files. So a member that fails, or comes later, concerns no other one.

    results/features/together/DATASET/SPLIT/PIXELS/NUMBER/
        0-of-1.members   who is to be encoded: written by the run that starts the job
        0-of-1.json      who was, and made of what: the job's output
    results/features/ENCODER/DATASET/SPLIT.shared/
        features.npy, features.parquet, made.json    handed over, and of what; the last is written
                                                     last

PIXELS stands for what the members have in common. A record never changes: encoders that come later,
or are made of something else by then, form the company of the next NUMBER.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.core.spec import Spec
from cogworks.encoders.specs import EncoderSpec

FOLDER = "results/features/together"


class Member(Spec):
    """An encoder of a company, and the feature array that its own job makes."""

    encoder: EncoderSpec
    features: str


class Members(Spec):
    """The encoders that a job encodes together."""

    members: list[Member]


class Known(NamedTuple):
    """The companies that there were, of some pixels on a split.

    Attributes:
        last: of each encoder, the number of its last one, and what it was made of then.
        free: the number of the next one.
    """

    last: dict[str, tuple[int, str]]
    free: int


def record_path(dataset: str, split: str, company: str, shard: int = 0, shards: int = 1) -> str:
    """Return the record of a company (`PIXELS/NUMBER`), or of one of its shards."""
    return f"{FOLDER}/{dataset}/{split}/{company}/{shard}-of-{shards}.json"


def members_path(record: str | Path) -> Path:
    """Return the list of those who are to be encoded."""
    return Path(record).with_suffix(".members")


def known(dataset: str, split: str, pixels: str) -> Known:
    """Return the companies whose job has ended, also that of one of their shards."""
    found: dict[str, tuple[int, str]] = {}
    records = Path(FOLDER, dataset, split, pixels).glob("*/*.json")
    numbered = sorted((int(p.parent.name), p) for p in records if p.parent.name.isdigit())
    for number, path in numbered:
        found |= {name: (number, of) for name, of in _read(path).items()}
    return Known(found, numbered[-1][0] + 1 if numbered else 0)


def handover(features: str | Path) -> Path:
    """Return the folder in which a feature array is handed over."""
    return Path(features).with_suffix(".shared")


def handed(features: str | Path) -> dict[str, Any]:
    """Return what was handed over as a feature array: `of`, `manifest`; empty where nothing was."""
    return _read(handover(features) / "made.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
