"""Short runs of the very functions that jobs call, on made-up data: seconds for a unit of work."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cogworks.analysis.blocks import FeatureSet, Part
from cogworks.analysis.measure import measure as describe
from cogworks.core.codehash import SCRIPTS
from cogworks.core.device import limit_blas, pick_device, set_threads
from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.core.warm.start import can_fork
from cogworks.encoders.extract import extract
from cogworks.estimates import clock as clocks
from cogworks.estimates.clock import clock, two_lengths
from cogworks.estimates.forks import load, loaded_by
from cogworks.estimates.photographs import photographs
from cogworks.estimates.searches import search
from cogworks.estimates.specs import (
    CPU,
    PARTS,
    Clocked,
    Describe,
    Draw,
    Encode,
    Measured,
    OnImages,
    Search,
    Sketch,
    Start,
    Teach,
    Train,
)
from cogworks.estimates.starts import starts
from cogworks.images.manifest import Manifest, read_manifest, write_manifest
from cogworks.training.code import run_code
from cogworks.training.run import Files, Options, train

# What the job of each kind of work loads.
MODULES: dict[type[Measured], str] = {
    Encode: "cogworks.encoders.extract",
    Train: "cogworks.training.run",
    Search: "cogworks.probes.tune",
    Draw: "cogworks.images.world.pack",
    Teach: "cogworks.synthesis.tiny.make",
    Sketch: "cogworks.synthesis.produce",
    Describe: "cogworks.analysis.measure",
}
# A GPU needs whole batches to be busy; a processor would take minutes for each.
CPU_BATCH = 32
# Rows of a block of features; images of each class for a generator; tables of scores.
BLOCK, LESSONS, TABLES = 4096, 32, 8


def measure(spec: Measured, *, threads: int, device: str) -> Clocked:
    """Return what a unit of work takes here.

    Args:
        spec: what is measured.
        threads: threads of its jobs.
        device: `auto`, `cpu` or `cuda`.
    """
    found = pick_device(device)
    set_threads(threads)
    modules = [MODULES[type(spec)]] if type(spec) in MODULES else []
    if modules and can_fork(device):
        modules += _loads(spec, threads)
    load(modules)
    name = torch.cuda.get_device_name(found) if found.type == "cuda" else CPU
    with tempfile.TemporaryDirectory() as folder:
        try:
            clocked = _clocked(spec, found, threads, Path(folder))
        except (InputError, torch.OutOfMemoryError) as error:
            return Clocked(device=name, problem=str(error).splitlines()[0])
    if modules:
        library = clock(_load, modules)
        clocked = clocked.model_copy(update={"library": library})
    used = name if isinstance(spec, Encode | Train | Search | Sketch) else CPU
    return clocked.model_copy(update={"device": used})


def _clocked(spec: Measured, device: torch.device, threads: int, folder: Path) -> Clocked:
    if isinstance(spec, Search):
        return search(spec, device)
    if isinstance(spec, Start):
        return _start(spec, folder)
    if isinstance(spec, Encode):
        seconds, start = _encode(spec, device, threads, folder)
    elif isinstance(spec, Train):
        seconds, start = _train(spec, device, threads, folder)
    elif isinstance(spec, Draw):
        seconds, start = _draw(spec, threads, folder)
    elif isinstance(spec, Teach):
        seconds, start = _teach(spec, folder)
    elif isinstance(spec, Sketch):
        seconds, start = _sketch(spec, device, folder)
    else:
        seconds, start = _describe(spec, threads)
    return Clocked(seconds=seconds, start=start)


def _loads(spec: Measured, threads: int) -> list[str]:
    """Return the modules that a job loads while it runs, and other jobs find loaded.

    In its start there is only what each process does anew.
    """

    def once() -> None:
        clocks.ONCE = True
        with tempfile.TemporaryDirectory() as folder:
            _clocked(spec, torch.device("cpu"), threads, Path(folder))

    return loaded_by(once)


def _load(modules: Sequence[str]) -> None:
    """Load what a job loads, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", "from cogworks.estimates import forks; forks.load_given()"]
    subprocess.run(command, env=environment, check=True, text=True, input=" ".join(modules))


def _encode(spec: Encode, device: torch.device, threads: int, folder: Path) -> tuple[float, float]:
    def prepare(batches: int) -> Callable[[], object]:
        work = Path(tempfile.mkdtemp(dir=folder))
        images = _images(spec, batches * spec.encoder.compute.batch_size, 1, work)
        return lambda: extract(
            images,
            spec.encoder,
            npy=work / "features.npy",
            index=work / "features.parquet",
            device=device,
            threads=threads,
        )

    each, start = two_lengths(prepare, 1)
    return each / spec.encoder.compute.batch_size, start


def _train(spec: Train, device: torch.device, threads: int, folder: Path) -> tuple[float, float]:
    batch = spec.train.optimizer.batch
    batch = batch if device.type == "cuda" else min(batch, CPU_BATCH)
    numbers = spec.train.model_copy(
        update={"optimizer": spec.train.optimizer.model_copy(update={"batch": batch})}
    )
    options = Options(
        device=device.type, threads=threads, workers=-1, cache_mb=1000, checkpoint_minutes=60.0
    )

    run_code(numbers)  # It is known to the process from which jobs are forked.

    def prepare(steps: int) -> Callable[[], object]:
        work = Path(tempfile.mkdtemp(dir=folder))
        images = _images(spec, steps * batch, 2, work)
        files = Files(Path(images.path), None, work, work / "state")
        return lambda: train(numbers, files, options)

    each, start = two_lengths(prepare, 1)
    return each / batch, start


def _start(spec: Start, folder: Path) -> Clocked:
    make = _table(folder) if spec.makes == "table" else _figure(folder)
    # A job makes one: what is loaded and set up for the first counts.
    seconds, read = clock(make), _summary(folder)
    each = min(clock(read), clock(read)) / TABLES
    (found,) = starts([f"make_{spec.makes}"])
    return Clocked(seconds=seconds, step=each, library=found.ordinary, forked=found.forked)


def _summary(folder: Path) -> Callable[[], object]:
    """Return what reads tables of scores and summarises them, as most tables and figures do."""
    from cogworks.report.scores import BY_CLASS, CELL, METRICS, SIZES, collect
    from cogworks.report.summary import summarise

    values = dict.fromkeys(METRICS, 50.0) | dict.fromkeys(SIZES, 9) | {"seed": range(5)}
    names = dict.fromkeys(CELL, "all") | {"diverged": False, "converged": None}
    paths = [folder / f"{number}.parquet" for number in range(TABLES)]
    for path in paths:
        frame = pd.DataFrame(names | values | {"encoder": path.stem})
        write_parquet(frame.assign(**{key: [[5] * 9] * len(frame) for key in BY_CLASS}), path)
    return lambda: summarise(collect(paths), baseline=None)


def _table(folder: Path) -> Callable[[], None]:
    from cogworks.report.formats import write_formats
    from cogworks.report.table import Column, Table, read_table, text_column, write_table

    frame = pd.DataFrame(np.random.default_rng(0).random((30, 6)), columns=[*"abcdef"])
    frame.insert(0, "name", [f"row {number}" for number in range(len(frame))])
    columns = [text_column("name", "name"), *(Column(key, key) for key in "abcdef")]
    # A job reads what it shows.
    write_table(Table("a table", columns, frame), folder / "table.parquet")
    return lambda: write_formats(read_table(folder / "table.parquet"), folder / "shown")


def _figure(folder: Path) -> Callable[[], None]:
    from matplotlib.figure import Figure

    from cogworks.report.drawing import style
    from cogworks.report.drawing.files import save

    def make() -> None:
        with style.drawing():
            figure = Figure(layout="constrained")
            for axes in figure.subplots(1, 2):
                for number, line in enumerate(np.random.default_rng(0).random((6, 8))):
                    axes.plot(line, label=f"line {number}")
                axes.legend()
        save(figure, folder / "figure")

    return make


def _draw(spec: Draw, threads: int, folder: Path) -> tuple[float, float]:
    from cogworks.concepts.wordnet import open_wordnet
    from cogworks.images.world.hierarchy import Hierarchy
    from cogworks.images.world.pack import write_pack

    def run(classes: int) -> None:
        wordnet = open_wordnet(spec.world.wordnet)
        hierarchy, wnids = Hierarchy(wordnet), wordnet.wnids()
        chosen = wnids[:: max(1, len(wnids) // classes)][:classes]
        # By one process: others take long to start, and then share the concepts.
        write_pack(spec.world, chosen, folder / "pack.parquet", hierarchy=hierarchy, workers=1)

    each, start = two_lengths(lambda classes: partial(run, classes), 1)
    return each / spec.world.images / threads, start


def _teach(spec: Teach, folder: Path) -> tuple[float, float]:
    from cogworks.synthesis.tiny.parts import make_parts
    from cogworks.synthesis.tiny.state import State
    from cogworks.synthesis.tiny.train import Lessons, Trainer

    given, size = spec.generator, spec.generator.image_size
    words = [f"class {number}" for number in range(spec.classes)]
    labels = torch.arange(spec.classes * LESSONS) % spec.classes
    pixels = torch.randint(256, (len(labels), 3, size, size), dtype=torch.uint8)
    lessons = Lessons(pixels, labels, [[[word] for _ in given.prompts] for word in words])

    def run(parts: int) -> None:
        part = {
            key: getattr(given, key).model_copy(
                update={"steps": max(1, round(getattr(given, key).steps * parts / PARTS))}
            )
            for key in ("autoencoder", "denoiser")
        }
        shorter = given.model_copy(update=part)
        state = State(Path(tempfile.mkdtemp(dir=folder)) / "state.pt", "estimate")
        parts_ = make_parts(shorter, lessons.texts())
        Trainer(parts_, shorter, state=state, stopped=lambda: False).train(lessons)

    return two_lengths(lambda parts: partial(run, parts), 1)


def _sketch(spec: Sketch, device: torch.device, folder: Path) -> tuple[float, float]:
    from cogworks.synthesis.estimate import estimate
    from cogworks.synthesis.generator import Marker
    from cogworks.synthesis.pipeline import open_pipeline
    from cogworks.synthesis.tiny.parts import assemble, make_parts

    prompts = [f"class {number}" for number in range(spec.drawing.padded_batch)]
    assemble(make_parts(spec.generator, prompts)).save_pretrained(folder)
    start = time.perf_counter()
    pipe = open_pipeline(Marker("", folder, None), spec.drawing, device)
    opened = time.perf_counter() - start
    found = estimate(
        counts=[spec.drawing.padded_batch],
        n_shards=1,
        prompts=prompts,
        spec=spec.drawing.model_copy(update={"start": 0.0, "end": 1.0}),
        pipe=pipe,
        device=device,
    )
    return 1 / found.images_per_second, opened


def _describe(spec: Describe, threads: int) -> tuple[float, float]:
    x = np.random.default_rng(0).standard_normal((BLOCK, spec.dim), dtype=np.float32)
    labels = np.arange(BLOCK) // spec.of_class

    def run(blocks: int) -> None:
        # No class is in two blocks.
        parts = [Part(x, labels + BLOCK * number) for number in range(blocks)]
        with limit_blas(threads):
            describe(FeatureSet(parts), spec.measures)

    each, start = two_lengths(lambda blocks: partial(run, blocks), 1)
    return each / BLOCK, start


def _images(spec: OnImages, number: int, classes: int, folder: Path) -> Manifest:
    """Write a manifest of so many images of some classes: of those that are there, or of one."""
    names = [f"class-{label}" for label in range(classes)]
    there = read_manifest(spec.manifest) if spec.manifest else None
    column = "image"
    if there is None or not len(there):
        image = folder / "image.jpg"
        image.write_bytes(photographs(1, spec.pixels)[0])
        frame = pd.DataFrame({"path": [str(image)] * number})
        frame = frame.assign(container="file", locator=0, size=-1)
    else:
        column = there.image_column
        # Neighbours, as a job reads them; the first ones again where there are too few.
        frame = there.frame.iloc[np.arange(number) % len(there)].reset_index(drop=True)
        frame = frame[["path", "container", "locator", "size"]]
    frame = frame.assign(
        id=[f"{place:08d}" for place in range(number)],
        wnid=[names[place % classes] for place in range(number)],
    )
    return write_manifest(
        frame,
        folder / "images.parquet",
        dataset="estimate",
        split="train",
        classes=names,
        image_column=column,
    )
