"""What is recorded of a run: a long table of (step, epoch, metric, value)."""

from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.files import write_parquet

# What a number means, for readers of the file.
METRICS = {
    "loss": "training loss, mean since the last record",
    "top1": "training top-1 over all crops in percent, mean since the last record",
    "lr": "learning rate of the step",
    "gradient_similarity": "mean cosine between class-weight gradients of different classes",
    "weight_change": "Frobenius norm of the step's change of the normalised class weights",
    "prototype_change": "Frobenius norm of the step's change of the normalised prototypes",
    "val_loss": "loss on the validation images",
    "val_top1": "top-1 on the validation images in percent",
    "val_top5": "top-5 on the validation images in percent",
    "images_per_second": "training images per second since the last record",
    "wait_share": "share of that time spent waiting for data",
}


class Metrics:
    """Rows in the order in which they were recorded; part of a run's state."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Any]] = {"step": [], "metric": [], "value": []}

    def add(self, step: int, values: dict[str, float]) -> None:
        """Record values after `step` steps."""
        for metric, value in values.items():
            assert metric in METRICS, metric
            self._rows["step"].append(step)
            self._rows["metric"].append(metric)
            self._rows["value"].append(float(value))

    def last(self, metric: str) -> float | None:
        """Return the metric's last value, None where it has none."""
        for name, value in zip(
            reversed(self._rows["metric"]), reversed(self._rows["value"]), strict=True
        ):
            if name == metric:
                return float(value)
        return None

    def has(self, metric: str, step: int) -> bool:
        """Say whether the metric was recorded after `step` steps."""
        rows = zip(self._rows["metric"], self._rows["step"], strict=True)
        return (metric, step) in rows

    def state_dict(self) -> dict[str, list[Any]]:
        """Return all rows, column by column."""
        return {name: list(column) for name, column in self._rows.items()}

    def load_state_dict(self, state: dict[str, list[Any]]) -> None:
        """Take the rows of `state_dict`."""
        self._rows = {name: list(column) for name, column in state.items()}

    def frame(self, steps_per_epoch: int) -> pd.DataFrame:
        """Return the table: step int64, epoch float64, metric str, value float64."""
        table = pd.DataFrame(
            {
                "step": pd.Series(self._rows["step"], dtype="int64"),
                "metric": pd.Series(self._rows["metric"], dtype="str"),
                "value": pd.Series(self._rows["value"], dtype="float64"),
            }
        )
        table.insert(1, "epoch", table["step"] / steps_per_epoch)
        return table

    def write(self, path: Path, steps_per_epoch: int) -> None:
        """Write the table as Parquet, with the metrics' meanings as metadata."""
        write_parquet(self.frame(steps_per_epoch), path, metadata={"metrics": METRICS})
