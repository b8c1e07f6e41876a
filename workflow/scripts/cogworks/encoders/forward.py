"""Running an encoder over batches of bytes: normalisation, precision, overlapped copies, GPUs."""

import collections
import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from cogworks.core.compiler import require_compiler
from cogworks.core.products import layers_by_onednn
from cogworks.encoders.loader import Batch
from cogworks.encoders.registry import Encoder
from cogworks.networks.pixels import normalise

DTYPES = {"float32": torch.float32, "float16": torch.float16}


class FeatureNet(nn.Module):
    """From uint8 pixels (B, S, S, 3) to stored features (B, D)."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, encoder: Encoder, *, precision: str, dtype: str) -> None:
        super().__init__()
        self.module = encoder.module
        self.compute = torch.bfloat16 if precision == "bfloat16" else torch.float32
        self.stored = DTYPES[dtype]
        self.bgr = encoder.image.channel_order == "bgr"
        self.module.to(self.compute).to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(encoder.image.mean, dtype=torch.float32))
        self.register_buffer("std", torch.tensor(encoder.image.std, dtype=torch.float32))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalise, encode, and convert to the type in which features are stored."""
        images = normalise(pixels, self.mean, self.std, bgr=self.bgr)
        features: torch.Tensor = self.module(images.to(self.compute))
        return features.to(self.stored)


def devices(device: torch.device, count: int) -> list[torch.device]:
    """Return the first `count` GPUs that this process sees (at least one), or the CPU."""
    if device.type != "cuda":
        return [device]
    return [torch.device("cuda", i) for i in range(min(max(count, 1), torch.cuda.device_count()))]


class Runner:
    """Encodes batches on one device; on a GPU, copies and computation overlap."""

    def __init__(self, net: FeatureNet, device: torch.device, *, compiled: bool) -> None:
        self._device = device
        self._net: Any = net.to(device).eval()
        if compiled:
            self._net = _compile(self._net, device)
        self._net = layers_by_onednn(device, net.compute)(self._net)
        self._copies = torch.cuda.Stream(device) if device.type == "cuda" else None

    def start(self, pixels: torch.Tensor) -> tuple[torch.Tensor, Any]:
        """Begin to encode `pixels`; return what `finish` takes."""
        # Not inference mode: the compiler cannot freeze weights under it.
        with torch.no_grad():
            if self._copies is None:
                return self._net(pixels), None
            return self._start_on_gpu(pixels, self._copies)

    def _start_on_gpu(
        self, pixels: torch.Tensor, copies: torch.cuda.Stream
    ) -> tuple[torch.Tensor, Any]:
        with torch.cuda.device(self._device):
            current = torch.cuda.current_stream()
            with torch.cuda.stream(copies):
                moved = pixels.to(self._device, non_blocking=True)
            current.wait_stream(copies)
            moved.record_stream(current)
            features = self._net(moved)
            host = torch.empty(features.shape, dtype=features.dtype, pin_memory=True)
            host.copy_(features, non_blocking=True)
            done = torch.cuda.Event()
            done.record(current)
        return host, done

    @staticmethod
    def finish(started: tuple[torch.Tensor, Any]) -> np.ndarray:
        """Wait for a batch that was started; return its features (B, D)."""
        features, done = started
        if done is not None:
            done.synchronize()
        result: np.ndarray = features.numpy()
        return result


def make_runners(
    encoder: Encoder, targets: list[torch.device], *, precision: str, dtype: str, compiled: bool
) -> list[Runner]:
    """Return a runner for each device, each with its own copy of the network."""
    net = FeatureNet(encoder, precision=precision, dtype=dtype)
    nets = [net, *(copy.deepcopy(net) for _ in targets[1:])]
    return [
        Runner(one, target, compiled=compiled) for one, target in zip(nets, targets, strict=True)
    ]


class Lane:
    """Batches on their way through one encoder, in order.

    They go to its runners in turn. Two on each are under way at a time, so that a device computes
    while the next batch is copied to it and the last result is written.
    """

    def __init__(self, runners: list[Runner]) -> None:
        self._runners = runners
        self._number = 0
        self._under_way: collections.deque[tuple[Batch, tuple[torch.Tensor, Any]]] = (
            collections.deque()
        )

    def put(self, batch: Batch) -> Iterator[tuple[Batch, np.ndarray]]:
        """Start to encode a batch; yield the one that is due, with the features of its rows."""
        runner = self._runners[self._number % len(self._runners)]
        self._under_way.append((batch, runner.start(batch.pixels)))
        self._number += 1
        if len(self._under_way) > 2 * len(self._runners):
            yield self._next()

    def rest(self) -> Iterator[tuple[Batch, np.ndarray]]:
        """Yield what is still under way."""
        while self._under_way:
            yield self._next()

    def _next(self) -> tuple[Batch, np.ndarray]:
        batch, started = self._under_way.popleft()
        return batch, Runner.finish(started)[: batch.stop - batch.start]


def _compile(net: nn.Module, device: torch.device) -> Any:
    require_compiler(device)
    if device.type == "cuda":
        return torch.compile(net, dynamic=False)
    import torch._inductor.config as inductor

    # Weights become constants: batch norms are folded, layouts prepared once.
    with inductor.patch(freezing=True):
        compiled = torch.compile(net, dynamic=False)

    def run(pixels: torch.Tensor) -> torch.Tensor:
        with inductor.patch(freezing=True):
            features: torch.Tensor = compiled(pixels)
        return features

    return run
