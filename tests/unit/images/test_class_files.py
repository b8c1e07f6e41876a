"""Files of class ids, as they are published and as people save them."""

import json
import time
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.images.class_files import read_class_file

W = ["n01443537", "n01440764"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfn01443537\r\nn01440764\r\n",
        b"n01443537 \n\n# both\n n01440764\t\n",
        b"n01443537 goldfish, Carassius auratus\nn01440764 tench, Tinca tinca\n",
        b"n01443537\tgoldfish\nn01440764\ttench\n",
        b"n01443537 1 goldfish\nn01440764 2 tench",
        b"n01443537\xc2\xa0\n\xef\xbb\xbfn01440764\n",
    ],
    ids=["mark", "blanks", "LOC_synset_mapping", "tabs", "map_clsloc", "marks inside"],
)
def test_text_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.txt").write_bytes(content)
    assert read_class_file(str(tmp_path / "c.txt")) == W


def test_names_with_spaces_stay_whole(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("n01443537 goldfish\ntabby cat\ncafe\u0301\n")
    found = read_class_file(str(tmp_path / "c.txt"))
    assert found == ["n01443537 goldfish", "tabby cat", "caf\u00e9"]


@pytest.mark.parametrize(
    "content",
    [W, {"0": W[0], "1": W[1]}, {"1": [W[1], "tench"], "0": [W[0], "goldfish"]}],
    ids=["list", "id2label", "imagenet_class_index"],
)
def test_json_files(tmp_path: Path, content: object) -> None:
    (tmp_path / "c.json").write_text(json.dumps(content))
    assert read_class_file(str(tmp_path / "c.json")) == W


@pytest.mark.parametrize("content", ['{"1": "a"}', '{"a": 1}', "[1, 2]", "3", "[[]]", "null"])
def test_other_json_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "c.json").write_text(content)
    with pytest.raises(InputError, match=r"c\.json: expected a list of class ids"):
        read_class_file(str(tmp_path / "c.json"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\na\n", ": given twice: a"),
        (b"caf\xc3\xa9\ncafe\xcc\x81\n", ": given twice: caf\u00e9"),
        (b"", ": no class ids in it"),
        (b"a\ncaf\xe9\n", ", line 2: not UTF-8 text"),
        ("a\nb\n".encode("utf-16"), ": UTF-16 text"),
        (b"version https://git-lfs.github.com/spec/v1\n", " is a Git LFS pointer"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "c.txt").write_bytes(content)
    with pytest.raises(InputError, match=rf"c\.txt{message}"):
        read_class_file(str(tmp_path / "c.txt"))


def test_long_files_are_read_in_a_moment(tmp_path: Path) -> None:
    """A search of the whole list for each line would take more than a minute."""
    (tmp_path / "c.txt").write_text("\n".join(f"class {number}" for number in range(40_000)))
    start = time.process_time()
    assert len(read_class_file(str(tmp_path / "c.txt"))) == 40_000
    assert time.process_time() - start < 5
