"""What the start of a job costs: an ordinary one, and a fork of the warm server, in one run.

Each script of the rules prints its help: it starts and imports what it needs, and does no work.
Seconds of wall time, the best of three; the server has loaded each script before.

    python benchmarks/starts.py [SCRIPT ...]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from rows import Row  # noqa: E402

from cogworks.estimates.starts import starts  # noqa: E402

# Scripts, and the seconds in which an ordinary start is wanted.
GOALS = {"extract_features": 2.5, "tune_probes": 2.5, "fit_probes": 2.5, "generate_shard": 5.0}
NAMES = [*GOALS, "make_table"]


def rows(threads: int) -> Iterator[Row]:
    """Yield a line for each script."""
    for name, cold, forked in starts(NAMES):
        goal = f"{GOALS[name]} s ordinary" if name in GOALS else ""
        speed = f"{cold:.2f} s, forked {forked:.2f} s"
        yield Row(f"start of {name}", speed, plain=cold / forked, goal=goal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    scripts = sorted(path.stem for path in SCRIPTS.glob("*.py"))
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help=f"of {', '.join(scripts)}")
    names = parser.parse_args().scripts or NAMES
    if unknown := set(names) - set(scripts):
        parser.error(f"{', '.join(sorted(unknown))}: the scripts are {', '.join(scripts)}")
    print(f"{'script':<18}{'ordinary':>10}{'forked':>8}{'ratio':>7}")
    for name, cold, forked in starts(names):
        print(f"{name:<18}{cold:>10.2f}{forked:>8.2f}{cold / forked:>6.0f}x", flush=True)


if __name__ == "__main__":
    main()
