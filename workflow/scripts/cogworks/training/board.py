"""The metrics of a run for TensorBoard, while it trains."""

import shutil
from pathlib import Path

FOLDER = "tensorboard"


class Board:
    """Writes metrics as TensorBoard events into `tensorboard` in the run's state folder."""

    def __init__(self, folder: Path, *, first_step: int) -> None:
        """Go on after `first_step`: later events of an interrupted run are void; from 0, all are.

        Args:
            folder: the run's state folder.
            first_step: steps that were done before.
        """
        # Not at the top: the import takes a second, and only one process of a run needs it.
        from torch.utils.tensorboard import SummaryWriter

        target = folder / FOLDER
        if first_step == 0:
            shutil.rmtree(target, ignore_errors=True)
        self._writer = SummaryWriter(str(target), purge_step=first_step + 1)

    def add(self, step: int, values: dict[str, float]) -> None:
        """Write values recorded after `step` steps."""
        for metric, value in values.items():
            self._writer.add_scalar(metric, value, step)

    def close(self) -> None:
        """Write what is still in memory."""
        self._writer.close()
