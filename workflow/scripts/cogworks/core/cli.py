"""What the command lines of all rules share."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.spec import Spec


def parser(doc: str | None, *, spec: type[Spec] | None = None) -> argparse.ArgumentParser:
    """Return a parser with `--spec`, `--threads` and `--device`, described by the script's doc.

    Args:
        doc: the script's docstring.
        spec: what `--spec` holds; None leaves it a dict, for the rooms that have not moved yet.
    """
    result = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if spec is None:
        result.add_argument("--spec", type=parse_spec, default={}, help="the rule's spec: JSON")
    else:
        result.add_argument("--spec", type=spec.read, required=True, help="the rule's spec: JSON")
    result.add_argument("--threads", type=positive, default=1, help="CPU threads to use")
    result.add_argument(
        "--device", default="auto", choices=["auto", "cpu", "cuda"], help="where tensors live"
    )
    return result


def parse_spec(text: str) -> dict[str, Any]:
    """Parse the JSON object given as `--spec`."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"expected a JSON object, got {type(value).__name__}")
    return value


def positive(text: str) -> int:
    """Parse a count that must be at least one."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def run(main: Callable[[], int | None]) -> None:
    """Run `main` and exit with its status; bad input is one line on stderr and status 1."""
    try:
        status = main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    sys.exit(status or 0)
