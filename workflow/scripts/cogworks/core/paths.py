"""Where each artifact is: nouns, one wildcard per folder, no hyper-parameter in a name.

Paths are relative to the working directory. Imported while the DAG is planned: no dependencies.
"""

import re
from collections.abc import Iterable


def pattern(names: Iterable[str]) -> str:
    """Return a wildcard's constraint to exactly these names; none at all matches nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def weights_note(encoder: str) -> str:
    """Return the note on which files of a library's cache an encoder was made from."""
    return f"results/features/{encoder}/weights.json"


def features(encoder: str, dataset: str, split: str) -> tuple[str, str]:
    """Return the array and the index of an encoder's features of a data set's split."""
    stem = f"results/features/{encoder}/{dataset}/{split}"
    return f"{stem}.npy", f"{stem}.parquet"


def scores(encoder: str, dataset: str, protocol: str) -> str:
    """Return the score table of one probe job."""
    return f"results/probes/{encoder}/{dataset}/{protocol}.parquet"
