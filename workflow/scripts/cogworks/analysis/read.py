"""Stored features as the measures take them."""

from collections.abc import Sequence
from pathlib import Path

from cogworks.analysis.blocks import FeatureSet, Part
from cogworks.core.errors import InputError
from cogworks.encoders.store import read_features


def read_feature_set(arrays: Sequence[Path], indices: Sequence[Path]) -> FeatureSet:
    """Open the features of one or several splits of a data set; they stay on the disk.

    Raises:
        InputError: a damaged file, or splits that differ in encoder or classes.
    """
    parts = [read_features(*pair) for pair in zip(arrays, indices, strict=True)]
    first = parts[0]
    for path, part in zip(arrays, parts, strict=True):
        same_encoder = part.metadata["version"] == first.metadata["version"]
        if not same_encoder or part.classes != first.classes:
            what = "classes" if same_encoder else "encoder version"
            raise InputError(f"{path}: another {what} than {arrays[0]}; extract both again")
    return FeatureSet([Part(part.x, part.labels) for part in parts])
