"""Command lines: the numbers that they refuse, and the help of each argument."""

import argparse
import ast
from collections.abc import Callable

import pytest

from cogworks.core.cli import above_0, non_negative, positive
from cogworks.core.codehash import SCRIPTS


@pytest.mark.parametrize(
    ("parse", "taken", "refused"),
    [
        (positive, {"1": 1, "20": 20}, ["0", "-1", "3x", "1.5", ""]),
        (non_negative, {"0": 0, "7": 7}, ["-1", "x"]),
        (above_0, {"0.5": 0.5, "3": 3.0}, ["0", "-1", "3x", "nan", "inf"]),
    ],
)
def test_numbers(
    parse: Callable[[str], float], taken: dict[str, float], refused: list[str]
) -> None:
    assert {text: parse(text) for text in taken} == taken
    for text in refused:
        with pytest.raises(argparse.ArgumentTypeError, match=r"expected a .*, got"):
            parse(text)


def test_each_argument_of_a_script_is_explained() -> None:
    calls = [
        (path.name, call)
        for path in SCRIPTS.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".add_argument")
    ]
    assert len(calls) > 100
    assert [
        f"{name}: {ast.unparse(call)}"
        for name, call in calls
        if "help" not in {keyword.arg for keyword in call.keywords}
    ] == []
