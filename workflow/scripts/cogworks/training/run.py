"""A training run from manifest to results."""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cogworks.core import lock
from cogworks.core.device import pick_device, set_arithmetic, set_threads
from cogworks.core.errors import InputError
from cogworks.core.interrupt import StopFlag, children_ignore_stop_signals
from cogworks.core.seeds import derive_seed
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.scratch import local_reader
from cogworks.training import checkpoint, marks
from cogworks.training.augmentation.choices import crop_kinds
from cogworks.training.batch_norm import synchronise
from cogworks.training.board import Board
from cogworks.training.export import (
    describe_run,
    write_classifier,
    write_description,
    write_encoder,
)
from cogworks.training.identity import identify
from cogworks.training.loader import BatchOrder, TrainingImages, make_loader
from cogworks.training.model import build_model
from cogworks.training.processes import Processes, join_processes, leave_processes
from cogworks.training.progress import Progress
from cogworks.training.specs import Description, TrainSpec
from cogworks.training.tiny_maps import refuse_single_pixels
from cogworks.training.trainer import Trainer
from cogworks.training.validation import Validation, check_classes


@dataclass(frozen=True)
class Files:
    """Where a run's inputs are and its results go.

    Attributes:
        manifest: training images.
        validation: validation images; None trains without validation.
        folder: gets encoder.safetensors, classifier.safetensors, spec.json and metrics.parquet.
        state: the folder of the resumable state.
        start: weights with which the encoder begins; None begins with random ones.
    """

    manifest: Path
    validation: Path | None
    folder: Path
    state: Path
    start: Path | None = None


@dataclass(frozen=True)
class Options:
    """How a run is computed, without effect on what is computed.

    Attributes:
        device: `auto`, `cpu` or `cuda`.
        threads: CPU cores of this process.
        workers: loader processes; negative chooses.
        cache_mb: decoded images are kept in memory up to this many MB.
        checkpoint_minutes: from one checkpoint to the next.
        scratch: a folder for a copy of the images; empty for none.
    """

    device: str
    threads: int
    workers: int
    cache_mb: int
    checkpoint_minutes: float
    scratch: str = ""


def train(spec: TrainSpec, files: Files, options: Options) -> bool:
    """Train, go on with an interrupted training, or find it stopped again.

    Returns:
        True where the training reached its end and the results are written; False where a signal
        stopped it: the state is kept, and the same call goes on from there.

    Raises:
        InputError: bad manifests, a state of another training, a loss that is not finite.
    """
    set_threads(options.threads)
    processes = join_processes(pick_device(options.device))
    place = files.state.with_name(f".{files.state.name}.lock")
    held = lock.hold(place, what="this training") if processes.first else contextlib.nullcontext()
    try:
        with held, contextlib.ExitStack() as copies:
            return _train(spec, files, options, processes, copies)
    finally:
        leave_processes(processes)


def _train(
    spec: TrainSpec,
    files: Files,
    options: Options,
    processes: Processes,
    copies: contextlib.ExitStack,
) -> bool:
    """Train, see `train`; copies of images are kept until `copies` is closed."""
    manifest = read_manifest(files.manifest)
    _check_images(manifest, spec.optimizer.batch)
    held_out = read_manifest(files.validation) if files.validation is not None else None
    validation = _validation(spec, manifest, held_out, options, processes, copies)
    identity = identify(spec, manifest, held_out, files.start)
    # The first process decides for all, before any looks: it may take files away.
    found = processes.first and checkpoint.take_up(files.state, identity)
    resumed = bool(processes.greatest(int(found)))
    set_arithmetic(spec.precision)
    torch.manual_seed(derive_seed(spec.seed, "weights"))
    model, companion, feature_dim = build_model(spec, len(manifest.classes), files.start)
    if processes.count > 1:
        synchronise(model, processes.device)
        if companion is not None:
            synchronise(companion, processes.device)
    kinds = crop_kinds(spec.augmentation)
    if processes.device.type == "cpu" and spec.precision == "bfloat16":
        refuse_single_pixels(model.embedder, kinds)
    trainer = Trainer(
        spec,
        model=model,
        companion=companion,
        kinds=kinds,
        images=len(manifest),
        processes=processes,
        identity=identity,
        folder=files.state,
    )
    if resumed:
        trainer.load_state_dict(checkpoint.load_state(files.state))
    images = TrainingImages(
        manifest,
        kinds,
        seed=spec.seed,
        implementation=spec.augmentation.implementation,
        on_device=_on_device(spec, processes.device),
        reader=copies.enter_context(local_reader(manifest, options.scratch)),
    )
    workers = _workers(images, options, processes.device)
    with StopFlag() as flag, _without_workers_left():
        done = _run(trainer, images, workers, validation, options, flag)
        if done and processes.first:
            description = describe_run(
                spec,
                classes=manifest.classes,
                feature_dim=feature_dim,
                dataset=manifest.dataset,
                digest=manifest.digest,
            )
            _write_results(trainer, description, files)
    return done


def _run(
    trainer: Trainer,
    images: TrainingImages,
    workers: int,
    validation: Validation | None,
    options: Options,
    flag: StopFlag,
) -> bool:
    """Train to the end or to a signal, see `Trainer.run`; no worker outlives it."""
    processes = trainer.processes
    loader = make_loader(
        images,
        _order(trainer.spec, len(images), processes, trainer.step),
        workers=workers,
        pin=processes.device.type == "cuda",
    )
    with children_ignore_stop_signals():
        batches = iter(loader)
    board = Board(trainer.folder, first_step=trainer.step) if processes.first else None
    progress = Progress(
        steps=trainer.steps,
        steps_per_epoch=trainer.steps_per_epoch,
        batch=trainer.spec.optimizer.batch,
        first_step=trainer.step,
    )
    done = trainer.run(
        batches,
        validation=validation,
        checkpoint_minutes=options.checkpoint_minutes,
        progress=progress,
        board=board,
        flag=flag,
    )
    if board is not None:
        board.close()
    return done


@contextlib.contextmanager
def _without_workers_left() -> Iterator[None]:
    """Kill the loader's workers where the block fails.

    They are deaf to the signal by which Python ends them at its own end, and it would wait for
    them forever.
    """
    try:
        yield
    except BaseException:
        # PyTorch's handler would raise an error of their end in the place of this one.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for worker in multiprocessing.active_children():
            worker.kill()
        raise


def _write_results(trainer: Trainer, description: Description, files: Files) -> None:
    write_encoder(trainer.model.embedder.encoder, files.folder / "encoder.safetensors")
    write_classifier(trainer.model, files.folder / "classifier.safetensors")
    trainer.metrics.write(files.folder / "metrics.parquet", trainer.steps_per_epoch)
    write_description(description, files.folder / "spec.json")
    marks.finish(files.state, trainer.step)


def _check_images(manifest: Manifest, batch: int) -> None:
    if len(manifest) < batch:
        raise InputError(
            f"{manifest.path}: {len(manifest)} images are fewer than one batch of {batch}; "
            "lower optimizer.batch or use more images"
        )
    present = np.bincount(manifest.labels, minlength=len(manifest.classes))
    empty = [name for name, count in zip(manifest.classes, present, strict=True) if not count]
    if empty:
        raise InputError(
            f"{manifest.path}: no image of {len(empty)} of its {len(manifest.classes)} classes, "
            f"first {empty[0]}; train on classes that have images"
        )


def _validation(
    spec: TrainSpec,
    manifest: Manifest,
    held_out: Manifest | None,
    options: Options,
    processes: Processes,
    copies: contextlib.ExitStack,
) -> Validation | None:
    if held_out is None:
        return None
    check_classes(manifest, held_out)
    crops = spec.augmentation
    return Validation(
        held_out,
        size=crops.global_size,
        mean=crops.mean,
        std=crops.std,
        processes=processes,
        threads=options.threads,
        cache_mb=options.cache_mb,
        reader=copies.enter_context(local_reader(held_out, options.scratch)),
    )


def _order(spec: TrainSpec, images: int, processes: Processes, first_step: int) -> BatchOrder:
    optimizer = spec.optimizer
    return BatchOrder(
        images,
        epochs=optimizer.epochs,
        batch=optimizer.batch,
        seed=spec.seed,
        pieces=optimizer.accumulation,
        rank=processes.rank,
        processes=processes.count,
        first_step=first_step,
    )


def _on_device(spec: TrainSpec, device: torch.device) -> bool:
    """Say whether crops are made on the device, so that the CPU only decodes."""
    return device.type == "cuda" and spec.augmentation.implementation == "fast"


def _workers(images: TrainingImages, options: Options, device: torch.device) -> int:
    """Return the number of loader processes, after keeping the images in memory if they fit."""
    cached = images.fill_cache(options.cache_mb, options.threads)
    if options.workers >= 0:
        return options.workers
    return 0 if cached and device.type == "cpu" else options.threads
