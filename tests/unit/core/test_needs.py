"""What jobs need and do not find is reported at once, when all jobs are known."""

from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.core.needs import Needs, is_missing_file, lacking


def test_all_that_is_missing_is_told_once() -> None:
    needs = Needs()
    assert needs.made(["a.txt", "results/x/b.parquet"]) == ["results/x/b.parquet"]
    needs.check()
    for _ in range(2):
        assert needs.made(["a.txt"], ["images.x: a.txt does not exist"]) == []
    needs.made([], ["encoders.y: no file b.pth"])
    with pytest.raises(InputError) as error:
        needs.check()
    assert str(error.value).splitlines()[1:] == [
        "images.x: a.txt does not exist",
        "encoders.y: no file b.pth",
    ]


def test_what_the_workflow_makes_may_come_yet(tmp_path: Path) -> None:
    assert list(lacking("a.b", "results/x")) == []
    assert not is_missing_file("results/x")
    assert is_missing_file(tmp_path)


def test_what_a_path_lacks_is_told_with_its_key(tmp_path: Path) -> None:
    missing, folder = str(tmp_path / "x"), str(tmp_path)
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert list(lacking("a.b", missing)) == [f"a.b: {missing} does not exist"]
    assert list(lacking("a.b", str(link), folder=True)) == [f"a.b: {link} does not exist"]
    assert list(lacking("a.b", folder)) == [f"a.b: {folder} is a folder; a file is expected"]
    assert list(lacking("a.b", folder, folder=True)) == []
