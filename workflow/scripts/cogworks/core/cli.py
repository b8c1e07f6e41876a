"""What the command lines of all rules share."""

import argparse
import contextlib
import math
import sys
from collections.abc import Callable

from cogworks.core import disk, leader, lifetime, provenance
from cogworks.core.errors import InputError
from cogworks.core.spec import Spec


def parser(doc: str | None, *, spec: type[Spec] | None = None) -> argparse.ArgumentParser:
    """Return a parser with `--threads`, `--device` and `--spec`, described by the script's doc.

    Args:
        doc: the script's docstring.
        spec: what `--spec` holds; None for a script that takes none.
    """
    result = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if spec is not None:
        result.add_argument("--spec", type=spec.read, required=True, help="the rule's spec: JSON")
    result.add_argument("--threads", type=positive, default=1, help="CPU threads to use")
    result.add_argument(
        "--device", default="auto", choices=["auto", "cpu", "cuda"], help="where tensors live"
    )
    return result


def positive(text: str) -> int:
    """Parse a count that must be at least one."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def non_negative(text: str) -> int:
    """Parse a count that may be 0."""
    return 0 if text == "0" else positive(text)


def above_0(text: str) -> float:
    """Parse a finite number above 0."""
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")


def run(main: Callable[[], int | None]) -> None:
    """Run `main` and exit with its status; bad input or a full disk is one line on stderr, 1.

    Where it is the program's own `main`, nothing comes after it: its process ends at once.
    """
    lifetime.imported()
    leader.follow()
    provenance.start()
    try:
        status = _status_of(main)
        provenance.record(status)
        sys.exit(status)
    except SystemExit as end:
        if main.__module__ == "__main__" and isinstance(end.code, int):
            lifetime.end(end.code)
        raise


def _status_of(main: Callable[[], int | None]) -> int:
    try:
        return main() or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
    except Exception as error:
        if not (words := disk.refusal(error)):
            raise
        place = getattr(error, "filename", None) or "the disk"
        print(f"error: {place}: cannot be written ({words}); {disk.ADVICE}", file=sys.stderr)
    return 1
