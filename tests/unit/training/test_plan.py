"""What rooms that have not moved to the plan yet ask about runs; see also `plan/test_runs.py`."""

from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.training import plan


def config(**training: dict[str, Any]) -> dict[str, Any]:
    return parse({"training": training}).model_dump()


def test_a_name_stands_for_a_run_or_for_those_of_a_sweep() -> None:
    axes = [{"key": "loss.memory", "values": [2048, 4096]}]
    both = config(ocm={"dataset": "seen", "sweep": axes}, plain={"dataset": "seen"})
    assert plan.expand(both, "ocm") == ["ocm_2048", "ocm_4096"]
    assert plan.expand(both, "ocm_4096") == ["ocm_4096"]
    assert list(plan.runs(both)) == ["ocm_2048", "ocm_4096", "plain"]
    assert plan.spec(both, "ocm_4096")["loss"]["memory"] == 4096
    with pytest.raises(InputError, match="'nope' is not a training run; known: ocm_2048"):
        plan.expand(both, "nope")


def test_a_missing_file_is_told() -> None:
    whole = config(a={"dataset": "seen", "start": {"checkpoint": "w.pth"}})
    assert plan.start_file(whole, "a") == ["w.pth"]
    assert plan.missing_paths(whole) == ["training.a.start.checkpoint: w.pth does not exist"]
