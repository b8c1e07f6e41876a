"""How many images a clone has in each class, and which shard draws them (thesis, section 5.5)."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.images.manifest import read_manifest


def class_counts(spec: dict[str, Any], source: str) -> dict[str, int]:
    """Return the number of images to draw of each class, sorted by wnid.

    Args:
        spec: `like` or `classes`, `images_per_class` and `multiple` of a clone.
        source: the training manifest of the data set `like`, or the file `classes`.

    Raises:
        InputError: no class in the source, or a class of `like` that has no image to count.
    """
    real = _like(source) if spec["like"] is not None else dict.fromkeys(_listed(source), 0)
    if not real:
        raise InputError(f"{source}: no class in it")
    if spec["images_per_class"] is not None:
        real = dict.fromkeys(real, spec["images_per_class"])
    empty = [wnid for wnid, count in real.items() if count == 0]
    if empty:
        raise InputError(
            f"{source}: no training image of {', '.join(empty[:5])}, so there is no number to "
            "copy; set images_per_class"
        )
    return {wnid: scaled(real[wnid], spec["multiple"]) for wnid in sorted(real)}


def scaled(count: int, multiple: float) -> int:
    """Return `count` times `multiple`, rounded down, but at least one."""
    # The tiny term undoes binary rounding: 0.1 * 1300 must not end up below 130.
    return max(1, math.floor(count * multiple + 1e-9))


def shard_of(counts: Sequence[int], *, n_shards: int) -> list[int]:
    """Return the shard of each class: whole classes, in order, of about equal numbers of images.

    A class is never divided, since duplicates are looked for within it while it is drawn.
    """
    total, before, shards = sum(counts), 0, []
    for count in counts:
        # Where the middle of the class lies decides.
        shards.append(min(n_shards - 1, (2 * before + count) * n_shards // (2 * total)))
        before += count
    return shards


def _like(path: str) -> dict[str, int]:
    manifest = read_manifest(path)
    found = manifest.frame["wnid"].value_counts()
    return {wnid: int(found.get(wnid, 0)) for wnid in manifest.classes}


def _listed(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as handle:
            wnids = [line.strip() for line in handle if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the classes cannot be read ({error})") from error
    twice = pd.Index(wnids)[pd.Index(wnids).duplicated()]
    if len(twice):
        raise InputError(f"{path}: {twice[0]} is given twice")
    return wnids
