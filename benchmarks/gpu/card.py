"""What the benchmarks on a GPU share: the card, its measured rates, times, and their results."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[1] / "workflow" / "scripts"))

# How float32 operands are multiplied, by the name of a precision.
OPERANDS = {
    "float32": (torch.float32, "highest"),
    "tf32": (torch.float32, "high"),
    "bfloat16": (torch.bfloat16, "highest"),
    "float16": (torch.float16, "highest"),
}


class Report:
    """Facts that are printed as they come, and kept in a JSON file, rewritten after each."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.facts = path, {}

    def add(self, name: str, **values: Any) -> None:
        """Print and keep the values of one measurement."""
        self.facts[name] = values
        told = ", ".join(f"{key} {short(value)}" for key, value in values.items())
        print(f"{name}: {told}", flush=True)
        if self.path is not None:
            self.path.write_text(json.dumps(self.facts, indent=1))


def short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with `--device` and `--json`."""
    result = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--device", default="cuda", type=torch.device)
    result.add_argument("--json", type=Path, help="file for the results")
    return result


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(work: Callable[[], Any], device: torch.device, *, rounds: int = 5) -> float:
    """Return the median time of `work` after one round that does not count."""
    work()
    times = []
    for _ in range(rounds):
        wait(device)
        start = time.perf_counter()
        work()
        wait(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def matrix_rate(precision: str, device: torch.device, *, size: int = 8192) -> float:
    """Return the operations a second of a product of random square matrices."""
    dtype, rounding = OPERANDS[precision]
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(rounding)
    try:
        repeats = 10 if device.type == "cuda" else 1
        time_of = seconds(lambda: [a @ b for _ in range(repeats)], device) / repeats
    finally:
        torch.set_float32_matmul_precision(before)
    return 2.0 * size**3 / time_of


def copy_rate(device: torch.device, *, count: int = 2**28) -> float:
    """Return the bytes a second of a copy within the device, read and written."""
    source = torch.rand(count, device=device)
    target = torch.empty_like(source)
    return 2.0 * source.nbytes / seconds(lambda: target.copy_(source), device)


def operations(module: torch.nn.Module, *inputs: Any, **named: Any) -> float:
    """Return the operations of a forward pass: two for each multiplication with addition."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*inputs, **named)
    return float(counter.get_total_flops())


def kernels(work: Callable[[], Any], device: torch.device, *, most: int = 12) -> list[str]:
    """Return where the device's time goes: the kernels that take most, with their shares."""
    if device.type != "cuda":
        return []
    activities = [torch.profiler.ProfilerActivity.CUDA]
    wait(device)
    start = time.perf_counter()
    with torch.profiler.profile(activities=activities) as profile:
        work()
        wait(device)
    wall = time.perf_counter() - start
    found = sorted(profile.key_averages(), key=lambda entry: -entry.self_device_time_total)
    total = sum(entry.self_device_time_total for entry in found) or 1
    lines = [
        f"{entry.self_device_time_total / total:6.1%} {entry.count:6d} {entry.key[:110]}"
        for entry in found[:most]
    ]
    return [f"{total / 1e6:.3f} s of kernels in {wall:.3f} s with the profiler", *lines]


def name_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def main() -> None:
    """Print the card and its rates."""
    args = parser(__doc__).parse_args()
    report, device = Report(args.json), args.device
    cuda = device.type == "cuda"
    memory = torch.cuda.get_device_properties(device).total_memory if cuda else 0
    report.add(
        "card",
        card=name_of(device),
        torch=torch.__version__,
        cuda=torch.version.cuda,
        cudnn=torch.backends.cudnn.version(),
        gigabytes=memory / 1e9,
    )
    size = 8192 if cuda else 256
    for precision in OPERANDS:
        report.add(precision, teraflops=matrix_rate(precision, device, size=size) / 1e12)
    count = 2**28 if cuda else 2**20
    report.add("copy", terabytes_a_second=copy_rate(device, count=count) / 1e12)


if __name__ == "__main__":
    main()
