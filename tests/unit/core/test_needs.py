"""What jobs need and do not find is reported at once, when all jobs are known."""

from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.core.needs import Needs, is_missing, is_missing_file


def test_all_that_is_missing_is_told_once() -> None:
    needs = Needs()
    assert needs.made(["a.txt", "results/x/b.parquet"]) == ["results/x/b.parquet"]
    assert needs.met(3) == 3
    for _ in range(2):
        assert needs.made(["a.txt"], ["images.x: a.txt does not exist"]) == []
    needs.made([], ["encoders.y: no file b.pth"])
    with pytest.raises(InputError) as error:
        needs.met(3)
    assert str(error.value).splitlines()[1:] == [
        "images.x: a.txt does not exist",
        "encoders.y: no file b.pth",
    ]


def test_what_the_workflow_makes_may_come_yet(tmp_path: Path) -> None:
    assert is_missing(tmp_path / "x")
    assert is_missing_file(tmp_path)
    assert not is_missing(tmp_path)
    assert not is_missing("results/x")
    assert not is_missing_file("results/x")
