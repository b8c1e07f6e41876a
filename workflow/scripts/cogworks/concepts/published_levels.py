"""Levels as others publish them, and those of ImageNet-CoG (thesis 3.3.3)."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from cogworks.concepts.synset_tables import WNID
from cogworks.core.errors import InputError
from cogworks.core.plain_data import read_plain, texts_of

# SHA-256 of the sorted wnids of each level -> its number.
_COG = {
    "4807aaff7abf6707": 1,
    "1020fdf6abf5a43b": 2,
    "74945b88f4385980": 3,
    "7be323bb857c54f6": 4,
    "3c2a5f490813724d": 5,
}


def cog_level(wnids: Sequence[str]) -> int | None:
    """Return which level of ImageNet-CoG some concepts are; None if they are none of them."""
    text = "\n".join(sorted(wnids))
    return _COG.get(hashlib.sha256(text.encode()).hexdigest()[:16])


def read_levels(path: str, *, count: int, size: int) -> list[list[str]]:
    """Return the wnids of each level of a file, nearest level first.

    Args:
        path: a pickle, such as ImageNet-CoG's `cog_levels_mapping_file.pkl`, or JSON: a list of
            wnids for each level.
        count, size: how many levels of how many concepts are expected.

    Raises:
        InputError: the file has another form or other numbers, or names a concept twice.
    """
    content = read_plain(path)
    if not hasattr(content, "__iter__") or isinstance(content, str | dict):
        raise InputError(f"{path}: expected a list of levels, got {type(content).__name__}")
    levels = [
        texts_of(level, f"{path}, level {number}") for number, level in enumerate(content, start=1)
    ]
    sizes = [len(level) for level in levels]
    if sizes != [size] * count:
        raise InputError(
            f"{path}: expected {count} levels of {size} concepts (levels.count, levels.size), got "
            f"{len(levels)} of {', '.join(map(str, sizes))}"
        )
    occurs = Counter(wnid for level in levels for wnid in level)
    if odd := [wnid for wnid in occurs if not WNID.fullmatch(wnid)]:
        raise InputError(f"{path}: {odd[0]!r} is not a wnid, such as n02124075")
    if twice := sorted(wnid for wnid, times in occurs.items() if times > 1):
        raise InputError(f"{path}: {len(twice)} concepts are in it twice, such as {twice[0]}")
    return levels
