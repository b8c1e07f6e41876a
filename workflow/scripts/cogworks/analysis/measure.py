"""All measures of one encoder's features on one data set, as rows of a table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.analysis.blocks import FeatureSet
from cogworks.analysis.distance import intra_class_distance
from cogworks.analysis.moments import Moments, moments
from cogworks.analysis.redundancy import redundancy, varying_dimensions
from cogworks.analysis.sparsity import sparsity
from cogworks.analysis.spectrum import coding_length, singular_values, spectrum

SCHEMA = pa.schema(
    [
        ("encoder", pa.string()),
        ("dataset", pa.string()),
        ("split", pa.string()),
        ("metric", pa.string()),
        ("position", pa.int64()),
        ("value", pa.float64()),
    ]
)


def measure(features: FeatureSet, spec: Mapping[str, Any]) -> pa.Table:
    """Return the measures of `features`, all on l2-normalised vectors.

    Args:
        features: the vectors and labels.
        spec: encoder, dataset, split, `metrics` (names as in the schema of the config),
            sparsity_threshold and coding_eps2.

    Returns:
        One row a number: `metric`, `value`, and `position`, 0 but for `singular_values`, where it
        counts dimensions from the largest value. `samples` and `dimensions` come with every table.
    """
    wanted = set(spec["metrics"])
    values: dict[str, list[float]] = {
        "samples": [float(len(features))],
        "dimensions": [float(features.dim)],
    }
    if "sparsity" in wanted:
        values["sparsity"] = [sparsity(features.blocks(), threshold=spec["sparsity_threshold"])]
    if "intra_class_distance" in wanted:
        values["intra_class_distance"] = [intra_class_distance(x for _, x in features.by_class())]
    if wanted & {"redundancy", "coding_length", "singular_values"}:
        values |= _from_moments(moments(features.blocks()), wanted, eps2=spec["coding_eps2"])
    return _rows(values, spec)


def _from_moments(found: Moments, wanted: set[str], *, eps2: float) -> dict[str, list[float]]:
    constant = len(found.mean) - len(varying_dimensions(found))
    values = {"constant_dimensions": [float(constant)]}
    if "redundancy" in wanted:
        values["redundancy"] = [redundancy(found)]
    if wanted & {"coding_length", "singular_values"}:
        eigenvalues = spectrum(found)
        if "coding_length" in wanted:
            values["coding_length"] = [coding_length(eigenvalues, count=found.count, eps2=eps2)]
        if "singular_values" in wanted:
            values["singular_values"] = singular_values(eigenvalues).tolist()
    return values


def _rows(values: Mapping[str, list[float]], spec: Mapping[str, Any]) -> pa.Table:
    parts = [
        pd.DataFrame({"metric": metric, "position": np.arange(len(numbers)), "value": numbers})
        for metric, numbers in values.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    for key in ("encoder", "dataset", "split"):
        frame[key] = spec[key]
    table = pa.Table.from_pandas(frame[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    return table.replace_schema_metadata(None)
