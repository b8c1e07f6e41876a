"""Where each artifact lives: nouns, one wildcard a folder, no hyper-parameter in a name.

Paths are relative to the working directory. Imported while the DAG is planned: no dependencies.
"""

import re
from collections.abc import Iterable
from typing import Any


def pattern(names: Iterable[str]) -> str:
    """Return a wildcard's constraint to exactly these names; none at all matches nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def manifest(config: dict[str, Any], dataset: str, split: str) -> str:
    """Return the manifest of a data set's split; a synthetic clone has one split, `train`."""
    if dataset in config["synthesis"]["clones"]:
        return f"results/synthesis/{dataset}/manifest.parquet"
    return f"results/images/{dataset}/{split}.parquet"


def classes(config: dict[str, Any], dataset: str) -> str:
    """Return the class table (label, wnid, name) of a data set."""
    if dataset in config["synthesis"]["clones"]:
        return f"results/synthesis/{dataset}/classes.parquet"
    return f"results/images/{dataset}/classes.parquet"


def weights_note(encoder: str) -> str:
    """Return the note on which files of a library's cache an encoder was made from."""
    return f"results/features/{encoder}/weights.json"


def scores(encoder: str, dataset: str, protocol: str) -> str:
    """Return the score table of one probe job."""
    return f"results/probes/{encoder}/{dataset}/{protocol}.parquet"


def run_dir(run: str) -> str:
    """Return the folder of a training run's artifacts."""
    return f"results/training/{run}"
