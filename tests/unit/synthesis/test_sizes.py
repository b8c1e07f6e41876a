from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError
from cogworks.synthesis.multiples import scaled, span, steps_of
from cogworks.synthesis.sizes import class_counts, drawn_images, shard_of, whole_batches
from cogworks.synthesis.specs import PromptSpec

WNIDS = ["n02086910", "n02099601", "n02120079", "n03345487"]
LIKE = PromptSpec(
    name="clone",
    prompt="c",
    seed=0,
    like="real",
    classes=None,
    images_per_class=None,
    wordnet=None,
    scenes=None,
)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, [3, 4, 5, 6]),
        ({"images_per_class": 50}, [50] * 4),
    ],
)
def test_as_many_as_the_real_set_has(
    manifest: Path, change: dict[str, Any], counts: list[int]
) -> None:
    assert class_counts(LIKE.model_copy(update=change), str(manifest)) == dict(
        zip(WNIDS, counts, strict=True)
    )


def test_a_tenth_of_1300_is_130() -> None:
    assert [scaled(count, 0.1) for count in (1300, 130, 13, 1)] == [130, 13, 1, 1]


@pytest.mark.parametrize("multiple", [0.1, 0.5, 1, 1.5, 2.7, 3, 3.000000001, 50])
def test_the_steps_of_a_multiple_add_up(multiple: float) -> None:
    for count in (1, 3, 1300):
        steps = [span(count, at, min(multiple, at + 1)) for at in range(steps_of(multiple))]
        numbers = [number for step in steps for number in step]
        assert numbers == list(range(scaled(count, multiple)))


def test_classes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_text("# two\nn02120079\n\nn02086910\n")
    change = {"like": None, "classes": str(path), "images_per_class": 7}
    spec = LIKE.model_copy(update=change)
    assert class_counts(spec, str(path)) == {"n02086910": 7, "n02120079": 7}
    path.write_text("n02120079\nn02086910\nn02120079\n")
    with pytest.raises(InputError, match="n02120079 twice, on line 1 and line 3"):
        class_counts(spec, str(path))
    path.write_text("fox n02120079\n")
    with pytest.raises(InputError, match="'fox' is not a wnid"):
        class_counts(spec, str(path))
    path.write_text("# none\n")
    with pytest.raises(InputError, match="holds no wnids"):
        class_counts(spec, str(path))


@pytest.mark.parametrize(
    ("images", "batch", "whole"), [(32, 128, 128), (32, 8, 32), (32, 12, 36), (1, 1, 1), (0, 8, 0)]
)
def test_whole_batches(images: int, batch: int, whole: int) -> None:
    assert whole_batches(images, batch) == whole


def test_each_shard_fills_up_its_last_batch() -> None:
    counts = [10] * 6
    assert drawn_images(counts, 1, n_shards=1, batch=8) == 64
    assert drawn_images(counts, 1, n_shards=3, batch=8) == 3 * 24
    assert drawn_images(counts, 1, n_shards=6, batch=128) == 6 * 128
    # Two multiples and a half are three times as many shards.
    assert drawn_images(counts, 2.5, n_shards=3, batch=8) == 2 * 3 * 24 + 3 * 16
    # More shards than classes: the empty ones draw nothing.
    assert drawn_images(counts, 1, n_shards=60, batch=10) == 60


@pytest.mark.parametrize("n_shards", [1, 2, 3, 7, 12])
def test_shards_hold_whole_classes_in_order_and_balanced(n_shards: int) -> None:
    counts = [5, 1, 9, 4, 4, 7, 3, 3]
    shards = shard_of(counts, n_shards=n_shards)
    assert shards == sorted(shards)
    assert min(shards) >= 0
    assert max(shards) < n_shards
    loads = [
        sum(count for count, owner in zip(counts, shards, strict=True) if owner == shard)
        for shard in range(n_shards)
    ]
    assert max(loads) <= sum(counts) / n_shards + max(counts)
