"""Seeds and orders that depend on names alone, never on the number of workers or shards."""

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

    Taking the first n draws a subset that stays stable when other keys come or go: a new key can
    only push out one old key for each place that it takes itself.
    """
    return sorted(keys, key=lambda key: (derive_seed(*parts, key), key))
