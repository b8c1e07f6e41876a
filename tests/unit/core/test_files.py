"""Files are whole or absent, and the same content gives the same bytes."""

from pathlib import Path

import pandas as pd
import pytest

from cogworks.core import files
from cogworks.core.errors import InputError


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"
    files.write_text("old", target)

    def interrupted() -> None:
        with files.atomic(target) as partial:
            partial.write_text("half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        interrupted()
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["b.txt"]


def test_parquet_keeps_rows_and_metadata_and_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"wnid": ["n1", "n2"], "label": [0, 1]}, index=[5, 6])
    for name in ("a.parquet", "b.parquet"):
        files.write_parquet(frame, tmp_path / name, metadata={"z": [1], "a": "ü"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    pd.testing.assert_frame_equal(
        files.read_parquet(tmp_path / "a.parquet"), frame.reset_index(drop=True)
    )
    assert files.read_metadata(tmp_path / "a.parquet") == {"z": [1], "a": "ü"}


def test_a_damaged_or_missing_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(InputError, match=r"t\.parquet: no such file"):
        files.read_parquet(path)
    files.write_parquet(pd.DataFrame({"x": range(10_000)}), path)
    with pytest.raises(InputError, match=r"no column y; it has x"):
        files.read_parquet(path, columns=["y"])
    data = bytearray(path.read_bytes())
    data[2000] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"t\.parquet"):
        files.read_parquet(path)
    path.write_bytes(data[:100])
    with pytest.raises(InputError, match=r"t\.parquet"):
        files.read_parquet(path)
