"""What a folder holds, and what is said of folders that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.rank.folder import look
from cogworks.rank.sections import known_datasets

Make = Callable[..., Path]


def test_class_folders_are_counted_at_any_depth(photographs: Make) -> None:
    root = photographs({"my dog": 4, "cat/a": 3, "cat/b": 2, ".cache": 1})
    (root / "list.txt").write_text("")
    found = look(root, known_datasets())
    assert found.classes == {"cat": 5, "my dog": 4}
    assert (found.folder, found.datasets, found.fewest) == (root, [], 4)
    assert not found.left_out
    assert look(root, []) == found
    (root / "cat" / "a" / "9.jpg").write_bytes(b"x")
    assert look(root, []).digest != found.digest


def test_what_is_left_out_is_told(photographs: Make) -> None:
    root = photographs({"cat": 5, "dog": 5})
    for name in ("loose.jpg", "stray.png", "cat/a.heic", "dog/b.heic", "dog/notes.txt"):
        (root / name).write_bytes(b"x")
    assert look(root, []).left_out == (
        "Left out, since they are not images in a class folder: 2 .heic, 1 .txt, 2 images beside "
        "the class folders."
    )


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({}, "it holds no images; expected a folder with one folder of images for each class"),
        ({".": 3}, "it holds 3 images and no folder; expected a folder with one folder of images"),
        ({"cat": 0, "dog": 0}, "no images in its 2 folders"),
        ({"cat": 9}, "cat is its only class folder, and one class cannot be told from others"),
        ({"cat": 9, "dog": 3, "ox": 0}, r"2 of 3 class .* fewer than 4 images: dog \(3\), ox \(0"),
        ({"train/cat": 9, "Val/cat": 9}, r"are splits, not classes \(Val, train\); name one of"),
    ],
)
def test_a_folder_that_cannot_be_used(
    photographs: Make, classes: dict[str, int], message: str
) -> None:
    root = photographs({})
    root.mkdir(exist_ok=True)
    for name, count in classes.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (root / name / f"{number}.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match=message):
        look(root, known_datasets())


def test_a_folder_that_is_not_there_and_one_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: no such folder; expected a folder with one"):
        look(tmp_path / "none", [])
    (tmp_path / "pack.parquet").write_bytes(b"x")
    with pytest.raises(InputError, match=r"pack.parquet: is a file; .*docs/your-data.md"):
        look(tmp_path / "pack.parquet", [])


def test_empty_files_are_a_copy_that_is_not_complete(photographs: Make) -> None:
    root = photographs({"cat": 5, "dog": 5})
    (root / "cat" / "3.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"1 empty image \(.*/cat/3.jpg\): the copy is"):
        look(root, [])


def test_a_set_of_torchvision_half_there_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "caltech101" / "101_ObjectCategories" / "ant"
    folder.mkdir(parents=True)
    (folder / "image_0001.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match=r"Caltech101 should have 101 classes, 8677 .* again"):
        look(tmp_path, known_datasets())
