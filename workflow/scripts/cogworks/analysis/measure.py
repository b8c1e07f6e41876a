"""All measures of one encoder's features on one data set, as rows of a table."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.analysis.blocks import FeatureSet
from cogworks.analysis.distance import intra_class_distance
from cogworks.analysis.moments import Moments, moments
from cogworks.analysis.redundancy import redundancy, varying_dimensions
from cogworks.analysis.sparsity import sparsity
from cogworks.analysis.specs import MeasureSpec
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


def measure(features: FeatureSet, spec: MeasureSpec) -> pa.Table:
    """Return the measures of `features`, all on l2-normalised vectors.

    Args:
        features: the vectors and labels.
        spec: what to measure.

    Returns:
        A row for each number: `metric`, `value`, and `position`, which is 0 except for
        `singular_values`, where it counts dimensions from the largest value. Every table also has
        `samples` and `dimensions`.
    """
    wanted = set(spec.metrics)
    values: dict[str, list[float]] = {
        "samples": [float(len(features))],
        "dimensions": [float(features.dim)],
    }
    if "sparsity" in wanted:
        values["sparsity"] = [sparsity(features.blocks(), threshold=spec.sparsity_threshold)]
    if "intra_class_distance" in wanted:
        values["intra_class_distance"] = [intra_class_distance(x for _, x in features.by_class())]
    if wanted & {"redundancy", "coding_length", "singular_values"}:
        values |= _from_moments(moments(features.blocks()), wanted, eps2=spec.coding_eps2)
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


def _rows(values: Mapping[str, list[float]], spec: MeasureSpec) -> pa.Table:
    parts = [
        pd.DataFrame({"metric": metric, "position": np.arange(len(numbers)), "value": numbers})
        for metric, numbers in values.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(encoder=spec.encoder, dataset=spec.dataset, split=spec.split)
    table = pa.Table.from_pandas(frame[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    return table.replace_schema_metadata(None)
