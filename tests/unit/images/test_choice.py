from typing import Any

import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.images.choice import Tally, choose_images
from cogworks.images.sources.listing import listing
from cogworks.images.specs import ChoiceSpec

RULE = ChoiceSpec(
    dataset="x",
    max_images=None,
    test_images=4,
    test_share=None,
    val_share=0,
    min_images=1,
    seed=0,
)


def images(counts: dict[str, int], split: str = "", start: int = 0) -> pd.DataFrame:
    return listing(
        (f"{split}/{wnid}/{index}", "f", "file", 0, 1, wnid, split)
        for wnid, count in counts.items()
        for index in range(start, start + count)
    )


def choose(frame: pd.DataFrame, wnids: list[str] | None = None, **rule: Any) -> dict[str, set[str]]:
    wnids, full = wnids or sorted(set(frame["wnid"])), RULE.model_copy(update=rule)
    chosen = choose_images(frame, wnids, full)
    tally = Tally(full)
    tally.add(frame, wnids, chosen)
    tally.check()
    assert all(list(part.columns) == list(frame.columns) for part in chosen.values())
    parts = {split: set(part["id"]) for split, part in chosen.items()}
    assert sum(map(len, parts.values())) == len(set.union(*parts.values()))
    return parts


def test_the_rule_of_the_benchmark() -> None:
    parts = choose_images(
        images({"a": 20, "b": 7}), ["a", "b"], RULE.model_copy(update={"max_images": 10})
    )
    assert parts["test"]["wnid"].value_counts().to_dict() == {"a": 4, "b": 4}
    assert parts["train"]["wnid"].value_counts().to_dict() == {"a": 6, "b": 3}
    assert len(parts["val"]) == 0


def test_other_classes_change_nothing() -> None:
    alone, among = choose(images({"b": 20})), choose(images({"a": 9, "b": 20, "c": 30}))
    for split in ("train", "test"):
        assert alone[split] == {image for image in among[split] if "/b/" in image}


def test_the_order_of_the_listing_changes_nothing() -> None:
    frame = images({"a": 20, "b": 20})
    assert choose(frame) == choose(frame.sample(frac=1, random_state=1))


def test_a_new_image_displaces_at_most_one_in_each_split() -> None:
    before = choose(images({"a": 40}), max_images=20)
    for count in range(41, 60):
        after = choose(images({"a": count}), max_images=20)
        for split in ("train", "test"):
            assert len(before[split] - after[split]) <= 2
        assert len((before["test"] | before["train"]) - (after["test"] | after["train"])) <= 1
        before = after


def test_a_smaller_maximum_keeps_the_test_images() -> None:
    large, small = (choose(images({"a": 40}), max_images=most) for most in (30, 10))
    assert small["test"] == large["test"]
    assert small["train"] < large["train"]


def test_the_seed_changes_the_choice() -> None:
    assert choose(images({"a": 40}))["test"] != choose(images({"a": 40}), seed=1)["test"]


def test_every_image_is_as_likely_a_test_image_as_any_other() -> None:
    drawn = [image for seed in range(100) for image in choose(images({"a": 10}), seed=seed)["test"]]
    counts = pd.Series(drawn).value_counts()
    # Binomial(100, 0.4): four standard deviations are 20.
    assert len(counts) == 10
    assert counts.between(40 - 20, 40 + 20).all()


def test_a_share_instead_of_a_number() -> None:
    parts = choose(images({"a": 20, "b": 10}), test_images=None, test_share=0.3)
    assert len(parts["test"]) == 9
    assert len(parts["train"]) == 21


def test_official_splits_are_kept() -> None:
    frame = pd.concat([images({"a": 10, "b": 10}, "train"), images({"a": 3, "b": 5}, "test")])
    parts = choose(frame, test_images=None)
    assert parts["test"] == set(frame["id"][frame["split"] == "test"])
    assert parts["train"] == set(frame["id"][frame["split"] == "train"])
    capped = choose(frame, test_images=4, max_images=8)
    assert len(capped["test"]) == 3 + 4
    assert len(capped["train"]) == 5 + 4
    assert capped["test"] < parts["test"]


def test_a_data_set_may_have_test_images_only() -> None:
    parts = choose(images({"a": 3}, "test"), test_images=None)
    assert (len(parts["train"]), len(parts["test"])) == (0, 3)


def test_validation_images_come_out_of_the_training_images() -> None:
    without, parts = choose(images({"a": 24})), choose(images({"a": 24}), val_share=0.2)
    assert parts["test"] == without["test"]
    assert parts["val"] | parts["train"] == without["train"]
    assert len(parts["val"]) == 4
    assert len(choose(images({"a": 6}), val_share=0.01)["val"]) == 1
    with pytest.raises(InputError, match=r"no val image is left for a \(5 images\)"):
        choose(images({"a": 5}), val_share=0.5)


def test_classes_with_too_few_images_are_named() -> None:
    frame = images({"a": 10, "b": 4, "c": 5})
    with pytest.raises(InputError, match=r"images.x: no train image is left for b \(4 images\)"):
        choose(frame)
    with pytest.raises(InputError, match=r"2 classes have fewer than 6 images .*: b \(4\), c \(5"):
        choose(frame, min_images=6)
    with pytest.raises(InputError, match=r"fewer than 1 images .*: d \(0\)"):
        choose(frame, wnids=["a", "c", "d"])
    official = pd.concat([images({"a": 2, "b": 2}, "train"), images({"a": 1}, "test")])
    with pytest.raises(InputError, match=r"no test image is left for b"):
        choose(official)
