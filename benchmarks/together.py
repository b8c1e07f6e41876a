"""Images times encoders per second: each encoder alone, against all of them from one decoding.

The encoders are small networks on JPEGs of 500 x 375, so that decoding is what counts. Alone, each
decodes every image again, as jobs of their own do. The files must be the same bytes.

    python benchmarks/together.py [--number 128] [--threads 2] [--encoders 8] [--size 64]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from features import BATCH, decoding, make_spec, timed, write_images
from rows import Row

from cogworks.core.cli import positive
from cogworks.encoders.extract import Extraction, Wanted
from cogworks.images.manifest import Manifest

MODEL = "cogworks:small_resnet"
# The network of the demo.
OPTIONS = {"layers": [1, 1, 1, 1], "channels": [16, 32, 64, 128], "stem": "conv3_stride2"}


def wanted(folder: Path, count: int, size: int, decoder: str) -> list[Wanted]:
    """The features of networks that differ in their weights."""
    found = []
    for seed in range(count):
        settings = {"seed": seed, "batch_size": BATCH, "decoder": decoder, "options": OPTIONS}
        spec = make_spec(MODEL, size, **settings)
        stem = folder / f"{decoder}-{seed}"
        npy, index, work = (stem.with_suffix(end) for end in (".npy", ".parquet", ".work"))
        found.append(Wanted(spec.model_copy(update={"name": stem.name}), npy, index, work))
    return found


def compare(
    manifest: Manifest, folder: Path, *, threads: int, encoders: int, size: int, decoder: str
) -> tuple[float, float]:
    """Seconds of the encoders one by one, and together, in turns; the bytes must be the same."""
    folder.mkdir()
    given = wanted(folder, encoders, size, decoder)

    def run(parts: list[list[Wanted]]) -> list[bytes]:
        for part in parts:
            extraction = Extraction(manifest, torch.device("cpu"), threads=threads)
            assert extraction.run(part)
            assert not extraction.failed
        return [path.read_bytes() for one in given for path in (one.npy, one.index)]

    times = []
    for _ in range(2):
        alone, expected = timed(lambda: run([[one] for one in given]), 1)
        shared, found = timed(lambda: run([given]), 1)
        assert found == expected
        times.append((alone, shared))
    return min(alone for alone, _ in times), min(shared for _, shared in times)


def lines(threads: int, number: int, encoders: int, size: int) -> Iterator[Row]:
    """Yield a line for each decoder."""
    with tempfile.TemporaryDirectory() as name:
        manifest = write_images(Path(name), number)
        for decoder in ("pil", "fast"):
            decoded, _ = timed(partial(decoding, manifest, size, decoder), 2)
            alone, shared = compare(
                manifest,
                Path(name) / decoder,
                threads=threads,
                encoders=encoders,
                size=size,
                decoder=decoder,
            )
            yield Row(
                f"features of {encoders} small networks at {size} px together, `{decoder}`",
                f"{number * encoders / shared:.0f} images x encoders/s",
                decoded / threads / shared,
                "decoding once, in all threads",
                alone / shared,
            )


def rows(threads: int) -> Iterator[Row]:
    """Yield the table's lines."""
    yield from lines(threads, number=128, encoders=8, size=64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=positive, default=128)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--encoders", type=positive, default=8)
    parser.add_argument("--size", type=positive, default=64)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for row in lines(args.threads, args.number, args.encoders, args.size):
        print(*row.cells(), sep=" | ")


if __name__ == "__main__":
    main()
