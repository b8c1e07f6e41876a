"""What the search of a probe takes: an image shown to a configuration, a step, a record."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import normalize

from cogworks.estimates.clock import clock, two_lengths
from cogworks.estimates.specs import Clocked, Search
from cogworks.probes.kinds import KINDS
from cogworks.probes.methods import Method
from cogworks.probes.outcomes import DONE, Outcome
from cogworks.probes.specs import TuneSpec
from cogworks.probes.splits import Split
from cogworks.probes.study import Study, batch_sizes
from cogworks.probes.table import FeatureTable

ROWS_OF_EACH = 8
# Batches of an epoch; and images of a batch that takes hardly more than its step.
BATCHES, SMALL = 8, 8


def search(spec: Search, device: torch.device) -> Clocked:
    """Return what a unit of the search takes."""
    return _trained(spec, device).model_copy(update={"record": _record(spec.search)})


def _record(spec: TuneSpec) -> float:
    """Return what a batch of configurations takes to ask for and to record."""
    sizes = batch_sizes(spec.trials, spec.first_batch, spec.batch)
    space = {name: (interval.low, interval.high) for name, interval in spec.space.items()}
    with tempfile.TemporaryDirectory() as folder:
        study = Study(Path(folder) / "0.json", key="", space=space, sizes=sizes, seed=0)

        def run() -> None:
            while not study.finished:
                asked = study.ask()
                study.tell(asked, [Outcome(DONE, float(n)) for n, _ in enumerate(asked)])

        return clock(run) / len(sizes)


def _trained(spec: Search, device: torch.device) -> Clocked:
    if "epochs" in type(spec.search).model_fields:
        return _by_steps(spec, device)
    together = max(spec.search.batch, 1)

    def prepare(rows: int) -> Callable[[], None]:
        return partial(_Task(spec, spec.search, rows, device).run, together)

    each, start = two_lengths(prepare, max(ROWS_OF_EACH * 128, spec.classes))
    return Clocked(seconds=each / together, start=start)


def _by_steps(spec: Search, device: torch.device) -> Clocked:
    """Tell images, steps and configurations apart: by large batches and small, of many and one."""
    # Of a small batch a larger one tells as well: two of a size could not be told apart.
    batch = max(spec.search.batch_size, 2 * SMALL)  # type: ignore[attr-defined]
    many = max(spec.search.batch, 2)

    def step(size: int, together: int) -> tuple[float, float]:
        """Return the seconds of a step, and of the start."""
        given = spec.search.model_copy(update={"batch_size": size})
        task = _Task(spec, given, BATCHES * size, device)
        each, start = two_lengths(lambda epochs: partial(task.run, together, epochs=epochs), 1)
        return each / BATCHES, start

    large, start = step(batch, many)
    return parts(
        (large, batch, many), (step(SMALL, many)[0], SMALL, many), (step(SMALL, 1)[0], SMALL, 1)
    ).model_copy(update={"start": start})


def parts(*steps: tuple[float, int, int]) -> Clocked:
    """Return what images, steps and configurations take, none less than nothing.

    Args:
        steps: seconds, images and configurations of a step of a large batch, of a small one, and
            of a small one of fewer configurations.
    """
    (large, images, many), (small, few, _), (single, _, less) = steps
    each = max(large - small, 0.0) / ((images - few) * many)
    update = max((small - single) / (many - less) - few * each, 0.0)
    step = max(single - less * (update + few * each), 0.0)
    return Clocked(seconds=each, step=step, update=update)


class _Task:
    """Made-up features, and the search on them."""

    def __init__(self, spec: Search, search: TuneSpec, rows: int, device: torch.device) -> None:
        count = rows + spec.classes
        x = torch.randn(count, spec.dim, generator=torch.Generator().manual_seed(0))
        labels = torch.arange(count) % spec.classes
        names = [f"{number:06d}" for number in range(spec.classes)]
        self.table = FeatureTable(normalize(x).to(device), labels, names, "estimate")
        order = np.arange(count)
        self.split = Split(train=order[:rows], val=order[rows:])
        self.search, self.device = search, device

    def run(self, together: int, **changes: int) -> None:
        """Search once, with so many configurations together."""
        params = {key: (space.low * space.high) ** 0.5 for key, space in self.search.space.items()}
        self._method(changes).search([0], [self.split], [[params] * together])

    def _method(self, changes: dict[str, int]) -> Method:
        method = KINDS.load(self.search.kind).method
        assert method is not None, "only tuned kinds are measured"
        return method(self.search.model_copy(update=changes), self.table, self.device)
