"""Search and fit of a probe at the thesis's size on a GPU: 1.17M x 2048, 1000 classes, 30 trials.

    python benchmarks/gpu/probes_true_size.py [--epochs 100] [--ways bfloat16 ...] [--shots 1 2 4]

Features are made on the device: a Gaussian around each class's mean, of length 1, rounded to
float16. The search is the workflow's (batches of 10, 5, 5, 5, 5 trials, proposed by Optuna), and so
are the split, the evaluation and the final fit in float32. What is loaded and compiled at the first
steps is measured by itself. With fewer epochs than 100, `forecast` is what 100 take: the time of
the epochs grows with them, that of splits, proposals and evaluations does not. `share` is that of
the time that the matrix products would take at the rate of one large product of the same precision.
"""

import contextlib
import functools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from card import Report, kernels, matrix_rate, parser, wait

from cogworks.config.parse import parse
from cogworks.core.cli import non_negative, positive
from cogworks.plan.plan import Plan
from cogworks.probes.sgd import Sgd
from cogworks.probes.splits import fit_rows, rows_by_class, split
from cogworks.probes.stack import Stack
from cogworks.probes.study import Study, batch_sizes
from cogworks.probes.table import FeatureTable

FULL = 100
CHUNK = 2**16


def make_table(rows: int, dim: int, n_classes: int, device: torch.device) -> FeatureTable:
    """Return features and labels, as many of each class as of any other one."""
    generator = torch.Generator(device).manual_seed(0)
    scale = (1 + torch.arange(dim, device=device)) ** -0.5
    centres = torch.randn(n_classes, dim, generator=generator, device=device) * scale
    labels = torch.arange(rows, device=device) * n_classes // rows
    x = torch.empty(rows, dim, device=device)
    for part, own in zip(x.split(CHUNK), labels.split(CHUNK), strict=True):
        noise = torch.randn(len(own), dim, generator=generator, device=device) * scale
        values = torch.nn.functional.normalize(centres[own] + 1.5 * noise, dim=1)
        part.copy_(values.half())
    wnids = [f"n{label:08d}" for label in range(n_classes)]
    return FeatureTable(x, labels.cpu(), wnids, "benchmark")


def specs(**protocol: Any) -> tuple[Any, Any]:
    """Return the specs of search and fit of a protocol."""
    config = {
        "images": {"toy": {"source": {"kind": "world"}, "classes": {"wnids": ["n0", "n1"]}}},
        "encoders": {"toy": {"model": "cogworks:small_resnet", "weights": "random"}},
        "probes": {"p": {"kind": "sgd", **protocol}},
        "evaluations": {"e": {"encoders": ["toy"], "datasets": ["toy"], "protocols": ["p"]}},
    }
    job = Plan(parse(config)).jobs["toy", "toy", "p"]
    return job.tune_spec, job.fit_spec


class Clock:
    """Adds up the time in the epochs of a stack, and in the rest."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.epochs, self.start = device, 0.0, time.perf_counter()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Count within; each epoch waits for the device."""
        original = Stack.epoch

        def epoch(stack: Stack, factor: float) -> None:
            wait(self.device)
            begin = time.perf_counter()
            original(stack, factor)
            wait(self.device)
            self.epochs += time.perf_counter() - begin

        Stack.epoch = epoch  # type: ignore[method-assign]
        try:
            yield
        finally:
            Stack.epoch = original  # type: ignore[method-assign]
        wait(self.device)
        self.total = time.perf_counter() - self.start


def measure(
    table: FeatureTable, way: str, *, epochs: int, trials: int, shots: int | None, seed: int
) -> dict[str, Any]:
    """Search and fit one cell; return times, forecasts, operations and the accuracy."""
    precision, _, compiled = way.partition("+")
    device = table.x.device
    tune, fit = specs(
        epochs=epochs, trials=trials, search_precision=precision, compile=bool(compiled)
    )
    rows = rows_by_class(table.labels, len(table.classes))
    searching, fitting = Clock(device), Clock(device)
    with searching.watching(), tempfile.TemporaryDirectory() as folder:
        keys: dict[str, Any] = {"seed": seed, "validation": tune.validation, "shots": shots}
        parts = split(rows, table.classes, **keys)
        how = Sgd(table, tune, device)
        space = {name: (one.low, one.high) for name, one in tune.space.items()}
        sizes = batch_sizes(tune.trials, tune.first_batch, tune.batch)
        study = Study(Path(folder, "s.json"), key="", space=space, sizes=sizes, seed=seed)
        while not study.finished:
            asked = study.ask()
            study.tell(asked, how.search([seed], [parts], [asked])[0])
        best = study.best()
    fitting.start = time.perf_counter()
    with fitting.watching():
        own = fit_rows(rows, table.classes, **keys)
        (classifier,) = Sgd(table, fit, device).fit([seed], [own], [best.params])
    assert classifier is not None
    one = 2.0 * table.dim * len(table.classes)  # of an image through a classifier
    return {
        "search": searching.total,
        "fit": fitting.total,
        "in_epochs": searching.epochs + fitting.epochs,
        "forecast": sum(
            clock.total + clock.epochs * (FULL / epochs - 1) for clock in (searching, fitting)
        ),
        "search_operations": 2 * one * trials * epochs * len(parts.train),
        "search_epochs": searching.epochs,
        "fit_operations": 2 * one * epochs * len(own),
        "fit_epochs": fitting.epochs,
        "val_top1": best.outcome.value,
    }


def take_steps(table: FeatureTable, way: str, configurations: int, steps: int) -> None:
    """Take some steps of a search."""
    precision, _, compiled = way.partition("+")
    tune, _ = specs(epochs=1, search_precision=precision, compile=bool(compiled))
    rows = torch.arange(steps * tune.batch_size).remainder(len(table.y)).numpy()
    how = Sgd(table, tune, table.x.device)
    params = [{"lr": 1.0, "weight_decay": 1e-6}] * configurations
    how._train([how._group(0, rows, params)], precision, None)


def first_steps(table: FeatureTable, way: str) -> float:
    """Return the seconds of the first steps of a search and of a fit."""
    precision, plus, compiled = way.partition("+")
    start = time.perf_counter()
    for kind, configurations in ((precision, 5), ("float32", 1)):
        take_steps(table, kind + plus + compiled, configurations, 3)
    wait(table.x.device)
    return time.perf_counter() - start


def main() -> None:
    args_of = parser(__doc__)
    args_of.add_argument("--rows", type=positive, default=1_170_000)
    args_of.add_argument("--dim", type=positive, default=2048)
    args_of.add_argument("--classes", type=positive, default=1000)
    args_of.add_argument("--epochs", type=positive, default=FULL)
    args_of.add_argument("--trials", type=positive, default=30)
    args_of.add_argument(
        "--shots", type=positive, nargs="*", default=[], help="few-shot instead of all"
    )
    args_of.add_argument("--seeds", type=positive, default=1)
    args_of.add_argument("--ways", nargs="+", default=["tf32", "bfloat16", "bfloat16+compile"])
    args_of.add_argument("--profile", type=non_negative, default=0, help="steps to look into")
    args = args_of.parse_args()
    report = Report(args.json)
    device = args.device
    size = 8192 if device.type == "cuda" else 256
    rates = {
        name: matrix_rate(name, device, size=size)
        for name in {way.partition("+")[0] for way in args.ways} | {"float32"}
    }
    start = time.perf_counter()
    table = make_table(args.rows, args.dim, args.classes, device)
    wait(device)
    report.add("features", rows=args.rows, dim=args.dim, seconds=time.perf_counter() - start)
    for way in args.ways:
        own = rates[way.partition("+")[0]]
        report.add(f"{way}, first steps", seconds=first_steps(table, way))
        if args.profile:
            work = functools.partial(take_steps, table, way, 5, args.profile)
            report.add(f"{way}, kernels", lines="\n".join(kernels(work, device)))
        total = 0.0
        for shots in args.shots or [None]:
            for seed in range(args.seeds):
                found = measure(
                    table, way, epochs=args.epochs, trials=args.trials, shots=shots, seed=seed
                )
                total += found["forecast"]
                share = found["search_operations"] / own / found["search_epochs"]
                fit_share = found["fit_operations"] / rates["float32"] / found["fit_epochs"]
                what = f"{way}, {shots or 'all'} shots, seed {seed}"
                report.add(what, epochs=args.epochs, **found, share=share, fit_share=fit_share)
        report.add(f"{way}, together", forecast=total)


if __name__ == "__main__":
    main()
