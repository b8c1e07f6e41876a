"""Warnings in the log of a job."""

import functools
import sys


@functools.cache
def once(text: str) -> None:
    """Log a warning, once in a process: images may be listed more often."""
    print(f"warning: {text}", file=sys.stderr)
