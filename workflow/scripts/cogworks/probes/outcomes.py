"""Configurations of hyper-parameters, and how training them ended.

Apart from `study`, so that what trains them starts without the library that chooses them.
"""

from dataclasses import dataclass

Params = dict[str, float]
# All that a kind of probe may have, as tables name them.
HYPER = ("lr", "weight_decay", "C")
DONE, PRUNED, DIVERGED = "done", "pruned", "diverged"


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: `done`, `pruned` or `diverged`.
        value: validation accuracy in percent; null where it diverged.
        epoch: last epoch, for a pruned trial.
        converged: whether the solver met its tolerance; null where the method has none.
    """

    state: str
    value: float | None = None
    epoch: int | None = None
    converged: bool | None = None
