"""The search of one job: every number of shots, every seed, on the training features alone.

A cell is one (shots, seed). Its record is a JSON file of its own, written after each batch of
configurations, under a digest of everything that it depends on: what is done is kept when the job
is killed, or run again for another seed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from cogworks.core.progress import track
from cogworks.core.spec import digest
from cogworks.probes.kinds import KINDS
from cogworks.probes.methods import Method, shots_of
from cogworks.probes.outcomes import HYPER
from cogworks.probes.specs import TuneSpec, cell_spec
from cogworks.probes.splits import Split, balance, rows_by_class, split
from cogworks.probes.study import Study, batch_sizes
from cogworks.probes.table import FeatureTable, TableSource, require_variation


def tune(
    spec: TuneSpec, source: TableSource, folder: Path, *, code: str, device: torch.device
) -> pd.DataFrame:
    """Search hyper-parameters and return all trials.

    Args:
        spec: what the search depends on besides the features.
        source: the training features.
        folder: where the records of cells are.
        code: digest of the code that computes them.
        device: where to compute.

    Returns:
        One row per trial: encoder, dataset, protocol, shots ('1', ..., 'all'), seed, number, batch,
        lr, weight_decay, C (null where the kind has none), state (done, pruned or diverged),
        val_top1 (percent, null where diverged), converged (whether the solver met its tolerance;
        null where the kind has none), chosen (the best of its cell).
    """
    studies = _studies(spec, source, folder, code)
    missing = [study for study in studies.values() if not study.finished]
    if missing:
        table = source.load(device)
        require_variation(table)
        # All splits first: too few images for the last number of shots shows before hours of work.
        splits = {str(shots): _splits(spec, table, shots_of(shots)) for shots in spec.shots}
        todo = sum(
            sum(study.sizes[study.batch :]) * spec.passes * len(splits[shots][seed].train)
            for (shots, seed), study in studies.items()
        )
        method = KINDS.load(spec.kind).method
        assert method is not None, "only tuned kinds are searched"
        work = _search(spec, studies, splits, method(spec, table, device))
        for _ in track(work, label="search", total=todo, unit="images", count=int):
            pass
    return _frame(spec, studies)


def _studies(
    spec: TuneSpec, source: TableSource, folder: Path, code: str
) -> dict[tuple[str, int], Study]:
    key = digest([cell_spec(spec), source.digest, code])
    sizes = batch_sizes(spec.trials, spec.first_batch, spec.batch)
    space = {name: (interval.low, interval.high) for name, interval in spec.space.items()}
    return {
        (str(shots), seed): Study(
            folder / f"{shots}-{seed}.json", key=key, space=space, sizes=sizes, seed=seed
        )
        for shots in spec.shots
        for seed in range(spec.seeds)
    }


def _search(
    spec: TuneSpec,
    studies: dict[tuple[str, int], Study],
    all_splits: dict[str, list[Split]],
    how: Method,
) -> Iterator[int]:
    """Run every batch of every study that has not finished.

    Yields:
        After each batch, how many images were trained on.

    Raises:
        InputError: every configuration of a study diverged.
    """
    for shots in spec.shots:
        splits = all_splits[str(shots)]
        while open_ := [s for s in range(spec.seeds) if not studies[str(shots), s].finished]:
            # Whoever is behind goes first, so that seeds that were killed apart meet again.
            behind = min(studies[str(shots), seed].batch for seed in open_)
            together = [seed for seed in open_ if studies[str(shots), seed].batch == behind]
            together = together[: how.companions(len(splits[together[0]].train))]
            asked = [studies[str(shots), seed].ask() for seed in together]
            outcomes = how.search(together, [splits[seed] for seed in together], asked)
            for seed, params, found in zip(together, asked, outcomes, strict=True):
                studies[str(shots), seed].tell(params, found)
                yield len(params) * spec.passes * len(splits[seed].train)
            for seed in together:
                if studies[str(shots), seed].finished:
                    studies[str(shots), seed].best()  # says now, not hours later, if there is none


def _splits(spec: TuneSpec, table: FeatureTable, shots: int | None) -> list[Split]:
    rows = rows_by_class(table.labels, len(table.classes))
    if spec.per_class is not None:
        rows = balance(rows, table.classes, spec.per_class)
    return [
        split(rows, table.classes, seed=seed, validation=spec.validation, shots=shots)
        for seed in range(spec.seeds)
    ]


def _frame(spec: TuneSpec, studies: dict[tuple[str, int], Study]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for (shots, seed), study in studies.items():
        best = study.best().number
        for trial in study.trials:
            rows.append(
                {
                    "encoder": spec.encoder,
                    "dataset": spec.dataset,
                    "protocol": spec.protocol,
                    "shots": shots,
                    "seed": seed,
                    "number": trial.number,
                    "batch": trial.batch,
                    **{name: trial.params.get(name) for name in HYPER},
                    "state": trial.outcome.state,
                    "val_top1": trial.outcome.value,
                    "converged": trial.outcome.converged,
                    "chosen": trial.number == best,
                }
            )
    numbers = (*HYPER, "val_top1")
    types = dict.fromkeys(numbers, "float64") | {"converged": "boolean"}
    return pd.DataFrame(rows).astype(types)
