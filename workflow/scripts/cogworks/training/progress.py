"""How far a training is: a line that renews itself on a terminal, now and then one in a log."""

import contextlib
import sys
import time
from collections.abc import Iterator

from cogworks.core.progress import LOG_INTERVAL_SECONDS, format_duration
from cogworks.training.metrics import Metrics

TERMINAL_INTERVAL_SECONDS = 0.5


class Progress:
    """Counts steps, images and seconds, of them those spent waiting for data."""

    def __init__(self, *, steps: int, steps_per_epoch: int, batch: int, first_step: int) -> None:
        """Start the clock.

        Args:
            steps: of the whole training.
            steps_per_epoch: steps of an epoch.
            batch: images of a step.
            first_step: steps that were done before.
        """
        self.steps, self.steps_per_epoch, self.batch = steps, steps_per_epoch, batch
        self.first_step = self.recorded_step = first_step
        self.start = self.recorded = self.shown = time.monotonic()
        self.waited = self.waited_before = 0.0
        self.aside = 0.0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time within as spent waiting for data."""
        start = time.monotonic()
        yield
        self.waited += time.monotonic() - start

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Leave the time within out of the images a second of training, not out of what is left."""
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        self.aside += seconds
        self.recorded += seconds

    def rates(self, step: int) -> dict[str, float]:
        """Return `images_per_second` and `wait_share` since the last call."""
        now = time.monotonic()
        seconds = max(now - self.recorded, 1e-9)
        images = (step - self.recorded_step) * self.batch
        waited = self.waited - self.waited_before
        self.recorded, self.recorded_step, self.waited_before = now, step, self.waited
        return {"images_per_second": images / seconds, "wait_share": waited / seconds}

    def show(self, step: int, metrics: Metrics) -> None:
        """Show a line where the last one is old enough, and at the end."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        interval = TERMINAL_INTERVAL_SECONDS if terminal else LOG_INTERVAL_SECONDS
        if now - self.shown < interval and step < self.steps:
            return
        self.shown = now
        text = self._line(step, now, metrics)
        if terminal:
            print(f"\r\x1b[K{text}", end="\n" if step == self.steps else "", file=sys.stderr)
        else:
            print(text, file=sys.stderr)
        sys.stderr.flush()

    def _line(self, step: int, now: float, metrics: Metrics) -> str:
        parts = [f"epoch {step / self.steps_per_epoch:.1f}, step {step}/{self.steps}"]
        for metric, name in (("loss", "loss"), ("top1", "top-1"), ("val_top1", "validation top-1")):
            value = metrics.last(metric)
            if value is not None:
                parts.append(f"{name} {value:.{3 if metric == 'loss' else 1}f}")
        seconds = max(now - self.start, 1e-9)
        training = max(seconds - self.aside, 1e-9)
        done = step - self.first_step
        speed = done * self.batch / training
        # A rate below ten would lose its only digit.
        parts.append(
            f"{speed:.{0 if speed >= 10 else 2}f} images/s, {self.waited / training:.0%} waiting"
        )
        if step < self.steps and done > 0:
            parts.append(f"{format_duration((self.steps - step) * seconds / done)} left")
        return ", ".join(parts)
