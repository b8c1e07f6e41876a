"""Canonical text of a slice of the config.

Snakemake compares params as a set without names, and the order of dict keys counts there. One
canonical JSON string per rule makes every change visible and no mere reordering stale.
"""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return `value` as JSON with sorted keys; non-finite numbers raise ValueError."""
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the SHA-256 (hex) of the canonical text of `value`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
