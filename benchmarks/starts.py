"""What the start of a job costs: an ordinary one, and a fork of the warm server, in one run.

Each script of the rules prints its help: it starts and imports what it needs, and does no work.
Seconds of wall time, the best of three; the server has loaded each script before.

    python benchmarks/starts.py [SCRIPT ...]
"""

import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from cogworks.core.warm.start import Warm  # noqa: E402

NAMES = ["extract_features", "tune_probes", "fit_probes", "generate_shard", "make_table"]


def seconds(words: tuple[str, ...]) -> float:
    """Return how long a command takes, at its best of three."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*words, "--help"], check=True, **quiet)
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    plain, warm = Warm(), Warm()
    warm.start()
    print(f"{'script':<18}{'ordinary':>10}{'forked':>8}{'ratio':>7}")
    for name in sys.argv[1:] or NAMES:
        script = str(SCRIPTS / f"{name}.py")
        cold, forked = (seconds(start.command(sys.executable, script)) for start in (plain, warm))
        print(f"{name:<18}{cold:>10.2f}{forked:>8.2f}{cold / forked:>6.0f}x", flush=True)
    warm.stop()


if __name__ == "__main__":
    main()
