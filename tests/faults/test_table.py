"""The page of faults holds the rows of the tests and no others."""

import ast
import re
from pathlib import Path

import pytest

from .table import Fault, read_page

TESTS = Path(__file__).resolve().parents[1]


def marked() -> dict[str, list[str]]:
    """Return the patterns of section and name of each marked test, by its place."""
    found = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            ast.unparse(node.targets[0]): node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
        }
        for test in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
                    assert "fault" in [argument.arg for argument in test.args.args], test.name
                    arguments = (constants.get(ast.unparse(a), a) for a in mark.args)
                    texts = [ast.literal_eval(argument) for argument in arguments]
                    found[f"{path}::{test.name}"] = [
                        re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in texts
                    ]
    return found


def test_every_row_is_the_row_of_a_test_and_every_test_has_one() -> None:
    rows = [(heading, name) for heading, rows in read_page()[1].items() for name in rows]
    tests = marked()
    without: set[str] = set(tests)
    for row in rows:
        mine = {
            test
            for test, patterns in tests.items()
            if all(re.fullmatch(p, text) for p, text in zip(patterns, row, strict=True))
        }
        assert mine, f"{row}: no test has this row; delete it"
        without -= mine
    assert not without


def test_texts_lose_their_folders_and_repeat_only_where_words_differ(tmp_path: Path) -> None:
    fault = Fault("S", "a|b", "so", tmp_path.parent)
    for text in (f"error: {tmp_path}/x.npy,\n  byte 5", "error: x.npy, byte 77", "other"):
        fault.seen(text)
    with pytest.raises(AssertionError, match="does not say what was lost"):
        _ = fault.line
    fault.lost("nothing")
    assert fault.line == "| a/b | so | error: x.npy, byte 5; other | nothing |"
