"""Seeds and orders that depend only on names, never on the number of workers or shards."""

import hashlib
from collections.abc import Iterable


def derive_seed(*parts: object) -> int:
    """Return a 63-bit seed, a function of the textual `parts` alone.

    The parts are joined with a separator that no name holds, so ("a", "bc") and ("ab", "c") differ.
    """
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def shuffle_by_hash(keys: Iterable[str], *parts: object) -> list[str]:
    """Return `keys` in the order of a hash of (parts, key).

    The first n form a subset that is stable when other keys are added or removed: a new key can
    only push out one old key for the place that it takes.
    """
    return sorted(keys, key=lambda key: (derive_seed(*parts, key), key))
