"""The measures of features against the plain NumPy formulas: time, and memory beyond the features.

The features are float16 on disk, as extraction stores them: a common mean, variances that fall off,
rectified. The plain way reads all of them in float64 and takes the formulas as they are written:
all distances of a class at once, Pearson's correlations by `numpy.corrcoef`, singular values of the
whole matrix. Each way runs in a process of its own, so that the peak of its memory is its own; all
numbers must agree to 1e-6. The limit is one triangle of X^T X at the rate of a large product.

    python benchmarks/analyses.py [--rows 20000] [--dim 2048] [--threads 2]
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.linalg import blas
from scipy.spatial.distance import pdist

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from rows import Row, medians

from cogworks.analysis.blocks import FeatureSet, Part
from cogworks.analysis.measure import measure as measure_features
from cogworks.analysis.specs import MeasureSpec
from cogworks.core.cli import positive
from cogworks.core.device import limit_blas

EACH, EPS2, THRESHOLD = 200, 0.5, 1e-5
METRICS = ["sparsity", "intra_class_distance", "redundancy", "coding_length", "singular_values"]


@dataclass(frozen=True)
class Measured:
    """Seconds, peak memory in MB beyond what the libraries take, and the numbers by name."""

    seconds: float
    memory: float
    values: dict[str, list[float]]


def write_features(path: Path, rows: int, dim: int) -> None:
    """Write float16 features (rows, dim), a block at a time."""
    rng = np.random.default_rng(0)
    scale, mean = (1 + np.arange(dim)) ** -0.5, np.abs(rng.standard_normal(dim))
    x = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(rows, dim))
    for start in range(0, rows, 4096):
        block = x[start : start + 4096]
        block[:] = np.maximum(mean + rng.standard_normal(block.shape) * scale, 0)
    x.flush()


def ours(x: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Return all measures, as the workflow makes them."""
    spec = MeasureSpec(
        encoder="e",
        dataset="d",
        split="test",
        metrics=METRICS,
        sparsity_threshold=THRESHOLD,
        coding_eps2=EPS2,
    )
    found = measure_features(FeatureSet([Part(x, labels)]), spec).to_pandas()
    return {metric: found.loc[found["metric"] == metric, "value"].tolist() for metric in METRICS}


def plain(stored: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Return all measures by the formulas, on everything at once."""
    x = stored.astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    singular = np.linalg.svd(x, compute_uv=False)
    count, dim = x.shape
    volume = np.log1p(dim / (count * EPS2) * singular**2).sum() / 2
    distances = [pdist(x[labels == label]).mean() for label in np.unique(labels)]
    return {
        "sparsity": [float((np.abs(x) < THRESHOLD).mean())],
        "intra_class_distance": [float(np.mean(distances))],
        "redundancy": [float(np.abs(np.corrcoef(x.T)).mean())],
        "coding_length": [float(volume)],
        "singular_values": (singular / singular.sum()).tolist(),
    }


def peak() -> float:
    """Return the most memory of this process so far that was not mapped from a file, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = dict(re.findall(r"(VmHWM|RssFile):\s+(\d+)", status))
    return (int(found["VmHWM"]) - int(found["RssFile"])) / 1024


def tell(way: str, path: Path, threads: int) -> None:
    """Measure in this process and print what was found."""
    x = np.load(path, mmap_mode="r")
    labels = np.arange(len(x)) % max(1, len(x) // EACH)
    before, start = peak(), time.perf_counter()
    with limit_blas(threads):
        values = {"ours": ours, "plain": plain}[way](x, labels)
    print(json.dumps([time.perf_counter() - start, peak() - before, values]))


def measure(rows: int, dim: int, threads: int) -> dict[str, Measured]:
    """Return what both ways take, and check that they agree."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npy"
        write_features(path, rows, dim)
        found = {}
        for way in ("ours", "plain"):
            command = [
                sys.executable,
                __file__,
                "--tell",
                way,
                str(path),
                "--threads",
                str(threads),
            ]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[way] = Measured(*json.loads(done.stdout))
    for metric in METRICS:
        np.testing.assert_allclose(
            found["ours"].values[metric], found["plain"].values[metric], rtol=1e-6, atol=1e-9
        )
    return found


def limit(rows: int, dim: int, threads: int) -> float:
    """Return the seconds of a triangle of X^T X, at the rate of 4,096 rows in memory."""
    block = np.random.default_rng(0).standard_normal((4096, dim))
    with limit_blas(threads):
        seconds = medians({"limit": lambda: blas.dsyrk(1.0, block.T)}, 3)["limit"]
    return seconds * rows / len(block)


def rows(threads: int) -> Iterator[Row]:
    """Yield the table's line."""
    count, dim = 20_000, 2048
    found, least = measure(count, dim, threads), limit(count, dim, threads)
    own, other = found["ours"], found["plain"]
    share = own.memory / other.memory
    yield Row(
        f"all measures of {count:,} x {dim} features",
        f"{own.seconds:.1f} s, {own.memory:.0f} MB ({share:.0%} of the plain way's)",
        least / own.seconds,
        "one triangle of X^T X",
        other.seconds / own.seconds,
        goal="3 times the plain way, a tenth of its memory",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=positive, default=20_000)
    parser.add_argument("--dim", type=positive, default=2048)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--tell", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.tell:
        tell(args.tell[0], Path(args.tell[1]), args.threads)
        return
    found = measure(args.rows, args.dim, args.threads)
    print(f"{args.rows} x {args.dim}, {args.threads} threads; the numbers agree")
    print(f"limit: {limit(args.rows, args.dim, args.threads):.1f} s")
    for way, one in found.items():
        print(f"{way:6} {one.seconds:8.1f} s {one.memory:8.0f} MB beyond the libraries")


if __name__ == "__main__":
    main()
