"""The definitions behind a digest of code, recorded so that a later edit can be named.

Snakemake's record of an output holds one digest for all the code that made it. Before jobs run, a
file for each digest lists the definitions that it covers; comparing two files shows what was
edited.
"""

from pathlib import Path

from cogworks.core.codehash import definitions, given
from cogworks.core.files import read_json, write_json

CODES = Path(".snakemake", "code")


def record(folder: Path = CODES) -> None:
    """Record the definitions behind each digest that was computed so far.

    Args:
        folder: gets a file `<digest>.json` for each.
    """
    for digest, (script, entries, root) in given.items():
        target = folder / f"{digest}.json"
        if not target.exists():
            write_json(definitions(script, *entries, root=root), target)


def changed_definitions(before: str, now: str, folder: Path = CODES) -> list[str]:
    """Return the definitions, and versions of libraries, in which two digests of code differ.

    Returns:
        What changed, else what is new or gone; empty if one of the two was never recorded.
    """
    files = [folder / f"{digest}.json" for digest in (before, now)]
    if not all(file.is_file() for file in files):
        return []
    old, new = (read_json(file) for file in files)
    edited = [name for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    return edited or sorted(old.keys() ^ new.keys())
