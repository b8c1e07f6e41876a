import pytest

from cogworks.core.errors import InputError
from cogworks.core.inputs import (
    check_genuine,
    first_line,
    impostor,
    is_hidden,
    is_hidden_path,
    numbered_lines,
    read_text,
)

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


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa\r\n\r\n# none\r\n b \r\n",
        b"a\n\n\nb",
        b"a\r\rb\r\nc\rd\n",
        b"\xef\xbb\xbf",
        b"",
        b"\n \n\xef\xbb\xbfa",
    ],
)
def test_lines_are_those_of_the_whole_text(content: bytes, tmp_path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    text = read_text(path).split("\n")
    whole = [(number, line.strip("\ufeff ")) for number, line in enumerate(text, start=1)]
    kept = [(number, line) for number, line in whole if line and not line.startswith("#")]
    assert list(numbered_lines(path)) == kept
    assert first_line(path) == text[0]


def test_lines_are_refused_like_the_whole_text(tmp_path) -> None:
    path = tmp_path / "list.txt"
    for content, message in (
        ("a\nété\n".encode("latin-1"), r"list\.txt, line 2: not UTF-8"),
        ("a\n".encode("utf-16"), r"list\.txt: UTF-16"),
        (POINTER, "Git LFS"),
    ):
        path.write_bytes(content)
        for read in (lambda: list(numbered_lines(path)), lambda: read_text(path)):
            with pytest.raises(InputError, match=message):
                read()
    path.unlink()
    with pytest.raises(InputError, match=r"list\.txt: cannot be read"):
        first_line(path)


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
