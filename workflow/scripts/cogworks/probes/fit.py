"""The fits and scores of one job: every number of shots, every seed, every test set.

The folder of a cell holds the fitted classifier, and for each test set the predictions (`.npy`,
int32, in the order of the test features; see `Evaluation.predicted`) and the scores (`.json`), each
under a digest of everything that it depends on: what is done is kept when the job is killed, or run
again for another seed or test set.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from cogworks.core.files import atomic
from cogworks.core.progress import track
from cogworks.core.records import find_record, read_record, write_record
from cogworks.core.spec import digest
from cogworks.probes.cells import Cell, cells_of
from cogworks.probes.evaluate import Evaluation, evaluate, require_classes
from cogworks.probes.models import Model, Models
from cogworks.probes.outcomes import HYPER
from cogworks.probes.specs import FitSpec, cell_spec
from cogworks.probes.table import FeatureTable, TableSource

SCORES = ("top1", "top5", "mean_class", "log_odds")
BY_CLASS = ("class_right", "class_images")


def fit(
    spec: FitSpec,
    folder: Path,
    models: Models,
    *,
    train: TableSource | None,
    tests: Sequence[tuple[str, TableSource]],
    trials: pd.DataFrame | None,
    code: str,
    device: torch.device,
) -> pd.DataFrame:
    """Fit and score every cell.

    Args:
        spec: what the fit and the scores depend on besides features and trials.
        folder: where the cells are.
        models: what is scored.
        train: the training features, whose classes the first test set must show; None for a
            classifier that is not trained here.
        tests: name and features of each test set, the data set's own first.
        trials: the table of trials, for kinds that are tuned.
        code: digest of the code that computes all this.
        device: where to compute.

    Returns:
        One row for each (test_set, shots, seed), with the columns of `columns`; scores are null
        where the fit diverged: its weights, or its scores of every image, are not finite.
    """
    for _, source in tests:
        (train or tests[0][1]).require_same_encoder(source)
    base = digest([cell_spec(spec), models.digest, code])
    cells = cells_of(spec, folder, trials)
    keys = {cell.folder: digest([base, cell.shots, cell.seed, cell.params]) for cell in cells}
    todo = [
        (cell, name, source, key)
        for name, source in tests
        for cell in cells
        for key in [digest([keys[cell.folder], source.digest, spec.restrict_classes])]
        if not _is_scored(cell, name, key)
    ]
    unscored = {cell.folder for cell, _, _, _ in todo}
    wanted = [cell for cell in cells if cell.folder in unscored or spec.keeps(cell.shots)]
    if wanted:
        models.prepare([(cell, keys[cell.folder]) for cell in wanted])
    loaded: dict[str, FeatureTable] = {}
    for cell, name, source, key in track(todo, label="score", unit="score"):
        if name not in loaded:
            loaded.clear()
            loaded[name] = source.load(device)
            if train is not None and name == tests[0][0]:
                require_classes(train, loaded[name])
        _score(cell, name, models.model(cell), loaded[name], spec, key=key, device=device)
    for cell in cells:
        if not spec.keeps(cell.shots):
            cell.classifier.unlink(missing_ok=True)
    return pd.DataFrame(_rows(spec, cells, [name for name, _ in tests])).astype(columns())


def columns() -> dict[str, str]:
    """Return the columns of a score table, in order, and their types; see `Score`.

    Those of `BY_CLASS` hold a list for each row; the rows of a test set have the same classes.
    """
    text = ("encoder", "dataset", "test_set", "protocol", "shots")
    return {
        **dict.fromkeys(text, "str"),
        "seed": "int64",
        **dict.fromkeys((*SCORES, "val_top1", *HYPER, "k"), "float64"),
        **dict.fromkeys(("n_train", "n_test", "n_classes"), "int64"),
        "diverged": "bool",
        "converged": "boolean",
        **dict.fromkeys(BY_CLASS, "object"),
    }


def _is_scored(cell: Cell, test_set: str, key: str) -> bool:
    record = find_record(cell.scores(test_set))
    return record is not None and bool(record["key"] == key)


def _score(
    cell: Cell,
    test_set: str,
    model: Model,
    test: FeatureTable,
    spec: FitSpec,
    *,
    key: str,
    device: torch.device,
) -> None:
    """Write the predictions and, last, the scores of one cell on one test set."""
    record: dict[str, Any] = dict.fromkeys((*SCORES, *BY_CLASS, "n_test", "n_classes"))
    found = None
    if model.logits is not None:
        found = evaluate(
            test, model.logits, model.classes, restrict=spec.restrict_classes, device=device
        )
        _warn_of_unranked(found, cell, test)
    if found is None or found.unranked == found.score.n_test:
        found = None
        cell.predictions(test_set).unlink(missing_ok=True)
        record |= {"n_test": len(test.y), "n_classes": len(test.classes)}
    else:
        record |= asdict(found.score)
        with atomic(cell.predictions(test_set)) as partial:
            np.save(partial, found.predicted)
    record |= {"n_train": model.n_train, "diverged": found is None, "converged": model.converged}
    value = {"key": key, "classes": model.classes, "score": record}
    write_record(value, cell.scores(test_set))


def _warn_of_unranked(found: Evaluation, cell: Cell, test: FeatureTable) -> None:
    if found.unranked:
        what = "diverged" if found.unranked == found.score.n_test else "they count as wrong"
        print(
            f"warning: the classifier of shots {cell.shots}, seed {cell.seed} gives "
            f"{found.unranked} of {found.score.n_test} images of {test.name} scores that are NaN "
            f"or infinite: {what}",
            file=sys.stderr,
        )


def _rows(spec: FitSpec, cells: Sequence[Cell], names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the score table."""
    for name in names:
        for cell in cells:
            values = {
                "encoder": spec.encoder,
                "dataset": spec.dataset,
                "protocol": spec.protocol,
                "test_set": name,
                "shots": str(cell.shots),
                "seed": cell.seed,
                "val_top1": cell.val_top1,
                **{key: cell.params.get(key) for key in HYPER},
                "k": spec.neighbours,
                **read_record(cell.scores(name))["score"],
            }
            yield {key: values[key] for key in columns()}
