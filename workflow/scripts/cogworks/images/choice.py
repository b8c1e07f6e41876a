"""The image rule (thesis 3.3.3 and 3.4.1): which images of a class are training and test images.

At most `max_images` of a class count, `test_images` of them test, the rest train. Images are taken
in the order of a hash of (seed, image id), test images first. So the choice for a class depends on
that class alone, a smaller `max_images` keeps the test images and a part of the training images,
and a new image can displace at most one old one in each split. A split that the source brings
along is kept.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some
from cogworks.images.specs import ChoiceSpec

VAL = "val"


def choose_images(
    frame: pd.DataFrame, wnids: Iterable[str], rule: ChoiceSpec
) -> dict[str, pd.DataFrame]:
    """Divide a listing into `train`, `val` and `test`, the images in the order of their hashes.

    Args:
        frame: the source's listing, all images of some classes.
        wnids: the classes.
        rule: how many images of which split.
    """
    groups = dict(iter(frame.groupby("wnid")))
    choose = _choose_by_rule if (frame["split"] == UNSPLIT).all() else _keep_official
    parts: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}
    for wnid in wnids:
        if wnid in groups:
            for split, ids in choose(groups[wnid], rule).items():
                parts[split] += ids
    by_id = frame.set_index("id", drop=False)
    return {split: by_id.loc[ids].reset_index(drop=True) for split, ids in parts.items()}


class Tally:
    """Whether every class has the images that the rule wants, judged when all were seen."""

    def __init__(self, rule: ChoiceSpec) -> None:
        """Take the rule; errors name its data set."""
        self._rule = rule
        self._splits: set[str] = set()
        self._few: list[str] = []
        self._lacking: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}

    def add(
        self, frame: pd.DataFrame, wnids: Sequence[str], parts: dict[str, pd.DataFrame]
    ) -> None:
        """Take what `choose_images` made of a listing of some classes."""
        self._splits |= set(frame["split"])
        there = frame["wnid"].value_counts()
        counts = {wnid: int(there.get(wnid, 0)) for wnid in wnids}
        self._few += [f"{w} ({n})" for w, n in counts.items() if n < self._rule.min_images]
        for split, names in self._lacking.items():
            found = set(parts[split]["wnid"])
            names += [f"{w} ({n} images)" for w, n in counts.items() if w not in found]

    def check(self) -> None:
        """Check that no class has too few images.

        Raises:
            InputError: classes without images, with fewer than `min_images`, or with none left for
                a split; the message names them.
        """
        key = f"images.{self._rule.dataset}"
        if self._few:
            raise InputError(
                f"{key}: {len(self._few)} classes have fewer than {self._rule.min_images} images "
                f"(min_images): {name_some(self._few)}"
            )
        for split in self._lacking:
            if split in self._expected and self._lacking[split]:
                raise InputError(
                    f"{key}: no {split} image is left for {name_some(self._lacking[split])}"
                )

    @property
    def _expected(self) -> set[str]:
        """Return the splits of which every class must have an image."""
        expected = {TRAIN, TEST} if self._splits == {UNSPLIT} else self._splits
        return expected | {VAL} if self._rule.val_share and TRAIN in expected else expected


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
