"""The search for hyper-parameters: Optuna's TPE, asked in batches, with a memory of its own.

Each batch is asked of a fresh sampler that is seeded by (seed, number of the batch) and is told all
finished trials. So what it proposes depends on those alone, and a search that is killed and resumed
after any batch ends as it would have without. Optuna's own storages do not give that: a killed
trial stays running there, and a resumed sampler repeats itself. Of trials that diverged the sampler
is told that they are worse than any other. As failures it would pass over them, and never learn
where training diverges.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState

from cogworks.core.errors import InputError
from cogworks.core.records import find_record, write_record
from cogworks.core.seeds import derive_seed
from cogworks.probes.outcomes import DIVERGED, DONE, PRUNED, Outcome, Params

# What the sampler is told of a trial that diverged, in percent: less than any accuracy.
HOPELESS = -1.0


@dataclass(frozen=True)
class Trial:
    """One configuration that was tried."""

    number: int
    batch: int
    params: Params
    outcome: Outcome


def batch_sizes(trials: int, first: int, then: int) -> list[int]:
    """Return how many trials each batch holds: `first`, then `then` until there are `trials`."""
    sizes = [min(first, trials)]
    while sum(sizes) < trials:
        sizes.append(min(then, trials - sum(sizes)))
    return sizes


class Study:
    """The search of one cell, recorded in a file after every batch.

    Args:
        path: the record; one that is damaged or has another key is started again.
        key: digest of everything that the search depends on.
        space: low and high of each hyper-parameter, log-uniform.
        sizes: trials in each batch, see `batch_sizes`.
        seed: the repetition.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: str,
        space: Mapping[str, tuple[float, float]],
        sizes: Sequence[int],
        seed: int,
    ) -> None:
        self.path, self.key, self.sizes, self.seed = path, key, sizes, seed
        self.space = space
        self._space: dict[str, BaseDistribution] = {
            name: FloatDistribution(low, high, log=True) for name, (low, high) in space.items()
        }
        self.trials = _read(path, key)

    @property
    def batch(self) -> int:
        """Number of finished batches."""
        return len({trial.batch for trial in self.trials})

    @property
    def finished(self) -> bool:
        """Whether all batches are."""
        return self.batch == len(self.sizes)

    def ask(self) -> list[Params]:
        """Return the configurations of the next batch."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=derive_seed("search", self.seed, self.batch) % 2**32,
                n_startup_trials=self.sizes[0],
                multivariate=True,
                constant_liar=True,
            )
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([self._finished_trial(trial) for trial in self.trials])
        asked = [study.ask(self._space) for _ in range(self.sizes[self.batch])]
        return [dict(trial.params) for trial in asked]

    def tell(self, params: Sequence[Params], outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of a batch, in the order in which it was asked."""
        batch, first = self.batch, len(self.trials)
        self.trials += [
            Trial(first + place, batch, values, outcome)
            for place, (values, outcome) in enumerate(zip(params, outcomes, strict=True))
        ]
        trials = [asdict(trial) for trial in self.trials]
        write_record({"key": self.key, "trials": trials}, self.path)

    def best(self) -> Trial:
        """Return the finished trial with the highest value, the first of equals.

        Raises:
            InputError: all diverged.
        """
        done = [trial for trial in self.trials if trial.outcome.state == DONE]
        if not done:
            ranges = ", ".join(
                f"{name} {low} to {high}" for name, (low, high) in self.space.items()
            )
            raise InputError(
                f"{self.path}: every configuration of the search diverged ({ranges}); "
                "lower the ranges in the protocol, or normalise the features"
            )
        return max(done, key=lambda trial: (trial.outcome.value, -trial.number))

    def _finished_trial(self, trial: Trial) -> optuna.trial.FrozenTrial:
        outcome = trial.outcome
        given: dict[str, Any] = {"value": outcome.value}
        if outcome.state == PRUNED:
            given = {"intermediate_values": {outcome.epoch: outcome.value}}
        elif outcome.state == DIVERGED:
            given = {"value": HOPELESS}
        return optuna.trial.create_trial(
            state=TrialState.PRUNED if outcome.state == PRUNED else TrialState.COMPLETE,
            params=trial.params,
            distributions=self._space,
            **given,
        )


def _read(path: Path, key: str) -> list[Trial]:
    record = find_record(path)
    if record is None or record["key"] != key:
        return []
    return [Trial(**trial | {"outcome": Outcome(**trial["outcome"])}) for trial in record["trials"]]
