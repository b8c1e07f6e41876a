"""Files that name the training and test images of each class, as ImageNet-CoG's authors have it."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.images.sources.listing import listing
from cogworks.images.sources.split_file import divide

SPLITS = {
    "a": {"train": ["/a/a_1.png", "a/a_0.png"], "test": ["a_3.png"]},
    "b": {"train": ["b/b_0.png"], "test": ["b/b_1.png"]},
    "other": {"train": ["other/gone.png"], "test": []},
}
FOUND = [("a", "0", "train"), ("a", "1", "train"), ("a", "3", "test")]
FOUND += [("b", "0", "train"), ("b", "1", "test")]


@pytest.fixture
def source(make_folder: Any, tmp_path: Path) -> Any:
    """Return a function: splits, and the suffix of their file -> a source that they divide."""
    root = make_folder({"a": 4, "b": 3})

    def make(splits: Any, suffix: str = ".json") -> dict[str, Any]:
        path = tmp_path / f"splits{suffix}"
        if suffix == ".json":
            path.write_text(json.dumps(splits))
        else:
            arrays = {
                wnid: {split: np.array(names) for split, names in parts.items()}
                for wnid, parts in splits.items()
            }
            path.write_bytes(pickle.dumps(arrays, protocol=3))
        return {"kind": "folder", "path": str(root), "split_file": str(path)}

    return make


@pytest.mark.parametrize("suffix", [".json", ".pkl"])
def test_the_images_are_those_that_are_named(source: Any, listed: Any, suffix: str) -> None:
    frame = listed(source(SPLITS, suffix), ["a", "b"])
    assert [tuple(row) for row in frame[["wnid", "id", "split"]].to_numpy()] == [
        (wnid, f"{wnid}/{wnid}_{number}.png", split) for wnid, number, split in FOUND
    ]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"a": SPLITS["a"]}, "nothing on 1 of 2 classes: b"),
        (SPLITS | {"b": SPLITS["other"]}, r"1 of the 4 images .* of 1 of 2 classes: b/gone\.png"),
        (
            SPLITS | {"b": {"train": ["b_0.png"], "test": ["b/b_0.png"]}},
            r"twice in their class: b_0",
        ),
        (SPLITS | {"b": {"train": []}}, "b: expected `train` and `test`"),
        (SPLITS | {"b": {"train": [1], "test": []}}, "b, train: expected a list of text"),
        (["a"], "expected the images of each class, got list"),
    ],
)
def test_what_is_wrong_is_named(source: Any, listed: Any, splits: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        listed(source(splits), ["a", "b"])


def test_listings_come_in_pieces(tmp_path: Path) -> None:
    """Of the classes of the source, if none are given; a name counts once in all pieces."""
    path = tmp_path / "splits.json"
    path.write_text(json.dumps(SPLITS))
    rows = [(f"x/{w}_{n}.png", "x.tar", "tar", 0, 1, w, "") for w, n in ("a0", "b1", "a1", "a3")]
    whole = [*rows, ("x/b_0.png", "x.tar", "tar", 0, 1, "b", ""), ("a_9.png", *rows[0][1:])]
    pieces = [listing(whole[:2]), listing(whole[2:])]
    frame = pd.concat(divide(pieces, str(path), None))
    assert [(*row,) for row in frame[["wnid", "split"]].to_numpy()] == [
        ("a", "train"),
        ("b", "test"),
        ("a", "train"),
        ("a", "test"),
        ("b", "train"),
    ]
    with pytest.raises(InputError, match=r"the source: 1 names twice in their class: a_0\.png"):
        list(divide([*pieces, listing(rows[:1])], str(path), ["a", "b"]))
    with pytest.raises(InputError, match=r"1 of the 5 images .* of 1 of 2 classes: b/b_0\.png"):
        list(divide([listing(rows)], str(path), None))
    with pytest.raises(InputError, match="nothing on 1 of 1 classes: c"):
        list(divide([*pieces, listing([(*rows[0][:5], "c", "")])], str(path), None))


def test_it_is_tracked_and_missed_by_its_key(source: Any, fill: Any) -> None:
    given = source(SPLITS)
    found = fill({"x": {"source": given, "classes": {"names": ["a"]}}}).datasets["x"]
    assert found.source_files == [given["split_file"]]
    Path(given["split_file"]).unlink()
    assert found.missing == [f"images.x.source.split_file: {given['split_file']} does not exist"]
    apart = {"kind": "folder", "train_path": "t", "split_file": "s.json"}
    problems = fill({"x": {"source": apart, "classes": {"names": ["a"]}}}, check=False)
    assert [*problems.datasets["x"].problems()] == [
        "images.x.source.split_file: it divides the images in path; give path, or remove it"
    ]
