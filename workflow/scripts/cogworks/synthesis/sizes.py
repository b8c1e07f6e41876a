"""How many images a clone has in each class, and which shard draws them (thesis, section 5.5)."""

from collections.abc import Sequence

import numpy as np

from cogworks.concepts.wnid_lists import read_wnids
from cogworks.core.errors import InputError
from cogworks.images.manifest import read_manifest
from cogworks.synthesis.multiples import span, steps_of
from cogworks.synthesis.specs import PromptSpec


def class_counts(spec: PromptSpec, source: str) -> dict[str, int]:
    """Return the number of images of each class at multiple 1, sorted by wnid.

    Args:
        spec: the clone.
        source: the training manifest of the data set `like`, or the file `classes`.

    Raises:
        InputError: no class in the source, a line of `classes` that is not a wnid or occurs twice,
            or a class of `like` that has no image to count.
    """
    if spec.like is not None:
        real = _like(source)
    else:
        real = dict.fromkeys(read_wnids(source, key="classes"), 0)
    if spec.images_per_class is not None:
        real = dict.fromkeys(real, spec.images_per_class)
    empty = [wnid for wnid, count in real.items() if count == 0]
    if empty:
        raise InputError(
            f"{source}: no training image of {', '.join(empty[:5])}, so there is no number to "
            "copy; set images_per_class"
        )
    return {wnid: real[wnid] for wnid in sorted(real)}


def shard_of(counts: Sequence[int], *, n_shards: int) -> list[int]:
    """Return the shard of each class: whole classes, in order, of about equal numbers of images.

    A class is never divided, since duplicates are looked for within it while it is drawn.
    """
    total, before, shards = sum(counts), 0, []
    for count in counts:
        # The middle of the class decides.
        shards.append(min(n_shards - 1, (2 * before + count) * n_shards // (2 * total)))
        before += count
    return shards


def whole_batches(images: int, batch: int) -> int:
    """Return `images` rounded up to whole batches: what is drawn to get that many."""
    return -(-images // batch) * batch


def drawn_images(counts: Sequence[int], multiple: float, *, n_shards: int, batch: int) -> int:
    """Return how many images go through the model for a multiple, if none is drawn again.

    Each shard ends with a batch that is filled up.
    """
    owners = shard_of(counts, n_shards=n_shards)
    loads = [0] * n_shards * steps_of(multiple)
    for step in range(steps_of(multiple)):
        for owner, count in zip(owners, counts, strict=True):
            loads[step * n_shards + owner] += len(span(count, step, min(multiple, step + 1)))
    return sum(whole_batches(load, batch) for load in loads)


def _like(path: str) -> dict[str, int]:
    manifest = read_manifest(path)
    counts = np.bincount(manifest.labels, minlength=len(manifest.classes))
    return dict(zip(manifest.classes, counts.tolist(), strict=True))
