"""The image rule (thesis 3.3.3 and 3.4.1): which images of a class are training and test images.

At most `max_images` of a class count, `test_images` of them test, the rest train. Images are taken
in the order of a hash of (seed, image id), test images first. So the choice for a class depends on
that class alone, a smaller `max_images` keeps the test images and a part of the training images,
and a new image can displace at most one old one in each split. A split that the source brings
along is kept.
"""

from collections.abc import Sequence

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some
from cogworks.images.specs import ChoiceSpec

VAL = "val"


def choose_images(
    frame: pd.DataFrame, wnids: Sequence[str], rule: ChoiceSpec
) -> dict[str, pd.DataFrame]:
    """Divide a listing into `train`, `val` and `test`.

    Args:
        frame: the source's listing.
        wnids: the classes; each must have images.
        rule: how many images of which split; errors name its data set.

    Raises:
        InputError: classes without images, with fewer than `min_images`, or with none left for a
            split; the message names them.
    """
    key = f"images.{rule.dataset}"
    groups = dict(iter(frame.groupby("wnid")))
    counts = {wnid: len(groups.get(wnid, ())) for wnid in wnids}
    if few := [f"{w} ({n})" for w, n in counts.items() if n < rule.min_images]:
        raise InputError(
            f"{key}: {len(few)} classes have fewer than {rule.min_images} images "
            f"(min_images): {name_some(few)}"
        )
    choose = _choose_by_rule if (frame["split"] == UNSPLIT).all() else _keep_official
    parts: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}
    lacking: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}
    expected = _expected_splits(frame, rule)
    for wnid in wnids:
        for split, ids in choose(groups[wnid], rule).items():
            parts[split] += ids
            if split in expected and not ids:
                lacking[split].append(f"{wnid} ({counts[wnid]} images)")
    for split, names in lacking.items():
        if names:
            raise InputError(f"{key}: no {split} image is left for {name_some(names)}")
    by_id = frame.set_index("id", drop=False)
    return {split: by_id.loc[ids].reset_index(drop=True) for split, ids in parts.items()}


def _expected_splits(frame: pd.DataFrame, rule: ChoiceSpec) -> set[str]:
    """Return the splits of which every class must have an image."""
    splits = set(frame["split"])
    expected = {TRAIN, TEST} if splits == {UNSPLIT} else splits
    return expected | {VAL} if rule.val_share and TRAIN in expected else expected


def _choose_by_rule(rows: pd.DataFrame, rule: ChoiceSpec) -> dict[str, list[str]]:
    ids = shuffle_by_hash(rows["id"], "images", rule.seed)
    share, number = rule.test_share, rule.test_images
    n_test = number if share is None else round(share * len(ids))
    return _part(ids[n_test:], ids[:n_test], rule)


def _keep_official(rows: pd.DataFrame, rule: ChoiceSpec) -> dict[str, list[str]]:
    parts = [
        shuffle_by_hash(rows["id"][rows["split"] == split], "images", rule.seed)
        for split in (TRAIN, TEST)
    ]
    return _part(parts[0], parts[1][: rule.test_images], rule)


def _part(rest: list[str], test: list[str], rule: ChoiceSpec) -> dict[str, list[str]]:
    """Cut the training images down to `max_images` and set the validation images apart."""
    if rule.max_images is not None:
        rest = rest[: max(rule.max_images - len(test), 0)]
    # At least one image on each side, where there are two.
    n_val = min(max(round(rule.val_share * len(rest)), 1), len(rest) - 1)
    n_val = max(n_val, 0) if rule.val_share else 0
    return {TRAIN: rest[n_val:], VAL: rest[:n_val], TEST: test}
