"""Short runs of the very functions that jobs call, on made-up data: seconds for a unit of work.

Two runs of different length tell the time of a unit from that of the start.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from cogworks.core.codehash import SCRIPTS
from cogworks.core.device import pick_device, set_threads
from cogworks.core.errors import InputError
from cogworks.encoders.extract import extract
from cogworks.estimates.specs import CPU, Clocked, Encode, Search, Train
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.probes.kinds import KINDS
from cogworks.probes.splits import Split
from cogworks.probes.table import FeatureTable
from cogworks.training.run import Files, Options, train

# A measurement ends when the longer run takes so many seconds more than the shorter one, and twice
# as long, so that the start and its noise do not count; or when it is so many times the first one.
SECONDS = 2.0
LONGEST = 3**5
# What the job of each kind of work loads.
MODULES = {
    "encode": "cogworks.encoders.extract",
    "train": "cogworks.training.run",
    "search": "cogworks.probes.tune",
}
# A GPU needs whole batches to be busy; a processor would take minutes for each.
CPU_BATCH = 32
ROWS_OF_EACH = 8


def measure(spec: Encode | Train | Search, *, threads: int, device: str) -> Clocked:
    """Return what a unit of work takes here.

    Args:
        spec: what is measured.
        threads: threads of its jobs.
        device: `auto`, `cpu` or `cuda`.
    """
    found = pick_device(device)
    set_threads(threads)
    name = torch.cuda.get_device_name(found) if found.type == "cuda" else CPU
    with tempfile.TemporaryDirectory() as folder:
        try:
            if isinstance(spec, Encode):
                seconds, start = _encode(spec, found, threads, Path(folder))
            elif isinstance(spec, Train):
                seconds, start = _train(spec, device, found, threads, Path(folder))
            else:
                seconds, start = _search(spec, found)
        except (InputError, torch.OutOfMemoryError) as error:
            return Clocked(device=name, problem=str(error).splitlines()[0])
    library = _clock(_load_library, MODULES[spec.kind])
    return Clocked(seconds=seconds, library=library, start=start, device=name)


def _load_library(module: str) -> None:
    """Load what a job loads before it begins, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)


def two_lengths(run: Callable[[int], object], units: int) -> tuple[float, float]:
    """Return the seconds of a unit, and of the start, from runs of more and more units.

    Args:
        run: does as many units.
        units: of the first run, which only warms up.
    """
    run(units)
    longest = LONGEST * units
    short, longer = _clock(run, units), _clock(run, 3 * units)
    while longer - short < max(SECONDS, short) and units < longest:
        units *= 3
        short, longer = longer, _clock(run, 3 * units)
    each = max(longer - short, 1e-9) / (2 * units)
    return each, max(short - units * each, 0.0)


def _clock(run: Callable[[Any], object], argument: Any) -> float:
    start = time.perf_counter()
    run(argument)
    return time.perf_counter() - start


def _encode(spec: Encode, device: torch.device, threads: int, folder: Path) -> tuple[float, float]:
    def run(batches: int) -> None:
        images = batches * spec.encoder.compute.batch_size
        work = Path(tempfile.mkdtemp(dir=folder))
        extract(
            _manifest(images, 1, spec.pixels, work),
            spec.encoder,
            npy=work / "features.npy",
            index=work / "features.parquet",
            device=device,
            threads=threads,
        )

    each, start = two_lengths(run, 1)
    return each / spec.encoder.compute.batch_size, start


def _train(
    spec: Train, name: str, device: torch.device, threads: int, folder: Path
) -> tuple[float, float]:
    batch = spec.train.optimizer.batch
    batch = batch if device.type == "cuda" else min(batch, CPU_BATCH)
    numbers = spec.train.model_copy(
        update={"optimizer": spec.train.optimizer.model_copy(update={"batch": batch})}
    )
    options = Options(
        device=name, threads=threads, workers=-1, cache_mb=1000, checkpoint_minutes=60.0
    )

    def run(steps: int) -> None:
        work = Path(tempfile.mkdtemp(dir=folder))
        _manifest(steps * batch, 2, spec.pixels, work)
        train(numbers, Files(work / "images.parquet", None, work, work / "state"), options)

    each, start = two_lengths(run, 1)
    return each / batch, start


def _search(spec: Search, device: torch.device) -> tuple[float, float]:
    search = spec.search
    method = KINDS.load(search.kind).method
    assert method is not None, "only tuned kinds are measured"
    together = [
        {key: (space.low * space.high) ** 0.5 for key, space in search.space.items()}
    ] * search.batch
    generator = torch.Generator().manual_seed(0)

    def run(rows: int) -> None:
        count = rows + spec.classes
        x = torch.randn(count, spec.dim, generator=generator)
        labels = torch.arange(count) % spec.classes
        names = [f"{number:06d}" for number in range(spec.classes)]
        table = FeatureTable(torch.nn.functional.normalize(x).to(device), labels, names, "estimate")
        order = np.arange(count)
        split = Split(train=order[:rows], val=order[rows:])
        method(search, table, device).search([0], [split], [together])

    rows = max(ROWS_OF_EACH * 128, spec.classes)
    each, start = two_lengths(run, rows)
    return each / len(together), start


def _manifest(images: int, classes: int, size: tuple[int, int], folder: Path) -> Manifest:
    """Write a manifest of one image that is named as often as images are wanted."""
    file = folder / "image.jpg"
    width, height = size
    coarse = np.random.default_rng(0).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3))
    image = Image.fromarray(coarse.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=90)
    file.write_bytes(buffer.getvalue())
    names = [f"class-{number}" for number in range(classes)]
    frame = pd.DataFrame(
        {
            "id": [f"{number:08d}" for number in range(images)],
            "path": str(file),
            "container": "file",
            "locator": 0,
            "size": len(buffer.getvalue()),
            "wnid": [names[number % classes] for number in range(images)],
        }
    )
    place = folder / "images.parquet"
    return write_manifest(frame, place, dataset="estimate", split="train", classes=names)
