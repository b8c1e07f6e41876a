"""The table of benchmarks: what a line says, and what a name that there is not gets."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(load_module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [*sys.path])
    return load_module("benchmarks/bench.py")


def test_each_name_is_a_script_with_lines_for_the_table(bench: ModuleType) -> None:
    for name in bench.NAMES:
        text = (REPOSITORY / "benchmarks" / f"{name}.py").read_text()
        assert "\ndef rows(threads: int) -> Iterator[Row]:" in text, name


def test_a_line_has_a_cell_for_each_title(bench: ModuleType) -> None:
    row = bench.Row("work", "3 images/s", 0.25, "decoding", 2.0, (1.5, "NAME"), "much")
    cells = ["work", "3 images/s", "25%", "decoding", "2.00", "1.50 (NAME)", "much"]
    assert row.cells() == cells
    assert len(bench.Row("work", "1 s").cells()) == len(bench.HEADER) == len(cells)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "bench.py"), "crop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "crop: the names are decode, crops" in done.stderr


def test_lines_come_from_the_processes_of_their_scripts(bench: ModuleType) -> None:
    (row,) = bench.rows("decode", 1)
    assert row.peer[1] == "torchvision"
    assert min(row.share, row.plain, row.peer[0]) > 0


@pytest.mark.parametrize(
    "words", ["decode --number 0", "lbfgs --size 3200 -1 100", "decoders --decoders 4 3x"]
)
def test_a_size_that_is_none_is_told_in_a_line(words: str) -> None:
    name, *arguments = words.split()
    command = [sys.executable, str(REPOSITORY / "benchmarks" / f"{name}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"argument {arguments[0]}: expected a whole number from 1, got" in done.stderr


def test_no_script_takes_whatever_int_takes() -> None:
    scripts = [*(REPOSITORY / "benchmarks").rglob("*.py")]
    assert len(scripts) > 20
    assert [path.name for path in scripts if "type=int" in path.read_text()] == []
