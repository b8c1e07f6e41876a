import pytest

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine, impostor, is_hidden, is_hidden_path, read_text

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:7b3a\nsize 492265879\n"


@pytest.mark.parametrize("name", [".DS_Store", "._n01440764_1.JPEG", ".git", "__MACOSX", "@eaDir"])
def test_hidden_names_are_no_content(name: str) -> None:
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["n01440764", "a.b.jpg", "_x.jpg", "été"])
def test_other_names_are_content(name: str) -> None:
    assert not is_hidden(name)


def test_a_path_is_hidden_by_any_part_but_not_by_the_present_folder() -> None:
    assert is_hidden_path("./._a.jpg")
    assert is_hidden_path("__MACOSX/train/a.jpg")
    assert not is_hidden_path("./train/a.jpg")


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (POINTER, "Git LFS"),
        (b"\n <!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf<HTML>", "web page"),
        (b"", "empty"),
    ],
)
def test_an_impostor_is_named(head: bytes, word: str, tmp_path) -> None:
    assert word in (impostor(head) or "")
    (tmp_path / "weights.pth").write_bytes(head)
    with pytest.raises(InputError, match=rf"weights\.pth is .*{word}"):
        check_genuine(tmp_path / "weights.pth")


def test_real_content_is_no_impostor() -> None:
    assert impostor(b"PK\x03\x04") is None
    assert impostor(b"<svg>") is None


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\r\nb\r\n", b"a\nb\n", b"a\rb\r"])
def test_text_is_read_as_people_save_it(content: bytes, tmp_path) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    assert read_text(tmp_path / "list.txt").splitlines() == ["a", "b"]


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path) -> None:
    (tmp_path / "latin.txt").write_bytes("a\nété\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.txt, line 2: not UTF-8"):
        read_text(tmp_path / "latin.txt")
    (tmp_path / "wide.txt").write_text("a", encoding="utf-16")
    with pytest.raises(InputError, match=r"wide\.txt: UTF-16"):
        read_text(tmp_path / "wide.txt")


def test_a_missing_text_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: cannot be read \(No such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"none\.txt: cannot be read"):
        check_genuine(tmp_path / "none.txt")
