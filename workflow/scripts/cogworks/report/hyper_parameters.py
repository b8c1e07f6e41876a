"""The settings of training runs as table C.1 names them.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from cogworks.plan.runs import Run
from cogworks.report.specs import SettingRow

YES, NO = "✓", "–"
_PIPELINES = {"dino": "DINO", "pytorch": "PyTorch"}
_LOSSES = {"ocm": "L_OCM", "cosine": "L_CE"}

Setting = Callable[[Run], str]


def _yes(holds: bool) -> str:
    return YES if holds else NO


def _range(scale: Sequence[float]) -> str:
    return "({:g}, {:g})".format(*scale)


# The top part: what all models share.
SHARED: dict[str, Setting] = {
    "Optimizer": lambda run: "SGD",
    "Base learning rate": lambda run: f"{run.numbers.optimizer.lr_per_256:g}",
    "Learning rate rule": lambda run: f"{run.numbers.optimizer.lr_per_256:g} × batch size / 256",
    "Learning rate warmup": lambda run: f"Linear, {run.numbers.optimizer.warmup_epochs:g} epochs",
    "Learning rate decay rule": lambda run: "Cosine schedule",
    "Weight decay": lambda run: f"{run.numbers.optimizer.weight_decay:g}",
    "Momentum": lambda run: f"{run.numbers.optimizer.momentum:g}",
    # A run has the same recipe on any number of GPUs, so the table does not depend on theirs.
    "Number of GPUs": lambda run: "any",
    "Batch size per GPU": lambda run: "batch size / GPUs",
    "Batch size total": lambda run: str(run.numbers.optimizer.batch),
    "Epochs": lambda run: str(run.numbers.optimizer.epochs),
    "Synchronized batch norms": lambda run: YES,
    "Mixed precision": lambda run: _yes(run.numbers.precision != "float32"),
    "τ in equations 4.1 and 4.2": lambda run: f"{run.numbers.loss.temperature:g}",
    "Augmentation pipeline from": lambda run: _PIPELINES.get(
        run.numbers.augmentation.recipe, run.numbers.augmentation.recipe
    ),
    "Number of crops": lambda run: (
        f"M_g = {run.numbers.augmentation.global_crops}, "
        f"M_l = {run.numbers.augmentation.local_crops}"
    ),
    "Global crop resolution": lambda run: str(run.numbers.augmentation.global_size),
    "Global crop scale range": lambda run: _range(run.numbers.augmentation.global_scale),
    "Local crop resolution": lambda run: str(run.numbers.augmentation.local_size),
    "Local crop scale range": lambda run: _range(run.numbers.augmentation.local_scale),
}
# The bottom part: t-ReX and t-ReX*.
SPECIFIC: dict[str, Setting] = {
    "Projector input l2-norm": lambda run: _yes(run.numbers.projector.normalize_input),
    "Projector L": lambda run: str(run.numbers.projector.layers),
    "Projector d_h": lambda run: str(run.numbers.projector.hidden),
    "Projector d_b": lambda run: str(run.numbers.projector.bottleneck),
    "Global crop scale range": SHARED["Global crop scale range"],
    "Local crop scale range": SHARED["Local crop scale range"],
    "Memory bank size |Q|": lambda run: str(run.numbers.loss.memory),
    "Loss function used for training": lambda run: _LOSSES.get(
        run.numbers.loss.kind, run.numbers.loss.kind
    ),
}


def shared(runs: Sequence[Run]) -> list[SettingRow]:
    """Return the settings of all runs: the most frequent value, then what others have."""
    rows = []
    for name, setting in SHARED.items():
        counts = Counter(setting(run) for run in runs if _counts(name, run))
        first, *others = [value for value, _ in counts.most_common()] or [NO]
        text = f"{first}; others: {' / '.join(others)}" if others else first
        rows.append(SettingRow(configuration=name, values=[text]))
    return rows


def specific(runs: Sequence[Run | None]) -> list[SettingRow]:
    """Return the settings of single runs, an empty text for those that are not there."""
    return [
        SettingRow(configuration=name, values=["" if run is None else setting(run) for run in runs])
        for name, setting in SPECIFIC.items()
    ]


def _counts(name: str, run: Run) -> bool:
    """Whether a setting does something in a run: without local crops, theirs do nothing."""
    if name.startswith("Local crop"):
        return run.numbers.augmentation.local_crops > 0
    return not name.startswith("τ") or run.numbers.loss.kind != "softmax"
