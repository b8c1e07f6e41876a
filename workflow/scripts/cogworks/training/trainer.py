"""The training loop: steps, records, validation, checkpoints, and when to stop."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from cogworks.core.compiler import require_compiler
from cogworks.core.errors import InputError
from cogworks.core.interrupt import StopFlag
from cogworks.core.seeds import derive_seed
from cogworks.training.augmentation.choices import CropKind
from cogworks.training.board import Board
from cogworks.training.checkpoint import STATE, State, save_state
from cogworks.training.head import Companion
from cogworks.training.identity import Identity
from cogworks.training.launch import stop_asked
from cogworks.training.loader import Batch, device_crops
from cogworks.training.metrics import Metrics
from cogworks.training.model import Classifier
from cogworks.training.optimizer import build_optimizer, learning_rate
from cogworks.training.processes import Processes
from cogworks.training.progress import Progress
from cogworks.training.specs import TrainSpec
from cogworks.training.traces import StepTrace
from cogworks.training.validation import Validation

PRECISIONS = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
RECORDS_PER_EPOCH = 10
# Processes ask each other after this many steps whether to stop or to save: the answer costs a
# wait.
STEPS_PER_QUESTION = 10
GO_ON, SAVE, STOP = range(3)


@dataclass
class Totals:
    """Sums over the steps since the last record, kept on the device so that no step waits."""

    loss: torch.Tensor
    hits: torch.Tensor
    crops: torch.Tensor

    @classmethod
    def zero(cls, device: torch.device) -> "Totals":
        """Return empty sums."""
        return cls(*torch.zeros(3, dtype=torch.float64, device=device).unbind())

    def tensor(self) -> torch.Tensor:
        """Return the three sums as one tensor (3,)."""
        return torch.stack([self.loss, self.hits, self.crops])

    @classmethod
    def share(cls, sums: torch.Tensor, processes: Processes) -> "Totals":
        """Return one process's part of the sums (P, 3) of the processes that saved them.

        With as many processes each takes its own, so that all goes on to the last bit; with
        another number the first one takes all.
        """
        sums = sums.to(processes.device)
        if len(sums) == processes.count:
            return cls(*sums[processes.rank].clone().unbind())
        return cls(*(sums.sum(dim=0) if processes.first else torch.zeros_like(sums[0])).unbind())

    def add(self, loss: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> None:
        """Count one piece: its mean loss, logits (N, C) and labels (N,)."""
        self.loss += loss.detach() * len(labels)
        self.hits += (logits.detach().argmax(dim=1) == labels).sum()
        self.crops += len(labels)


class Trainer:
    """One run on one process: everything that changes from step to step, and the loop."""

    def __init__(
        self,
        spec: TrainSpec,
        *,
        model: Classifier,
        companion: Companion | None,
        kinds: list[CropKind],
        images: int,
        processes: Processes,
        identity: Identity,
        folder: Path,
    ) -> None:
        """Take what is trained to its device and wrap it for the processes.

        Args:
            spec: the run's spec.
            model: from `build_model`.
            companion: from `build_model`; None where the loss has none.
            kinds: the kinds of crops.
            images: N, training images.
            processes: this process and its siblings.
            identity: what a state must agree with to be taken up again.
            folder: the run's state folder.
        """
        self.spec, self.processes, self.identity, self.folder = spec, processes, identity, folder
        self.kinds, self.device = kinds, processes.device
        layout = torch.channels_last if spec.channels_last else torch.contiguous_format
        self.layout = layout
        self.model = model.to(self.device).to(memory_format=layout)
        self.companion = companion
        if companion is not None:
            self.companion = companion.to(self.device).to(memory_format=layout)
        self.precision = PRECISIONS[spec.precision]
        self.optimizer = build_optimizer(self.model, spec.optimizer)
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.precision == torch.float16
        )
        self.wrapped = _wrap(self.model, processes, compile_=spec.compile)
        self.pieces = spec.optimizer.accumulation
        self.steps_per_epoch = images // spec.optimizer.batch
        self.steps = self.steps_per_epoch * spec.optimizer.epochs
        self.step = 0
        self.metrics = Metrics()
        self.board: Board | None = None
        self.flag = StopFlag()
        self.totals = Totals.zero(self.device)
        self.first_bad = torch.full((), -1, device=self.device)
        crops = spec.augmentation
        self.mean = 255 * torch.tensor(crops.mean, device=self.device).view(1, 3, 1, 1)
        self.std = 255 * torch.tensor(crops.std, device=self.device).view(1, 3, 1, 1)

    def state_dict(self) -> State:
        """Return all that the rest of the training depends on; all processes ask at once."""
        return {
            "identity": self.identity.text,
            "step": self.step,
            "model": self.model.state_dict(),
            "companion": self.companion.state_dict() if self.companion is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "metrics": self.metrics.state_dict(),
            "totals": self.processes.gather(self.totals.tensor()[None]).cpu(),
        }

    def load_state_dict(self, state: State) -> None:
        """Take up a state of `state_dict`, whose identity has been checked."""
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        if self.companion is not None:
            self.companion.load_state_dict(state["companion"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.metrics.load_state_dict(state["metrics"])
        self.totals = Totals.share(state["totals"], self.processes)

    def run(
        self,
        batches: Iterator[Batch],
        *,
        validation: Validation | None,
        checkpoint_minutes: float,
        progress: Progress,
        board: Board | None,
        flag: StopFlag,
    ) -> bool:
        """Train to the last step, or until a signal asks to stop; say whether the end was reached.

        In both cases the state is on disk afterwards.

        Args:
            batches: this process's pieces from the present step on.
            validation: how to validate; None does not.
            checkpoint_minutes: from one checkpoint to the next.
            progress: where to report.
            board: where to show the metrics, too.
            flag: tells of a signal.

        Raises:
            InputError: the loss is not a finite number; the last good state stays on disk.
        """
        self.board, self.flag = board, flag
        saved = time.monotonic()
        asked = self._ask(STOP if self._stopping() else GO_ON)
        # A signal may have cut short the validation that the state of the last run ends with.
        validated = asked != STOP and self._validate(validation, progress)
        while validated and asked != STOP and self.step < self.steps:
            self._train_step(batches, progress)
            self._record(progress)
            validated = self._validate(validation, progress)
            due = time.monotonic() - saved >= 60 * checkpoint_minutes
            asked = self._ask(STOP if self._stopping() else SAVE if due else GO_ON)
            if asked == SAVE and self.step < self.steps:
                self.save()
                saved = time.monotonic()
        self.save()
        return validated and self.step == self.steps

    def save(self) -> None:
        """Write the state, provided that its numbers are finite.

        Raises:
            InputError: the loss or a weight is not a finite number.
        """
        self._refuse_bad()
        state = self.state_dict()
        if self.processes.first:
            save_state(self.folder, state)
        # None goes on, or away, before the state is on disk.
        self.processes.wait()

    def _train_step(self, batches: Iterator[Batch], progress: Progress) -> None:
        """Take one step over `pieces` pieces of this process's share of a batch."""
        spec = self.spec
        torch.manual_seed(derive_seed(spec.seed, "step", self.step, self.processes.rank))
        every = spec.traces.every_steps
        trace = StepTrace(self.model.head) if every and self.step % every == 0 else None
        lr = learning_rate(self.step, self.steps_per_epoch, spec.optimizer)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad(set_to_none=True)
        firsts, labels = [], []
        for piece in range(self.pieces):
            with progress.waiting():
                batch = next(batches)
            crops, targets = device_crops(batch, self.kinds, self.device)
            images = [self._normalise(group) for group in crops]
            with self._unsynchronised(last=piece == self.pieces - 1):
                self._backward(images, targets)
            firsts.append(images[0][: len(targets)])
            labels.append(targets)
        self.scaler.unscale_(self.optimizer)
        if trace is not None:
            trace.gradients()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._remember(firsts, labels)
        self.step += 1
        if trace is not None:
            self._log(trace.after())

    def _backward(self, images: list[torch.Tensor], labels: torch.Tensor) -> None:
        """Add the gradients of one piece: the mean over its crops, divided among the pieces."""
        with self._autocast():
            logits = self.wrapped(images)
        targets = labels.repeat(len(logits) // len(labels))
        loss = self.model.head.loss(logits.float(), targets)
        bad = ~loss.detach().isfinite() & (self.first_bad < 0)
        self.first_bad = torch.where(bad, self.step + 1, self.first_bad)
        self.totals.add(loss, logits, targets)
        self.scaler.scale(loss / self.pieces).backward()

    def _remember(self, firsts: list[torch.Tensor], labels: list[torch.Tensor]) -> None:
        """Let what the loss keeps follow the step, and give it the first global crops."""
        if self.companion is None:
            return
        self.companion.follow(self.model.embedder)
        with self._autocast():
            embeddings = torch.stack([self.companion.embed(images) for images in firsts])
        self.companion.store(self._batch(embeddings), self._batch(torch.stack(labels)))

    def _batch(self, pieces: torch.Tensor) -> torch.Tensor:
        """Return the rows (B, ...) of all processes' pieces (P, B', ...), in the batch's order."""
        shares = self.processes.gather(pieces[None])
        return shares.transpose(0, 1).flatten(0, 2)

    def _record(self, progress: Progress) -> None:
        """Record losses and accuracies some times an epoch, and report the progress."""
        if self.step % max(1, self.steps_per_epoch // RECORDS_PER_EPOCH) == 0:
            loss, hits, crops = self.processes.total(self.totals.tensor()).tolist()
            self.totals = Totals.zero(self.device)
            self._refuse_bad_loss()
            lr = learning_rate(self.step - 1, self.steps_per_epoch, self.spec.optimizer)
            values = {"loss": loss / crops, "top1": 100 * hits / crops, "lr": lr}
            self._log(values | progress.rates(self.step))
        if self.processes.first:
            progress.show(self.step, self.metrics)

    def _validate(self, validation: Validation | None, progress: Progress) -> bool:
        """Validate at the end of the epochs that are due and of the last one, once each.

        Returns:
            Whether nothing is left to validate; False where a signal stopped it.
        """
        epoch, rest = divmod(self.step, self.steps_per_epoch)
        every = self.spec.validation.every_epochs
        if validation is None or rest or (epoch % every and self.step < self.steps):
            return True
        if not self.step or self.metrics.has("val_top1", self.step):
            return True
        with progress.apart():
            values = validation.evaluate(
                self.model,
                self.precision,
                lambda: bool(self.processes.greatest(int(self._stopping()))),
            )
        if values is None:
            return False
        self._log(values)
        return True

    def _log(self, values: dict[str, float]) -> None:
        self.metrics.add(self.step, values)
        if self.board is not None:
            self.board.add(self.step, values)

    def _stopping(self) -> bool:
        """Say whether this process knows that the run is to stop."""
        return self.flag.stop or stop_asked()

    def _ask(self, wish: int) -> int:
        """Return what all processes are to do; a single process decides at once."""
        if self.processes.count > 1 and self.step % STEPS_PER_QUESTION:
            return GO_ON
        return self.processes.greatest(wish)

    def _refuse_bad(self) -> None:
        self._refuse_bad_loss()
        for name, value in self.model.state_dict().items():
            if value.is_floating_point() and not bool(value.isfinite().all()):
                self._stop_at(self.step, f"{name} holds numbers that are not finite")

    def _refuse_bad_loss(self) -> None:
        step = self.processes.greatest(int(self.first_bad))
        if step > 0:
            self._stop_at(step, "the loss is not a finite number")

    def _stop_at(self, step: int, reason: str) -> None:
        kept = self.folder / STATE
        where = f"the last good state is {kept}" if kept.is_file() else "no state was kept yet"
        raise InputError(
            f"step {step} of {self.steps} (epoch {(step - 1) // self.steps_per_epoch + 1}): "
            f"{reason}; {where}. Lower optimizer.lr_per_256, lengthen the warm-up, or set "
            "precision to bfloat16 or float32"
        )

    def _normalise(self, crops: torch.Tensor) -> torch.Tensor:
        """Return uint8 crops (N, 3, S, S) as normalised float32 images."""
        images = crops.to(torch.float32, memory_format=self.layout)
        return images.sub_(self.mean).div_(self.std)

    def _autocast(self) -> torch.autocast:
        mixed = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision, enabled=mixed)

    def _unsynchronised(self, *, last: bool) -> AbstractContextManager[Any]:
        """Leave gradients unsummed over the processes, except for the last piece of a step."""
        if isinstance(self.wrapped, DistributedDataParallel) and not last:
            return self.wrapped.no_sync()
        return nullcontext()


def _wrap(model: Classifier, processes: Processes, *, compile_: bool) -> nn.Module:
    """Return the model as it is called in training; its weights stay those of `model`."""
    if compile_:
        require_compiler(processes.device)
        model.compile()
    if processes.count == 1:
        return model
    # Buffers agree already: batch norm is synchronised, prototypes are computed alike everywhere.
    return DistributedDataParallel(model, broadcast_buffers=False)
