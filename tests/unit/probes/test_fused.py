"""The kernels of a search's step against torch in float64, interpreted on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("triton", reason="Triton is there on Linux alone")

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def found() -> Any:
    scripts = HERE.parents[2] / "workflow/scripts"
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": str(scripts)}
    command = [sys.executable, str(HERE / "fused_errors.py")]
    return json.loads(subprocess.check_output(command, env=environment, text=True))


def test_errors_are_softmax_less_one_at_the_label(found: Any) -> None:
    assert found["softmax"] < 2**-11


def test_a_logit_that_is_not_finite_spoils_its_row_alone(found: Any) -> None:
    assert found["spoiled"] == [True, False, True]


def test_a_step_is_that_of_sgd_with_momentum_and_weight_decay(found: Any) -> None:
    for name in ("weight", "momentum", "bias", "bias_momentum"):
        assert found[name] < 2e-6, name
    assert found["operand"] == found["without_operand"] == 0
