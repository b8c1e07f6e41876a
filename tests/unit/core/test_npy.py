from pathlib import Path

import numpy as np
import pytest

from cogworks.core.npy import shape_of


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("shape", [(3, 4), (0, 7), (5,)])
def test_the_shape_of_an_array_is_read_from_its_header(
    tmp_path: Path, version: tuple[int, int], shape: tuple[int, ...]
) -> None:
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array(file, np.zeros(shape, np.float16), version=version)
    assert shape_of(tmp_path / "x.npy") == shape


@pytest.mark.parametrize("data", [None, b"", b"not an array", b"\x93NUMPY", b"\x93NUMPY\x01\0\x05"])
def test_a_file_that_is_missing_or_holds_no_array_has_no_shape(
    tmp_path: Path, data: bytes | None
) -> None:
    path = tmp_path / "x.npy"
    if data is not None:
        path.write_bytes(data)
    assert shape_of(path) is None
