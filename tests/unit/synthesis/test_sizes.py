from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError
from cogworks.synthesis.sizes import class_counts, scaled, shard_of

WNIDS = ["n02086910", "n02099601", "n02120079", "n03345487"]
LIKE: dict[str, Any] = {"like": "real", "classes": None, "images_per_class": None, "multiple": 1}


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, [3, 4, 5, 6]),
        ({"multiple": 10}, [30, 40, 50, 60]),
        ({"multiple": 0.5}, [1, 2, 2, 3]),
        ({"multiple": 0.1}, [1, 1, 1, 1]),
        ({"images_per_class": 50}, [50] * 4),
        ({"images_per_class": 50, "multiple": 20}, [1000] * 4),
    ],
)
def test_as_many_as_the_real_set_has(
    manifest: Path, change: dict[str, Any], counts: list[int]
) -> None:
    assert class_counts(LIKE | change, str(manifest)) == dict(zip(WNIDS, counts, strict=True))


def test_a_tenth_of_1300_is_130() -> None:
    assert [scaled(count, 0.1) for count in (1300, 130, 13, 1)] == [130, 13, 1, 1]


def test_classes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_text("n2\nn1\n")
    spec = LIKE | {"like": None, "classes": str(path), "images_per_class": 7}
    assert class_counts(spec, str(path)) == {"n1": 7, "n2": 7}
    path.write_text("n2\nn1\nn2\n")
    with pytest.raises(InputError, match="n2 is given twice"):
        class_counts(spec, str(path))


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
