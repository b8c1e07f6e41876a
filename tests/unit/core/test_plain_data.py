"""JSON and pickles of plain data; nothing that a pickle names is run."""

import pickle
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cogworks.core.errors import InputError
from cogworks.core.plain_data import read_plain, texts_of


class Evil:
    """Its pickle calls a function when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("package", ["numpy._core", "numpy.core"])
def test_containers_texts_and_arrays_come_back(tmp_path: Path, protocol: int, package: str) -> None:
    names = np.array(["n01/a.JPEG", "n01/bé.JPEG"])
    content = {"n01": OrderedDict(train=names, test=names.astype(object)), "n": [1, (2,), {3}]}
    content["more"] = defaultdict(list, scalar=names[0], bytes=b"\xff")
    numbers = np.arange(24, dtype=">i4").reshape(2, 3, 4)
    content["numbers"] = [numbers, np.asfortranarray(numbers), numbers.transpose(1, 2, 0)]
    data = pickle.dumps(content, protocol=protocol)
    if protocol < 4:  # later ones hold the lengths of names
        data = data.replace(b"numpy._core", package.encode())
    path = tmp_path / "x.pkl"
    path.write_bytes(data)
    found = read_plain(path)
    assert texts_of(found["n01"]["train"], "") == texts_of(found["n01"]["test"], "") == list(names)
    assert found["n"] == [1, (2,), {3}]
    for array, expected in zip(found["numbers"], content["numbers"], strict=True):
        assert np.array_equal(array, expected)
    assert found["more"] == {"scalar": "n01/a.JPEG", "bytes": b"\xff"}


def test_json(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[["a"], ["b"]]')
    assert read_plain(tmp_path / "x.json") == [["a"], ["b"]]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.fault(
    "Files from outside",
    "a list with a hostile pickle",
    how="a `.pkl` that calls functions when it is read",
)
def test_nothing_else_is_called(tmp_path: Path, fault: Any, protocol: int) -> None:
    trace, path = tmp_path / "trace", tmp_path / "x.pkl"
    for evil in (
        Evil(trace.touch),
        Evil(eval, f"open({str(trace)!r}, 'w')"),
        Evil(getattr, 1, "r"),
    ):
        path.write_bytes(pickle.dumps([evil], protocol=protocol))
        with fault.refused(match=r"x\.pkl: not a pickle of .*it names "):
            read_plain(path)
    assert not trace.exists()
    fault.lost("nothing: none of its code is run")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.pkl", b"<html>", "is a web page"),
        ("x.pkl", b"", "is an empty file"),
        ("x.pkl", pickle.dumps(["a"] * 9)[:-4], "not a pickle of lists"),
        ("x.json", b"[", "not valid JSON"),
        ("x.csv", b"a", r"expected a file \.pkl or \.json"),
        ("gone.pkl", None, "cannot be read"),
    ],
)
def test_other_files_are_errors(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_plain(tmp_path / name)


@pytest.mark.parametrize("value", ["ab", [1], {"a": 1}, np.arange(2), None])
def test_lists_of_anything_but_text_are_errors(value: Any) -> None:
    with pytest.raises(InputError, match="here: expected a list of text, got"):
        texts_of(value, "here")
