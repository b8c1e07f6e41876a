"""Feature files are refused unless they are whole and what is asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cogworks.core.errors import InputError
from cogworks.core.files import sha256_file
from cogworks.encoders.merge import merge
from cogworks.encoders.store import read_features, read_rows, write_index


def write(folder: Path, x: np.ndarray, *, rows: int | None = None, **changes: Any) -> Any:
    """Write a feature file of array `x`, its index with `rows` rows and changed metadata."""
    folder.mkdir(exist_ok=True)
    npy, index = folder / "x.npy", folder / "x.parquet"
    np.save(npy, x)
    count = len(x) if rows is None else rows
    table = pa.table(
        {
            "id": [f"image-{row}" for row in range(count)],
            "label": np.zeros(count, np.int32),
            "wnid": ["n0"] * count,
        }
    )
    metadata = {
        "encoder": "mine",
        "version": "v" * 64,
        "dataset": "set",
        "split": "train",
        "classes": ["n0"],
        "manifest": "m" * 64,
        "start": 0,
        "stop": len(x),
        "images": len(x),
        "dropped": [],
        "sha256": sha256_file(npy),
        "dim": x.shape[1],
        "dtype": str(x.dtype),
        "image": {},
    }
    write_index(table, index, metadata=metadata | changes)
    return npy, index


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(6, 4)).astype(np.float32)


def test_round_trip(tmp_path: Path, x: np.ndarray) -> None:
    features = read_features(*write(tmp_path, x), manifest="m" * 64, version="v" * 64)
    assert np.array_equal(features.x, x)
    assert isinstance(features.x, np.memmap)
    assert features.labels.dtype == np.int32
    with pytest.raises(ValueError, match="read-only"):
        features.x[0] = 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"manifest": "w" * 64}, "made with manifest mmmmmmmmmmmm, expected wwwwwwwwwwww"),
        ({"version": "w" * 64}, "made with version vvvvvvvvvvvv, expected wwwwwwwwwwww"),
    ],
)
def test_another_manifest_or_version(
    tmp_path: Path, x: np.ndarray, options: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_features(*write(tmp_path, x), **options)


def test_wrong_length_width_and_type(tmp_path: Path, x: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"x\.npy: has shape \(6, 4\), its index 5 rows"):
        read_features(*write(tmp_path, x, rows=5))
    with pytest.raises(InputError, match="4 features of float32, its index says 3 of float32"):
        read_features(*write(tmp_path, x, dim=3))
    with pytest.raises(InputError, match="its index says 4 of float16"):
        read_features(*write(tmp_path, x, dtype="float16"))


@pytest.mark.parametrize(("value", "kind"), [(np.nan, "NaN"), (-np.inf, "infinite")])
def test_not_a_number_is_named_by_encoder_and_image(
    tmp_path: Path, x: np.ndarray, value: float, kind: str
) -> None:
    x[3, 2] = value
    with pytest.raises(InputError, match=f"encoder mine for image image-3 are {kind}"):
        read_features(*write(tmp_path, x))


def test_large_finite_values_pass(tmp_path: Path) -> None:
    x = np.full((2, 8), np.finfo(np.float32).max, np.float32)
    read_features(*write(tmp_path, x))
    half = np.full((2, 8), np.finfo(np.float16).max, np.float16)
    read_features(*write(tmp_path, half))


def test_changed_bytes_are_seen(tmp_path: Path, x: np.ndarray) -> None:
    npy, index = write(tmp_path, x)
    data = bytearray(npy.read_bytes())
    data[-1] ^= 1
    npy.write_bytes(data)
    with pytest.raises(InputError, match="its bytes are not those that were written"):
        read_features(npy, index)
    read_features(npy, index, verify=False)


def test_truncated_array_and_foreign_index(tmp_path: Path, x: np.ndarray) -> None:
    npy, index = write(tmp_path, x)
    npy.write_bytes(npy.read_bytes()[:-8])
    with pytest.raises(InputError, match=r"x\.npy: not a readable \.npy file"):
        read_features(npy, index)
    npy.unlink()
    with pytest.raises(InputError, match=r"x\.npy"):
        read_features(npy, index)
    pd.DataFrame({"id": ["a"], "label": [0], "wnid": ["n0"]}).to_parquet(index)
    with pytest.raises(InputError, match="not an index of features"):
        read_features(npy, index)


def test_shards_that_do_not_belong_together(tmp_path: Path, x: np.ndarray) -> None:
    whole = {"images": 12}
    first = write(tmp_path / "a", x, **whole)
    output = {"npy": tmp_path / "o.npy", "index": tmp_path / "o.parquet"}
    for name, changes, message in (
        ("b", {"start": 6, "stop": 12, "version": "w" * 64}, "its version .* fixed seed"),
        ("c", {"start": 6, "stop": 12, "manifest": "w" * 64}, "its manifest is not that of"),
        ("d", {"start": 7, "stop": 12}, "begins at image 7, expected 6"),
        ("e", {"start": 6, "stop": 11}, "ends at image 11 of 12"),
    ):
        second = write(tmp_path / name, x, **whole, **changes)
        with pytest.raises(InputError, match=message):
            merge([first, second], **output)
    assert not (tmp_path / "o.npy").exists()


def test_rows_are_read_without_mapping_them(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(24, dtype=np.float16).reshape(8, 3))
    x = np.load(path, mmap_mode="r")
    for first, last in ((0, 8), (2, 5), (6, 20), (8, 9)):
        found = read_rows(x, first, last)
        assert np.array_equal(found, x[first:last])
        assert not isinstance(found, np.memmap)
        assert not np.shares_memory(found, x)
