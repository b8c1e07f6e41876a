"""Batches for training: which images, decoded by whom, cut where.

An image's crops depend on (seed, epoch, image) alone and the order of images on (seed, epoch), so
that neither the number of workers nor an interruption changes what is trained on.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from cogworks.core import leader
from cogworks.core.seeds import derive_seed
from cogworks.images.decode import CorruptImageError, decode_pil, decode_uint8
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.training.augmentation.choices import Choices, CropKind, draw_choices
from cogworks.training.augmentation.multicrop import make_crops
from cogworks.training.pixels import Pixels, join_images

# So many images tell how large all of them are, decoded.
SAMPLED_IMAGES = 64

Key = tuple[int, np.ndarray]


@dataclass(frozen=True)
class Batch:
    """B images of one step's piece: crops, or what crops are made from on the device.

    Attributes:
        labels: (B,) int64.
        crops: uint8 (M B, 3, S, S) for each kind; empty where the device is to make them.
        pixels: decoded images; None where crops are made already.
        choices: what to do with them, for each kind.
    """

    labels: torch.Tensor
    crops: list[torch.Tensor]
    pixels: Pixels | None
    choices: list[Choices]

    def pin_memory(self) -> "Batch":
        """Return the same batch in memory from which copies to a GPU need not wait."""
        return replace(
            self,
            labels=self.labels.pin_memory(),
            crops=[crops.pin_memory() for crops in self.crops],
            pixels=self.pixels.pin_memory() if self.pixels is not None else None,
        )


class BatchOrder(Sampler[Key]):
    """The keys (epoch, images) of one process's pieces, from a step to the end of the training."""

    def __init__(
        self,
        images: int,
        *,
        epochs: int,
        batch: int,
        seed: int,
        pieces: int = 1,
        rank: int = 0,
        processes: int = 1,
        first_step: int = 0,
    ) -> None:
        """Divide each batch into pieces, and each piece among processes, in order.

        So a piece has the same images, whose statistics batch norm takes, for any number of
        processes.

        Args:
            images: N; each epoch drops the N mod batch images that its order puts last.
            epochs: passes over the images.
            batch: images of a step, a multiple of processes x pieces.
            seed: the run's seed.
            pieces: pieces of a batch.
            rank: which process this is.
            processes: how many there are.
            first_step: the step to begin with, counted from 0 over all epochs.
        """
        self.images, self.epochs, self.batch, self.seed = images, epochs, batch, seed
        self.pieces, self.rank, self.processes = pieces, rank, processes
        self.first_step = first_step
        self.steps_per_epoch = images // batch

    def __len__(self) -> int:
        return (self.epochs * self.steps_per_epoch - self.first_step) * self.pieces

    def __iter__(self) -> Iterator[Key]:
        first_epoch, first_step = divmod(self.first_step, self.steps_per_epoch)
        for epoch in range(first_epoch, self.epochs):
            for step in self._epoch(epoch)[first_step if epoch == first_epoch else 0 :]:
                for piece in step:
                    yield epoch, piece

    def _epoch(self, epoch: int) -> np.ndarray:
        """Return the images of an epoch, (steps, pieces, images of a piece)."""
        generator = np.random.Generator(np.random.PCG64(derive_seed(self.seed, "order", epoch)))
        order = generator.permutation(self.images)[: self.steps_per_epoch * self.batch]
        shares = order.reshape(self.steps_per_epoch, self.pieces, self.processes, -1)
        result: np.ndarray = shares[:, :, self.rank]
        return result


class TrainingImages(Dataset[Batch]):
    """Crops of the images of a manifest, a batch at a time."""

    def __init__(
        self,
        manifest: Manifest,
        kinds: list[CropKind],
        *,
        seed: int,
        implementation: str,
        on_device: bool,
        reader: ImageReader | None = None,
    ) -> None:
        """Take the images' places; nothing is read yet.

        Args:
            manifest: the training images.
            kinds: the kinds of crops.
            seed: the run's seed.
            implementation: `fast` or `pil`.
            on_device: leave the making of crops to the device (`device_crops`).
            reader: reads the images, if not from where the manifest says.
        """
        self.reader = ImageReader(manifest) if reader is None else reader
        self.labels = torch.from_numpy(manifest.labels.astype(np.int64))
        self.drop_corrupt = manifest.on_corrupt == "drop"
        self.kinds, self.seed, self.implementation = kinds, seed, implementation
        self.on_device = on_device
        self.cache: Pixels | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: Key) -> Batch:
        """Return the batch of `(epoch, images)`."""
        epoch, indices = key
        pixels, found = self._decode(indices)
        choices = draw_choices(
            self.kinds,
            seed=self.seed,
            epoch=epoch,
            indices=indices,
            heights=pixels.heights,
            widths=pixels.widths,
        )
        labels = self.labels[torch.from_numpy(found)]
        if self.on_device:
            return Batch(labels, [], pixels, choices)
        crops = make_crops(pixels, choices, self.kinds, implementation=self.implementation)
        return Batch(labels, crops, None, [])

    def fill_cache(self, megabytes: int, threads: int) -> bool:
        """Decode all images into memory if they fit into this many MB, and say whether they do.

        Their size is estimated from a sample.
        """
        count = len(self)
        sample = np.unique(np.linspace(0, count - 1, min(count, SAMPLED_IMAGES)).astype(np.int64))
        if not megabytes or self._decode(sample)[0].values.numel() / len(sample) * count > (
            megabytes * 2**20
        ):
            return False
        parts = np.array_split(np.arange(count), min(count, threads * 8))
        with ThreadPoolExecutor(threads) as pool:
            decoded = [image for part in pool.map(self._decode_each, parts) for image in part]
        self.cache = join_images([image for image, _ in decoded])
        self.labels = self.labels[torch.tensor([index for _, index in decoded])]
        return True

    def _decode(self, indices: np.ndarray) -> tuple[Pixels, np.ndarray]:
        """Return the images and their positions, which differ where one was replaced."""
        if self.cache is not None:
            return join_images([self.cache.image(index) for index in indices]), indices
        decoded = self._decode_each(indices)
        images, found = zip(*decoded, strict=True)
        return join_images(images), np.array(found, dtype=np.int64)

    def _decode_each(self, indices: np.ndarray) -> list[tuple[torch.Tensor, int]]:
        return [self._decode_or_next(int(index)) for index in indices]

    def _decode_or_next(self, index: int) -> tuple[torch.Tensor, int]:
        """Decode an image; where corrupt ones are to be dropped, the next one stands in for it."""
        for _ in range(len(self)):
            name = self.reader.name(index)
            try:
                return self._decode_one(self.reader.read_bytes(index), name), index
            except CorruptImageError as error:
                if not self.drop_corrupt:
                    raise
                print(f"{error}; the next image stands in for it", file=sys.stderr)
                index = (index + 1) % len(self)
        raise CorruptImageError("no image can be decoded")

    def _decode_one(self, data: bytes, name: str) -> torch.Tensor:
        if self.implementation == "fast":
            return decode_uint8(data, name=name)
        pixels = np.array(decode_pil(data, name=name))
        return torch.from_numpy(pixels).permute(2, 0, 1)


def device_crops(
    batch: Batch, kinds: list[CropKind], device: torch.device
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return a batch's uint8 crops and its labels on `device`, making the crops if need be."""
    labels = batch.labels.to(device, non_blocking=True)
    if batch.pixels is None:
        return [crops.to(device, non_blocking=True) for crops in batch.crops], labels
    pixels = batch.pixels.to(device)
    return make_crops(pixels, batch.choices, kinds, implementation="fast"), labels


def make_loader(
    images: TrainingImages, order: BatchOrder, *, workers: int, pin: bool
) -> DataLoader[Batch]:
    """Return the loader of one process's pieces; with 0 workers it works in the process itself."""
    return DataLoader(
        images,
        sampler=order,
        batch_size=None,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=4 if workers else None,
        worker_init_fn=partial(_begin, os.getpid()),
    )


def _begin(parent: int, worker: int) -> None:
    leader.die_with(parent)
