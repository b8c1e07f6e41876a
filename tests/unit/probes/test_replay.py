"""Recording a step: what there is to see of it without a GPU."""

import contextlib
import gc
from typing import Any

import pytest
import torch
from torch import Tensor

from cogworks.probes.replay import Replay


class Graph:
    """Stands for a CUDA graph: replaying does the recorded work again."""

    def __init__(self) -> None:
        self.work: Any = None

    def capture_begin(self, **_: Any) -> None:
        assert not gc.isenabled(), "a graph that is collected now would spoil this one"

    def capture_end(self) -> None:
        pass

    def replay(self) -> None:
        self.work()


class Stream:
    def wait_stream(self, other: "Stream") -> None:
        pass


@pytest.mark.parametrize("steady", [False, True])
def test_inputs_are_where_the_recorded_work_looks(
    monkeypatch: pytest.MonkeyPatch, steady: bool
) -> None:
    graph, home = Graph(), torch.zeros(3)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: graph)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
    total, calls = torch.zeros(3), []

    def work(x: Tensor) -> None:
        calls.append(x)
        if gc.isenabled():
            total.add_(x)
        else:  # recorded, not done
            graph.work = lambda: total.add_(x)

    step = Replay(work, steady=steady)
    for value in range(1, 5):
        step(home.fill_(value) if steady else torch.full((3,), float(value)))
    assert total.tolist() == [10.0] * 3
    assert len(calls) == 2
    assert gc.isenabled()
