"""Lists of the classes of a flat folder, in the forms in which they are published."""

from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError
from cogworks.images.sources import flat_images

WNIDS = ["n01440764", "n01443537"]


@pytest.fixture
def flat(tmp_path: Path, listed: Any) -> Any:
    """Make a flat folder, and list it with a mapping: returns image -> class."""

    def make(content: bytes, images: tuple[str, ...] = IMAGES, name: str = "val.txt") -> Any:
        for image in images:
            (tmp_path / "val" / image).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "val" / image).write_bytes(b"x")
        (tmp_path / name).write_bytes(content)
        (tmp_path / "synsets.txt").write_text("\n".join(WNIDS))
        mapping: Any = str(tmp_path / name)
        if b" 0" in content and b"," not in content and b"\t" not in content:
            mapping = [mapping, str(tmp_path / "synsets.txt")]
        source = {"kind": "folder", "layout": "flat", "test_path": str(tmp_path / "val")}
        frame = listed(source | {"mapping": mapping}, WNIDS)
        return dict(zip(frame["id"].str.removeprefix("test/"), frame["wnid"], strict=True))

    return make


IMAGES = ("v_1.JPEG", "v_2.JPEG")
RIGHT = dict(zip(IMAGES, WNIDS[::-1], strict=True))


@pytest.mark.parametrize(
    "content",
    [
        b"v_1.JPEG 1\nv_2.JPEG 0\n",
        b"val/v_1.JPEG 1\nval/v_2.JPEG 0\n",
        b"/data/imagenet/val/v_1.JPEG 1\n./v_2.JPEG 0\n",
        b"\xef\xbb\xbfv_1.JPEG n01443537\r\nv_2.JPEG  n01440764 \r\n",
        b"v_1.JPEG\tn01443537\nv_2.JPEG\tn01440764\n",
        b"v_1.JPEG\tn01443537\t0\t32\t44\t62\nv_2.JPEG\tn01440764\t1\t1\t2\t2\n",
        b"v_1.JPEG,n01443537\nv_2.JPEG,n01440764\n",
        b"v_1 n01443537\nv_2 n01440764\n",
        b"v_1.jpg 1\nval/v_2.jpg 0\n",
        b"filename\tclass\nv_1.JPEG\tn01443537\nv_2.JPEG\tn01440764\n",
        b"val\\v_1.JPEG,n01443537\nval\\v_2.JPEG,n01440764\n",
    ],
    ids=[
        "caffe",
        "folder in front",
        "absolute",
        "mark",
        "tabs",
        "boxes",
        "commas",
        "no suffix",
        "other",
        "tabs with a header",
        "written by Windows",
    ],
)
def test_text_files(flat: Any, content: bytes) -> None:
    assert flat(content) == RIGHT


@pytest.mark.parametrize(
    "content",
    [
        b"ImageId,PredictionString\nv_2,n01440764 111 108 230 366 \n"
        b"v_1,n01443537 1 2 3 4 n01443537 5 6 7 8 \n",
        b"\xef\xbb\xbffile,label\r\nv_1.JPEG,n01443537\r\nv_2.JPEG,n01440764\r\n",
        b'"v_1.JPEG","n01443537"\n"v_2.JPEG","n01440764"\n',
        b"v_1.JPEG;n01443537\nv_2.JPEG;n01440764\n",
    ],
    ids=["LOC_val_solution", "header", "quotes", "semicolons"],
)
def test_tables(flat: Any, content: bytes) -> None:
    assert flat(content, name="LOC_val_solution.csv") == RIGHT


def test_names_with_spaces_and_classes_with_spaces(flat: Any, listed: Any, tmp_path: Path) -> None:
    images = ("a b (1).jpg", "c#1 100%.jpg", "{1}.jpg")
    with pytest.raises(InputError, match="are none of those"):
        flat(b"a b (1).jpg tabby cat\nc#1 100%.jpg tabby cat\n{1}.jpg dog\n", images)
    source = {"kind": "folder", "layout": "flat", "test_path": str(tmp_path / "val")}
    frame = listed(source | {"mapping": str(tmp_path / "val.txt")}, ["dog", "tabby cat"])
    assert list(frame["wnid"]) == ["tabby cat", "tabby cat", "dog"]
    assert [Path(path).name for path in frame["path"]] == list(images)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (
            b"v_1.JPEG 1\nv_2.JPEG 65\n v_3.JPEG 0",
            "val.txt",
            "class '65' is not a number",
        ),
        (b"v_1.JPEG 1\nv_2.JPEG -1\nv_3.JPEG 0", "val.txt", "v_2.JPEG: class -1 stands for no"),
        (b"v_1.JPEG 1\nv_2.JPEG 2\n", "val.txt", r"classes here \(1, 2\) are none .*n01440764"),
        (b"v_1.JPEG 1\nval/v_1.JPEG 0\n", "val.txt", "got two of 'val/v_1.JPEG'"),
        (b"v_1.JPEG\tn01\tfish\n", "val.txt", "expected one `file-name class-id`"),
        (b"v_1.JPEG,n01,fish\n", "a.csv", "expected one `file-name class-id`"),
        (b"ImageId,PredictionString\nv_1,n01 1 2 3 4 n02 1 2 3 4", "a.csv", "expected one"),
        (b"# none\n", "val.txt", "no lines in it"),
        (b"caf\xe9.jpg 0\n", "val.txt", "line 1: not UTF-8"),
        (b"version https://git-lfs.github.com/spec/v1\n", "val.txt", "is a Git LFS pointer"),
    ],
)
def test_errors_name_the_file(flat: Any, content: bytes, name: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"{name}.*{message}|{message}"):
        flat(content, name=name)


def test_a_name_that_could_be_two_images_is_none(flat: Any) -> None:
    with pytest.raises(InputError, match="2 images without a line"):
        flat(b"v.jpg n01440764\n", ("a/v.jpg", "b/v.jpg"))


def test_an_image_of_two_folders_is_refused(listed: Any, tmp_path: Path) -> None:
    for name in ("one/a.jpg", "two/a.jpg", "two/b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "list.csv").write_text("a.jpg,cat\nb.jpg,cat\n")
    roots = [str(tmp_path / name) for name in ("one", "two")]
    source = {"kind": "folder", "layout": "flat", "path": roots}
    source["mapping"] = str(tmp_path / "list.csv")
    with pytest.raises(InputError, match=r"1 image in several of these folders, .*: a\.jpg"):
        listed(source, ["cat"])
    (tmp_path / "one" / "a.jpg").rename(tmp_path / "one" / "c.jpg")
    (tmp_path / "list.csv").write_text("c.jpg,cat\na.jpg,dog\nb.jpg,cat\n")
    frame = listed(source, ["cat", "dog"])
    assert list(zip(frame["id"], frame["wnid"], strict=True)) == [
        ("one/c.jpg", "cat"),
        ("two/a.jpg", "dog"),
        ("two/b.jpg", "cat"),
    ]
    assert [Path(path).is_file() for path in frame["path"]] == [True] * 3


def test_a_full_disk_is_named(flat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    full = flat_images._SCHEMA + "PRAGMA max_page_count = 1;"
    monkeypatch.setattr(flat_images, "_SCHEMA", full)
    many = tuple(f"{number:0200d}.jpg" for number in range(200))
    with pytest.raises(InputError, match=r"val\.txt: .*disk is full.*TMPDIR"):
        flat(b"", many)
