"""Numbers of command lines: what they refuse is one line of argparse's."""

import argparse
from collections.abc import Callable

import pytest

from cogworks.core.cli import above_0, non_negative, positive


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
