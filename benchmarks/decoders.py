"""Images per second of what decodes ahead: threads of one process against several processes.

`16` stands for 16 threads of this process, `4x4` for four processes of four threads each, `auto`
for what a job of `--threads` would take. The batches of all must be the same. The rounds alternate.
Images are JPEGs of 500 x 375 in files. The rate is that from the first batch on, whose seconds are
the start; CPU is that of all processes, their start included.

    python benchmarks/decoders.py [--decoders 1 4 16 4x4 8x2] [--number 8192] [--rounds 3]
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from features import write_images

from cogworks.core.cli import positive
from cogworks.encoders.loader import BatchLoader
from cogworks.images.manifest import Manifest
from cogworks.networks.pixels import make_decoder


class Rate(NamedTuple):
    """How fast batches came.

    Attributes:
        images: a second, from the first batch on.
        start: seconds until then.
        cpu: milliseconds of an image.
    """

    images: float
    start: float
    cpu: float


def parse(text: str) -> list[int] | None:
    """Return the threads of each process; none where they are this one's, None for `auto`."""
    if text == "auto":
        return None
    count, _, threads = text.partition("x")
    return [int(threads)] * int(count) if threads else []


def way_of(text: str) -> str:
    """Return the name of a way to decode, for `parse`."""
    for number in [] if text == "auto" else text.split("x", 1):
        positive(number)
    return text


def make_loader(
    manifest: Manifest, way: str, *, size: int, threads: int, pin: bool = False
) -> BatchLoader:
    """Return the loader of a way to decode."""
    decode = make_decoder(decoder="fast", size=size, resize=size, interpolation="bicubic")
    each = parse(way)
    threads = int(way) if each == [] else threads
    return BatchLoader(manifest, decode, size=size, threads=threads, pin=pin, processes=each)


def spans(number: int, batch: int) -> list[tuple[int, int]]:
    """Return the first and last row (exclusive) of each batch."""
    return [(row, min(row + batch, number)) for row in range(0, number, batch)]


def clocked(batches: Iterable[Any], rows: Sequence[tuple[int, int]]) -> Rate:
    """Take batches of some rows as they come."""
    before, begin, first = cpu(), time.perf_counter(), 0.0
    for _ in batches:
        first = first or time.perf_counter()
    end, number = time.perf_counter(), rows[-1][1] - rows[0][0]
    later = number - (rows[0][1] - rows[0][0])
    return Rate(later / (end - first), first - begin, 1000 * (cpu() - before) / number)


def cpu() -> float:
    """Return the CPU seconds of this process and of those that it has waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def check(loaders: Sequence[BatchLoader], rows: Sequence[tuple[int, int]]) -> None:
    """The batches of all are the same."""
    ways: list[Iterator[Any]] = [loader.batches(rows) for loader in loaders]
    for expected, *others in zip(*ways, strict=True):
        assert all(torch.equal(found.pixels, expected.pixels) for found in others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--decoders", type=way_of, nargs="+", default=["1", "2", "1x2", "2x1"])
    parser.add_argument("--threads", type=positive, default=2, help="of `auto`")
    parser.add_argument("--number", type=positive, default=2048)
    parser.add_argument("--batch", type=positive, default=256)
    parser.add_argument("--size", type=positive, default=224)
    parser.add_argument("--rounds", type=positive, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        manifest = write_images(Path(name), args.number)
        loaders = [
            make_loader(manifest, way, size=args.size, threads=args.threads)
            for way in args.decoders
        ]
        rows = spans(args.number, args.batch)
        check(loaders, rows[:4])
        rates = [[clocked(one.batches(rows), rows) for one in loaders] for _ in range(args.rounds)]
    print(f"{args.number} images of 500 x 375 to {args.size} px, batches of {args.batch}")
    print(f"decoders  images/s  times {args.decoders[0]}  start s  CPU ms an image")
    best = [max(found) for found in zip(*rates, strict=True)]
    for way, rate in zip(args.decoders, best, strict=True):
        times = rate.images / best[0].images
        print(f"{way:8}  {rate.images:8.0f}  {times:7.2f}  {rate.start:7.2f}  {rate.cpu:15.2f}")


if __name__ == "__main__":
    main()
