"""Accuracy on the training task while training goes on: section 4.4's resize and centre crop."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch.nn import functional

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import make_decoder, normalise
from cogworks.training.model import Classifier
from cogworks.training.processes import Processes

# Images are resized to 256 for a central square of 224, and in proportion for other sizes.
RESIZE_RATIO = 256 / 224
BATCH = 128


class Validation:
    """The validation images, and how the model does on them."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        size: int,
        mean: list[float],
        std: list[float],
        processes: Processes,
        threads: int,
        cache_mb: int,
        reader: ImageReader | None = None,
    ) -> None:
        """Take this process's share of the images: with P processes, every P-th.

        Args:
            manifest: the validation images.
            size: pixels of a side of the model's input.
            mean: of the channels.
            std: of the channels.
            processes: among which the images are shared.
            threads: how many decode at once.
            cache_mb: keep the prepared images in memory if they fit into this many MB.
            reader: reads the images, if not from where the manifest says.
        """
        self.reader = ImageReader(manifest) if reader is None else reader
        self.labels = torch.from_numpy(manifest.labels.astype(np.int64))
        self.share = np.arange(processes.rank, len(manifest), processes.count)
        # The first process has the largest share; all count the same batches.
        self.batches = -(-len(manifest) // (processes.count * BATCH))
        self.decode = make_decoder(
            decoder="fast", size=size, resize=round(size * RESIZE_RATIO), interpolation="bicubic"
        )
        self.mean = torch.tensor(mean, device=processes.device)
        self.std = torch.tensor(std, device=processes.device)
        self.processes, self.threads = processes, threads
        self.keep = len(self.share) * size**2 * 3 <= cache_mb * 2**20
        self.kept: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.drop_corrupt = manifest.on_corrupt == "drop"
        self.empty = np.empty((0, size, size, 3), dtype=np.uint8)
        self.path = manifest.path

    def evaluate(
        self, model: Classifier, precision: torch.dtype, stopped: Callable[[], bool]
    ) -> dict[str, float] | None:
        """Return `val_loss`, `val_top1` and `val_top5` (percent) of the model as it is.

        Args:
            model: what is validated.
            precision: of its forward pass.
            stopped: asked before each batch, as often by one process as by any other; where it
                answers yes, the validation is given up and None returned.

        Raises:
            CorruptImageError: a damaged image that is not to be dropped.
            InputError: no image can be decoded.
        """
        training = model.training
        model.eval()
        totals = self._totals(model, precision, stopped)
        model.train(training)
        if totals is None:
            return None
        loss, top1, top5, count = self.processes.total(totals).tolist()
        if not count:
            raise InputError(f"{self.path}: none of its images can be decoded, see the log")
        return {
            "val_loss": loss / count,
            "val_top1": 100 * top1 / count,
            "val_top5": 100 * top5 / count,
        }

    @torch.no_grad()
    def _totals(
        self, model: Classifier, precision: torch.dtype, stopped: Callable[[], bool]
    ) -> torch.Tensor | None:
        """Return this process's sums, see `_count`; None where it was stopped."""
        device = self.processes.device
        totals = torch.zeros(4, dtype=torch.float64, device=device)
        with ThreadPoolExecutor(self.threads) as pool:
            for number in range(self.batches):
                if stopped():
                    return None
                rows = self.share[number * BATCH : (number + 1) * BATCH]
                if not len(rows):
                    continue
                pixels, labels = self._batch(number, rows, pool)
                if not len(labels):
                    continue
                images = normalise(pixels, self.mean, self.std)
                with torch.autocast(device.type, precision, precision != torch.float32):
                    logits = model(images)
                totals += _count(logits.float(), labels)
        return totals

    def _batch(
        self, number: int, rows: np.ndarray, pool: ThreadPoolExecutor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return batch `number`, uint8 (B, S, S, 3), and its labels (B,), on the device."""
        if number < len(self.kept):
            images, labels = self.kept[number]
        else:
            found = [image for image in pool.map(self._prepare, rows) if image is not None]
            # Not one of a batch may be whole.
            images = torch.from_numpy(
                np.stack([pixels for pixels, _ in found]) if found else self.empty
            )
            labels = self.labels[torch.tensor([index for _, index in found], dtype=torch.long)]
            if self.keep:
                self.kept.append((images, labels))
        device = self.processes.device
        return images.to(device, non_blocking=True), labels.to(device, non_blocking=True)

    def _prepare(self, row: int) -> tuple[np.ndarray, int] | None:
        index = int(row)
        name = self.reader.name(index)
        try:
            return self.decode(self.reader.read_bytes(index), name), index
        except CorruptImageError as error:
            if not self.drop_corrupt:
                raise
            print(f"{error}; left out of the validation", file=sys.stderr)
            return None


def check_classes(training: Manifest, validation: Manifest) -> None:
    """Raise InputError where the two have other classes or the validation set has no image."""
    ours, theirs = set(training.classes), set(validation.classes)
    if ours != theirs:
        raise InputError(
            f"{validation.path}: its classes differ from those of {training.path}: "
            f"{_some(theirs - ours)} only there, {_some(ours - theirs)} missing there; "
            "set validation.dataset to a data set with the same classes"
        )
    if not len(validation):
        raise InputError(f"{validation.path}: has no image; set validation.split to none")


def _some(names: set[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return (", ".join(listed[:5]) or "none") + more


def _count(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return summed loss, hits among the best one and five, and number of images."""
    best = logits.topk(min(5, logits.shape[1]), dim=1).indices == labels[:, None]
    loss = functional.cross_entropy(logits, labels, reduction="sum").double()
    counts = [best[:, 0].sum().double(), best.sum().double(), loss.new_tensor(len(labels))]
    return torch.stack([loss, *counts])
