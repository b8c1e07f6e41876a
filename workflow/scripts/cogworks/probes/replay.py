"""A step on a GPU that starts its thirty kernels at once: a small step takes longer to start."""

import contextlib
import gc
from collections.abc import Callable, Iterator

import torch
from torch import Tensor


class Replay:
    """Work on tensors of always the same shapes, recorded as a CUDA graph.

    The first call does the work as it is, by which libraries make their choices; the second one
    records it; from then on it is replayed: the same kernels on the same numbers.
    """

    def __init__(self, work: Callable[..., None], *, steady: bool) -> None:
        """Take the work: a function of tensors on the GPU that it does not wait for.

        Whatever else it reads or writes must stay where it is in memory, and so must its inputs if
        they are `steady`: they are not copied then.
        """
        self._work = work
        self._steady = steady
        self._warm = False
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: list[Tensor] = []

    def __call__(self, *inputs: Tensor) -> None:
        """Do the work on these inputs."""
        if not self._warm:
            self._warm = True
            self._work(*inputs)
            return
        if self._graph is None:
            self._inputs = [value if self._steady else value.clone() for value in inputs]
            self._graph = self._recorded()
        elif not self._steady:
            for own, value in zip(self._inputs, inputs, strict=True):
                own.copy_(value)
        self._graph.replay()

    def _recorded(self) -> torch.cuda.CUDAGraph:
        # Not torch.cuda.graph, which collects garbage and empties caches first: a tenth of a second
        # each time.
        graph, main, side = torch.cuda.CUDAGraph(), torch.cuda.current_stream(), torch.cuda.Stream()
        side.wait_stream(main)
        with no_collection(), torch.cuda.stream(side):
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                self._work(*self._inputs)
            finally:
                graph.capture_end()
        main.wait_stream(side)
        return graph


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage: a graph that is deleted while another is recorded spoils that one."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
