"""The stacked probe against the plain one: time, accuracy, weights, memory.

The plain probe (`probe_oracle.py`) trains one configuration at a time with nn.Linear and
torch.optim.SGD, proposed one by one by Optuna, and evaluates after every epoch. It is timed in two
versions: `plain` with the bookkeeping of published loops (running loss, top-1 and top-5 of the
training batches, a check for divergence, loss and top-5 in validation), `lean` with nothing but the
accuracy. Each seed runs all contenders in turn, so that a busy machine slows them alike. There are
two ratios: of wall time, and of processor time, which other programs disturb less. `products` is
the share of a probe's time that its matrix products alone would take at the rate that this machine
reaches in one large product: what is left of it bounds every further gain, and with a library of
slow small products the ratios are larger than with a fast one.

    python benchmarks/probes.py [--rows all shot weights memory] [--threads 2] [--seeds 5]
"""

import argparse
import functools
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from probe_oracle import Plain, clusters
from rows import Row

from cogworks.core.cli import positive
from cogworks.core.products import linear
from cogworks.probes.batches import reader
from cogworks.probes.classifier import Classifier
from cogworks.probes.evaluate import evaluate
from cogworks.probes.kinds.sgd import Pruning, SgdTune
from cogworks.probes.sgd import Sgd
from cogworks.probes.splits import fit_rows, rows_by_class, split
from cogworks.probes.stack import Group, Member, Recipe, cpu_multiplies_bfloat16, train
from cogworks.probes.study import Study, batch_sizes
from cogworks.probes.table import FeatureTable

ROOT = Path(__file__).resolve().parents[1]
CPU = torch.device("cpu")
ALL = {"n_classes": 100, "per_class": 160, "dim": 512, "spread": 4.5}
SHOT = {"n_classes": 1000, "per_class": 100, "dim": 512, "spread": 1.2}
TESTS = 40
# Runs a script and prints the peak of its memory in kB. (The peak that the system keeps of a child
# process begins with its parent's.)
PEAK = """
import re, runpy, sys
try:
    sys.argv = sys.argv[1:]
    sys.path[0] = sys.argv[0].rpartition("/")[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
SPACE = {"lr": (0.1, 100.0), "weight_decay": (1e-12, 1e-4)}


@dataclass
class Task:
    """Features, their test part, and how a probe of them is tuned."""

    table: FeatureTable
    test: tuple[torch.Tensor, torch.Tensor]
    spec: SgdTune
    shots: int | None

    @classmethod
    def make(cls, sizes: dict[str, Any], *, shots: int | None, epochs: int, trials: int) -> "Task":
        """Draw the features of one row of the table."""
        count = sizes["per_class"]
        x, y = clusters(**sizes | {"per_class": count + TESTS}, seed=0)
        test = torch.arange(len(y)) % (count + TESTS) >= count
        wnids = [f"n{label:08d}" for label in range(sizes["n_classes"])]
        return cls(
            FeatureTable(x[~test], y[~test], wnids, "benchmark"),
            (x[test], y[test]),
            fixtures().toy_job(kind="sgd", epochs=epochs, trials=trials).tune_spec,
            shots,
        )

    def split(self, seed: int) -> Any:
        """Return the split of the search and the rows of the fit."""
        rows = rows_by_class(self.table.labels, len(self.table.classes))
        keys: dict[str, Any] = {"seed": seed, "validation": 0.2, "shots": self.shots}
        fit = fit_rows(rows, self.table.classes, **keys)
        return split(rows, self.table.classes, **keys), torch.from_numpy(fit)

    def accuracy(self, classifier: Classifier) -> float:
        """Return the accuracy on the test images in percent, as a fit scores them."""
        classes = self.table.classes
        test = FeatureTable(*self.test, classes, "benchmark")
        return evaluate(test, classifier, classes, restrict=True, device=CPU).score.top1


def by_plain(task: Task, seed: int, *, monitor: bool) -> float:
    """Return the final top-1 of the plain probe."""
    parts, rows = task.split(seed)
    table, epochs = task.table, task.spec.epochs
    plain = Plain(table.x, table.y, len(table.classes), epochs, monitor=monitor)
    train_rows, val_rows = torch.from_numpy(parts.train), torch.from_numpy(parts.val)

    def objective(trial: optuna.Trial) -> float:
        lr, decay = (trial.suggest_float(name, *SPACE[name], log=True) for name in SPACE)
        found = plain.fit(train_rows, seed, lr=lr, weight_decay=decay, val=val_rows)[1]
        return found if found is not None else float("nan")

    sampler = optuna.samplers.TPESampler(multivariate=True, seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=task.spec.trials)
    # The final fit of the plain probe evaluates on the test images after every epoch too.
    x, y = task.test
    final = Plain(
        torch.cat([table.x, x]),
        torch.cat([table.y, y]),
        len(table.classes),
        epochs,
        monitor=monitor,
    )
    tests = torch.arange(len(table.y), len(table.y) + len(y))
    return float(final.fit(rows, seed, **study.best_params, val=tests)[1] or 0.0)


def by_stack(task: Task, seed: int, **changes: Any) -> float:
    """Return the final top-1 of the stacked probe, search and fit as the workflow makes them."""
    parts, rows = task.split(seed)
    spec = task.spec.model_copy(update=changes)
    how = Sgd(task.table, spec, CPU)
    sizes = batch_sizes(spec.trials, spec.first_batch, spec.batch)
    with tempfile.TemporaryDirectory() as folder:
        study = Study(Path(folder, "s.json"), key="", space=SPACE, sizes=sizes, seed=seed)
        while not study.finished:
            asked = study.ask()
            study.tell(asked, how.search([seed], [parts], [asked])[0])
        best = study.best()
    (classifier,) = how.fit([seed], [rows.numpy()], [best.params])
    assert classifier is not None
    return task.accuracy(classifier)


CONTENDERS: dict[str, Callable[[Task, int], float]] = {
    "plain": lambda task, seed: by_plain(task, seed, monitor=True),
    "lean": lambda task, seed: by_plain(task, seed, monitor=False),
    "float32": by_stack,
    "bfloat16": lambda task, seed: by_stack(task, seed, search_precision="bfloat16"),
    "float32, pruned": lambda task, seed: by_stack(
        task, seed, pruning=Pruning(epoch=max(1, task.spec.epochs // 4), keep=8 / 30)
    ),
}
# The type of the search's products, for the contenders that train every epoch of every trial.
SEARCHED_IN = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16 if cpu_multiplies_bfloat16() else torch.float32,
}


def product_rate(kind: torch.dtype, dim: int) -> float:
    """Return the multiplications and additions a second of a product of a batch's size."""
    x, w = torch.ones(1024, dim, dtype=kind), torch.ones(1000, dim, dtype=kind)
    bias, times = torch.ones(1000, dtype=kind), []
    for _ in range(30):
        start = time.perf_counter()
        linear(x, w, bias)
        times.append(time.perf_counter() - start)
    return 2 * 1024 * dim * 1000 / sorted(times)[len(times) // 2]


def product_seconds(task: Task, *, search: torch.dtype) -> float:
    """Return the time that the products of a search, one evaluation and a fit take at that rate."""
    parts, rows = task.split(0)
    dim, spec = task.table.dim, task.spec
    one = 2.0 * dim * len(task.table.classes)  # of one image through one classifier
    trained = spec.trials * spec.epochs * len(parts.train) * 2 * one
    exact = spec.trials * len(parts.val) * one + spec.epochs * len(rows) * 2 * one
    return trained / product_rate(search, dim) + exact / product_rate(torch.float32, dim)


@dataclass
class Clock:
    """Wall and processor time of each contender."""

    wall: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def run(self, name: str, work: Callable[[], float]) -> float:
        """Time `work` and return its result."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.wall[name] += time.perf_counter() - wall
        self.cpu[name] += time.process_time() - cpu
        return result


@dataclass
class Comparison:
    """Of each contender: times, final top-1, and what its products alone would take."""

    clock: Clock = field(default_factory=Clock)
    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    products: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @classmethod
    def run(cls, task: Task, seeds: int, names: list[str]) -> "Comparison":
        """Run the contenders in turn, seed by seed."""
        found = cls()
        for seed in range(seeds):
            for name in names:
                work = CONTENDERS[name]
                if name in SEARCHED_IN:
                    found.products[name] += product_seconds(task, search=SEARCHED_IN[name])
                top1 = found.clock.run(name, functools.partial(work, task, seed))
                found.scores[name].append(top1)
        return found

    def share(self, name: str) -> float:
        """Return the share of a contender's time that its products alone would take."""
        return self.products[name] / self.clock.wall[name]


def compare(title: str, task: Task, seeds: int) -> None:
    """Print times, ratios and accuracies of all contenders."""
    found = Comparison.run(task, seeds, list(CONTENDERS))
    clock = found.clock
    print(f"\n{title}, {seeds} seeds")
    print(
        "| probe | wall s | cpu s | plain/it wall | cpu | lean/it wall | cpu | products "
        "| top-1 mean |"
    )
    print(f"|{' --- |' * 9}")
    for name, values in found.scores.items():
        ratios = [
            f"{times[base] / times[name]:.2f}"
            for base in ("plain", "lean")
            for times in (clock.wall, clock.cpu)
        ]
        times = f"{clock.wall[name]:.1f} | {clock.cpu[name]:.1f}"
        share = f"{found.share(name):.0%}" if name in SEARCHED_IN else ""
        cells = [name, times, *ratios, share, f"{np.mean(values):.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def rows(threads: int) -> Iterator[Row]:
    """Yield a line for each task and precision: one seed, a search of 30 trials and its fit."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = ["plain", "float32"] + ["bfloat16"] * cpu_multiplies_bfloat16()
    for title, sizes, shots, goals in (
        ("16k x 512, 100 classes", ALL, None, ("85% of the limit", "75% of the limit")),
        ("one shot, 1000 classes", SHOT, 1, ("10 times the plain way", "15 times the plain way")),
    ):
        task = Task.make(sizes, shots=shots, epochs=10, trials=30)
        found = Comparison.run(task, 1, names)
        wall = found.clock.wall
        for name, goal in zip(names[1:], goals, strict=False):
            yield Row(
                f"search and fit of a probe, {title}, {name}",
                f"{wall[name]:.1f} s",
                found.share(name),
                "its products at the rate of one",
                wall["plain"] / wall[name],
                goal=goal,
            )


def weights(task: Task) -> None:
    """Print the largest relative difference of the weights, ten configurations, same order."""
    table, epochs = task.table, task.spec.epochs
    rows = torch.arange(len(table.y))
    rng = np.random.default_rng(0)
    lr = list(10 ** rng.uniform(-1, 2, 10))
    decay = list(10 ** rng.uniform(-12, -4, 10))
    stack = train(
        [Group(rows, 0, lr, decay)],
        n_classes=len(table.classes),
        source=reader(table.x, table.y, CPU),
        recipe=Recipe(epochs, 1024, 0.9, "cosine"),
    )
    plain = Plain(table.x, table.y, len(table.classes), epochs)
    worst = 0.0
    for place in range(10):
        model, _ = plain.fit(rows, 0, lr=lr[place], weight_decay=decay[place])
        wanted = model.weight.detach()
        weight, _ = stack.classifier(Member(0, place))
        worst = max(worst, float((weight - wanted).norm() / wanted.norm()))
    print(f"\nweights, same order and start: largest relative difference {worst:.1e} (below 1e-6)")


def memory(threads: int) -> None:
    """Print the peak memory of a search and of a fit beyond that of the same job on few images."""
    with tempfile.TemporaryDirectory() as folder:
        peaks: dict[tuple[str, str], int] = {}
        for name, per_class in (("few", 20), ("many", 2000)):
            store = fixtures().Store(Path(folder) / name)
            store.toy(n_classes=50, train=per_class, test=20, dim=512)
            for step, command in job(store, Path(folder) / name).items():
                command = [sys.executable, "-c", PEAK, *command, "--threads", str(threads)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                peaks[name, step] = int(done.stdout) * 1024
    size = 50 * 2000 * 512 * 4
    for step in ("tune", "fit"):
        extra = (peaks["many", step] - peaks["few", step]) / size
        print(f"memory of {step}: features of {size / 2**20:.0f} MB take {extra:.2f} times that")


@functools.cache
def fixtures() -> Any:
    """Return the module of the tests' toy features and jobs."""
    path = ROOT / "tests" / "unit" / "probes" / "conftest.py"
    spec = importlib.util.spec_from_file_location("probe_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["probe_fixtures"] = module
    spec.loader.exec_module(module)
    return module


def job(store: Any, folder: Path) -> dict[str, list[str]]:
    """Return the command lines of a search and of the fit after it."""
    planned = fixtures().toy_job(kind="sgd", epochs=2, trials=10, seeds=1)

    def files(split: str, prefix: str) -> list[str]:
        parts = zip(("features", "indices", "manifests"), store.path("toy", split), strict=True)
        return [text for part, path in parts for text in (f"--{prefix}{part}", str(path))]

    scripts, trials = ROOT / "workflow" / "scripts", str(folder / "trials.parquet")
    cells = ["--cells", str(folder / "cells"), "--output"]
    tune = ["tune_probes.py", "--spec", planned.tune_spec.text, *files("train", "")]
    fit = ["fit_probes.py", "--spec", planned.fit_spec.text, "--trials", trials]
    fit += [*files("train", "train-"), *files("test", "test-")]
    return {
        step: [str(scripts / arguments[0]), *arguments[1:], *cells, output]
        for step, arguments, output in (
            ("tune", tune, trials),
            ("fit", fit, str(folder / "scores.parquet")),
        )
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["all", "shot", "weights", "memory"]
    parser.add_argument("--rows", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--seeds", type=positive, default=5)
    parser.add_argument("--epochs", type=positive, default=10)
    parser.add_argument("--trials", type=positive, default=30)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    capability, low = torch.backends.cpu.get_cpu_capability(), cpu_multiplies_bfloat16()
    print(f"{args.threads} threads, {capability}, bfloat16 products in hardware: {low}")
    keys = {"epochs": args.epochs, "trials": args.trials}
    if "all" in args.rows:
        compare("16k x 512, 100 classes", Task.make(ALL, shots=None, **keys), args.seeds)
    if "shot" in args.rows:
        compare("one shot, 1000 classes", Task.make(SHOT, shots=1, **keys), min(args.seeds, 2))
    if "weights" in args.rows:
        weights(Task.make(ALL, shots=None, **keys))
    if "memory" in args.rows:
        memory(args.threads)


if __name__ == "__main__":
    main()
