"""Label noise: confident predictions of one data set's classifier on another's test images.

Section 3.5.3: where a classifier of other classes is very sure, the image may show one of them
without bearing its label.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from cogworks.core.files import read_parquet
from cogworks.probes.cells import cell_folder
from cogworks.probes.classifier import read_classifier
from cogworks.probes.table import FeatureTable, TableSource

CHUNK_ROWS = 4096
COLUMNS = {"seed": "int64", "id": "str", "wnid": "str", "predicted": "str", "confidence": "float64"}


def cross_apply(
    cells: Path, source: TableSource, *, confidence: float, seeds: int, device: torch.device
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Apply the classifiers of a job (shots all, each seed) to the test images of another data set.

    Args:
        cells: folder of the job's cells.
        source: the other data set's test features.
        confidence: predictions above it are listed.
        seeds: number of seeds.
        device: where to compute.

    Returns:
        The predictions (seed, id, wnid, predicted, confidence), most confident first within a seed,
        and `images`, `confidence`, `share` (of the images, mean over seeds).

    Raises:
        InputError: a classifier is missing.
    """
    table = source.load(device)
    index = pd.concat([read_parquet(path, columns=["id", "wnid"]) for path in source.indices])
    frames = []
    for seed in range(seeds):
        stored = read_classifier(cell_folder(cells, "all", seed) / "classifier.safetensors")
        if stored.classifier is None:
            continue
        predicted, sure = _confidences(table, stored.classifier, device)
        rows = np.flatnonzero(sure > confidence)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
        frames.append(
            pd.DataFrame(
                {
                    "seed": seed,
                    "id": index["id"].to_numpy()[rows],
                    "wnid": index["wnid"].to_numpy()[rows],
                    "predicted": np.array(stored.classes, dtype=object)[predicted[rows]],
                    "confidence": sure[rows],
                }
            )
        )
    listed = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    share = len(listed) / (len(table.y) * len(frames)) if frames else None
    summary = {"images": len(table.y), "confidence": confidence, "share": share}
    return listed.astype(COLUMNS), summary


def _confidences(
    table: FeatureTable, classify: Any, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """Return the predicted class and its softmax probability of each image, `(N,)` each."""
    places, values = [], []
    with torch.no_grad():
        for x in table.x.split(CHUNK_ROWS):
            top = torch.softmax(classify(x.to(device)).double(), 1).max(1)
            places.append(top.indices.cpu())
            values.append(top.values.cpu())
    return torch.cat(places).numpy(), torch.cat(values).numpy()
