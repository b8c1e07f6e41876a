"""The page of faults holds the rows of the tests and no others."""

from pathlib import Path

import pytest

from .table import COLLECTED, Fault, faults_of, lines, read_page, row_of

TESTS = Path(__file__).resolve().parents[1]


def test_the_page_has_the_rows_of_all_tests_and_no_others(pytestconfig: pytest.Config) -> None:
    items = pytestconfig.stash[COLLECTED]
    marked = {path for path in TESTS.rglob("test_*.py") if "mark.fault(" in path.read_text()}
    if others := marked - {item.path for item in items}:
        pytest.skip(f"needs all tests collected (pytest -k the_page_has), lacks {len(others)}")
    tests = {row[:2]: item for item in items if (row := row_of(item))}
    assert all("fault" in getattr(item, "fixturenames", ()) for item in tests.values())
    rows = {(heading, name) for heading, rows in read_page()[1].items() for name in rows}
    missing, left = sorted(tests.keys() - rows), sorted(rows - tests.keys())
    assert not missing, f"write them with FAULTS=write: {missing}"
    assert not left, f"rows of no test, delete them: {left}"


def test_texts_lose_their_folders_and_repeat_only_where_words_differ(tmp_path: Path) -> None:
    fault = Fault("S", "a|b", "so", tmp_path.parent)
    for text in (f"error: {tmp_path}/x.npy,\n  byte 5", "error: x.npy, byte 77", "other"):
        fault.seen(text)
    with pytest.raises(AssertionError, match="does not say what was lost"):
        _ = fault.cells
    fault.lost("nothing")
    assert fault.cells == ("so", "error: x.npy, byte 5; other", "nothing")


def test_faults_that_differ_in_a_word_stand_in_one_row() -> None:
    faults = {
        "full: report": ("half", "error: r", "seconds"),
        "full: fit": ("half", "error: `a: b`", "a cell"),
        "full: merge": ("half", "error: m", "seconds"),
        "alone": ("so", "a / b", "nothing"),
    }
    alone, full = lines(faults)
    assert alone == "| alone | so | a / b | nothing |"
    assert full == (
        "| full: fit, merge, report | half | *fit*: error: `a: b`<br>*merge*: error: m<br>"
        "*report*: error: r | *fit*: a cell<br>*merge, report*: seconds |"
    )
    assert faults_of(alone) | faults_of(full) == faults
