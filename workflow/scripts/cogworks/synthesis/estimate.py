"""What a clone will cost: images, calls of the denoiser, time of a device and disk.

The time is measured on the device with the clone's own settings. Where a whole batch takes less
than half a minute one is drawn; else two short runs give the time of a step and of the rest, and
the estimate says so.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet, write_json
from cogworks.synthesis import quality, sizes
from cogworks.synthesis.draw import Artist, Drawing, Order, image_seed
from cogworks.synthesis.estimates import Estimate
from cogworks.synthesis.generator import read_marker
from cogworks.synthesis.multiples import scaled
from cogworks.synthesis.pipeline import open_pipeline
from cogworks.synthesis.reasons import NON_FINITE
from cogworks.synthesis.schedulers import denoiser_calls
from cogworks.synthesis.specs import PartSpec
from cogworks.synthesis.watch import ADVICE

SHORT_STEPS = (2, 6)
WHOLE_BATCH_SECONDS = 30.0
SECONDS_PER_DAY = 86400
# Headers, padding and JSON that a tar file adds to an image.
TAR_BYTES = 2048


def estimate(
    *,
    counts: Sequence[int],
    n_shards: int,
    prompts: list[str],
    spec: PartSpec,
    pipe: Any,
    device: torch.device,
) -> Estimate:
    """Return the cost of a drawing, from a calibration of some seconds to a minute.

    Args:
        counts: images of each class at multiple 1.
        n_shards: how many shards each whole multiple has; each ends with a batch that is filled up.
        prompts: some of its prompts, at least one.
        spec: the drawing, all of it.
        pipe: its pipeline, on `device`.
        device: where it will be drawn.

    Raises:
        InputError: nothing that it draws is finite.
    """
    images, batch = sum(scaled(count, spec.end) for count in counts), spec.padded_batch
    calls = denoiser_calls(pipe.scheduler, spec.steps)
    orders = [
        Order(prompts[number % len(prompts)], image_seed(spec.seed, "estimate", number, 0))
        for number in range(batch)
    ]

    def draw(steps: int) -> tuple[float, list[Drawing]]:
        start = time.perf_counter()
        drawings = Artist(pipe, spec.model_copy(update={"steps": steps})).draw(orders)
        # They lie on the CPU now, so the device has finished.
        return time.perf_counter() - start, drawings

    seconds, drawings, how = _batch_seconds(draw, pipe, spec.steps)
    start = time.perf_counter()
    encoded = [
        quality.encode(drawing.pixels, kind=spec.format, quality=spec.quality)
        for drawing in drawings
    ]
    for drawing in drawings:
        quality.perceptual_hash(drawing.pixels)
    if not any(drawing.finite for drawing in drawings):
        raise InputError(f"the generator gives nothing of use: {ADVICE[NON_FINITE]}")
    per_batch = seconds + time.perf_counter() - start
    size = sum(map(len, encoded)) / batch + TAR_BYTES
    batches = sizes.drawn_images(counts, spec.end, n_shards=n_shards, batch=batch) // batch
    return Estimate(
        clone=spec.name,
        images=images,
        denoiser_calls=batches * calls,
        denoiser_calls_per_batch=calls,
        rows_per_call=batch * (2 if spec.guidance > 1 else 1),
        device=_name(device),
        measured=how,
        images_per_second=images / (batches * per_batch),
        device_days=batches * per_batch / SECONDS_PER_DAY,
        bytes_per_image=round(size),
        disk_bytes=round(images * size),
    )


def write_estimate(
    spec: PartSpec,
    *,
    marker: Path,
    prompts: Path,
    classes: Path,
    n_shards: int,
    device: torch.device,
    output: Path,
) -> None:
    """Load the generator of a drawing, calibrate, and write the estimate as JSON.

    Args:
        spec: the drawing, all of it.
        marker: the generator's marker.
        prompts: its table of prompts.
        classes: its table of classes.
        n_shards: how many shards each whole multiple has.
        device: where it will be drawn.
        output: the JSON to write.
    """
    counts = read_parquet(classes, columns=["images"])["images"].tolist()
    texts = read_parquet(prompts, columns=["prompt"])["prompt"].tolist()
    pipe = open_pipeline(read_marker(marker), spec, device)
    found = estimate(
        counts=counts,
        n_shards=n_shards,
        prompts=texts,
        spec=spec,
        pipe=pipe,
        device=device,
    )
    write_json(asdict(found), output)


def _batch_seconds(
    draw: Callable[[int], tuple[float, list[Drawing]]], pipe: Any, steps: int
) -> tuple[float, list[Drawing], str]:
    """Return the seconds of a batch at full length, its images, and how they were measured."""
    few, more = SHORT_STEPS
    calls = [denoiser_calls(pipe.scheduler, count) for count in (few, more, steps)]
    draw(few)  # compiles, and picks kernels
    short, _ = draw(few)
    longer, drawings = draw(more)
    per_call = max(longer - short, 0.0) / (calls[1] - calls[0])
    expected = short + per_call * (calls[2] - calls[0])
    if expected > WHOLE_BATCH_SECONDS:
        # Images after a few steps are noisy and compress badly: an upper bound of the disk space.
        return expected, drawings, f"extrapolated from {few} and {more} steps"
    seconds, drawings = draw(steps)
    return seconds, drawings, "one whole batch"


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
