"""One table of the speed of all that takes long: `make bench`, or `make bench NAMES="crops"`.

Each line is a piece of work, its speed as a share of what this machine was measured to allow, and
as a multiple of the plain way and of what a user would run instead, all in one run. Nothing else
should run meanwhile. Each name is a script of this folder, which tells more of itself; it runs in a
process of its own.

    python benchmarks/bench.py [NAME ...] [--threads 2]
    python benchmarks/bench.py --save

`--save` writes the table to `benchmarks/results/`, under the name of the processor and the fastest
that it multiplies in.
"""

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "workflow" / "scripts")]

from rows import HEADER, Row, kind_of_machine, line, machine  # noqa: E402

from cogworks.core.cli import positive  # noqa: E402

NAMES = (
    *("decode", "crops", "networks", "features", "together", "probes", "lbfgs", "analyses"),
    "starts",
)
FOUND = "row of the table: "


def rows(name: str, threads: int) -> Iterator[Row]:
    """Run a benchmark in a process of its own, and yield its lines as they come."""
    command = [sys.executable, __file__, name, "--threads", str(threads), "--here"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for said in process.stdout:
            if said.startswith(FOUND):
                values = json.loads(said.removeprefix(FOUND))
                peer = values.pop("peer")
                yield Row(**values, peer=None if peer is None else tuple(peer))
    if process.returncode:
        raise ChildProcessError(f"{name} ended with status {process.returncode}, see above")


def tell(name: str, threads: int) -> None:
    """Run a benchmark in this process, and print each of its lines for the one that started it."""
    import torch

    torch.set_num_threads(threads)
    for row in importlib.import_module(name).rows(threads):
        print(f"{FOUND}{json.dumps(asdict(row))}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: the names are {', '.join(NAMES)}")
    if args.save and args.names:
        parser.error("--save keeps a whole table: leave out the names")
    if args.here:
        (name,) = args.names
        tell(name, args.threads)
        return
    lines = [f"{machine()} {args.threads} threads.", "", line(HEADER), line(["---"] * len(HEADER))]
    print("\n".join(lines), flush=True)
    failed = []
    for name in args.names or NAMES:
        try:
            for row in rows(name, args.threads):
                lines.append(line(row.cells()))
                print(lines[-1], flush=True)
        except ChildProcessError as error:
            failed.append(str(error))
    if failed:
        sys.exit("\n".join(failed))
    if args.save:
        path = HERE / "results" / f"{kind_of_machine()}.md"
        path.write_text("\n".join(["# `make bench`", "", *lines, ""]), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
