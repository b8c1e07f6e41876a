"""Word2vec's formats, text and binary, and what is wrong with a damaged file."""

import bz2
import gzip

import numpy as np
import pytest

from cogworks.concepts import vector_file
from cogworks.concepts.vector_file import read_vectors
from cogworks.core.errors import InputError

WORDS = {"cat": [1.0, 2.5, -3.0], "ENTITY/Tiger_cat": [0.5, 0.0, 1e-3], "é": [4.0, 5.0, 6.0]}


def as_text(words=WORDS, count=None):
    lines = [
        f"{count or len(words)} 3",
        *(f"{w} {' '.join(map(str, v))}" for w, v in words.items()),
    ]
    return ("\n".join(lines) + "\n").encode()


def as_binary(words=WORDS, newline=b"\n"):
    rows = [w.encode() + b" " + np.array(v, "<f4").tobytes() + newline for w, v in words.items()]
    return f"{len(words)} 3\n".encode() + b"".join(rows)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("v.txt", as_text()),
        ("v.vec", as_text().replace(b"\n", b" \n").replace(b"3 3 ", b"3 3")),
        ("v.txt.gz", gzip.compress(as_text())),
        ("v.txt.bz2", bz2.compress(as_text())),
        ("v.bin", as_binary()),
        ("v.bin.gz", gzip.compress(as_binary(newline=b""))),
    ],
    # Not the bytes: gzip's hold the time, and parallel workers must collect the same names.
    ids=["txt", "vec", "txt.gz", "txt.bz2", "bin", "bin.gz"],
)
def test_formats(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    found = read_vectors(tmp_path / name, {"cat", "é", "dog"}, file_format="auto")
    assert sorted(found) == ["cat", "é"]
    for word, vector in found.items():
        assert vector.dtype == np.float32
        np.testing.assert_array_equal(vector, np.array(WORDS[word], np.float32))


def test_binary_larger_than_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_file, "CHUNK_BYTES", 7)
    (tmp_path / "v").write_bytes(as_binary())
    found = read_vectors(tmp_path / "v", set(WORDS), file_format="binary")
    for word, vector in found.items():
        np.testing.assert_array_equal(vector, np.array(WORDS[word], np.float32))
    assert set(found) == set(WORDS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"cat 1 2 3\n", "first line must be `<words> <dimensions>`"),
        (as_text(count=4), "ends after 3 of 4 words"),
        (b"1 3\ncat 1 2\n", "'cat' has 2 numbers, 3 expected"),
        (b"1 3\ncat 1 x 3\n", "'cat': could not convert"),
        (b"1 3\ncat 1 nan 3\n", "'cat' has a number that is not finite"),
    ],
)
def test_bad_text(tmp_path, data, message):
    (tmp_path / "v.txt").write_bytes(data)
    with pytest.raises(InputError, match=f"v.txt: .*{message}"):
        read_vectors(tmp_path / "v.txt", {"cat"}, file_format="auto")


def test_bad_binary(tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(as_binary()[:-5])
    with pytest.raises(InputError, match="ends after 2 of 3 words"):
        read_vectors(path, {"cat"}, file_format="auto")
    path.write_bytes(b"1 3\n" + b"x" * 5000)
    with pytest.raises(InputError, match="is this the binary format"):
        read_vectors(path, {"cat"}, file_format="auto")
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(as_text())[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        read_vectors(path, {"cat"}, file_format="auto")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"word_vectors\.file: no file"):
        read_vectors(tmp_path / "none", {"cat"}, file_format="text")
