"""The measures of features, averaged over groups of data sets (thesis, figures 4.5, 4.6, 5.6)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cogworks.core.files import read_parquet
from cogworks.report.specs import FeaturesSpec
from cogworks.report.table import OWN, Column, Table, text_column

# Measure: heading, factor to the unit shown, decimals.
MEASURES = {
    "sparsity": ("sparsity (%)", 100.0, 1),
    "intra_class_distance": ("intra-class distance", 1.0, 3),
    "redundancy": ("redundancy", 1.0, 3),
    "coding_length": ("coding length (nats a sample)", 1.0, 1),
}
COLUMNS = ["encoder", "dataset", "split", "metric", "position", "value"]


def read_measures(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Return the tables of the analysis room as one."""
    frames = [read_parquet(path, columns=COLUMNS) for path in paths]
    return pd.concat(frames, ignore_index=True)


def averages(measures: pd.DataFrame, spec: FeaturesSpec) -> pd.DataFrame:
    """Return one row for each encoder and group, a column per measure: means over the data sets.

    A mean is over all data sets of the group: where an encoder lacks one, or its measure there is
    not a number, it has none. A mean of some would be compared with others' means of all.

    Args:
        measures: what `read_measures` returns.
        spec: `encoders`, and `groups`: name and data sets.
    """
    scalars = measures[measures["metric"].isin(MEASURES)]
    wide = scalars.pivot(index=["encoder", "dataset"], columns="metric", values="value")
    wide = wide.reindex(columns=[name for name in MEASURES if name in wide])
    records = []
    for encoder in spec.encoders:
        for group in spec.groups:
            rows = [(encoder.name, dataset) for dataset in group.datasets]
            means = wide.reindex(pd.MultiIndex.from_tuples(rows)).mean(skipna=False)
            records.append({"encoder": encoder.name, "group": group.name} | means.to_dict())
    return pd.DataFrame(records)


def feature_table(measures: pd.DataFrame, spec: FeaturesSpec) -> Table:
    """Return the measures of each encoder on each group. Arguments as for `averages`."""
    frame = averages(measures, spec)
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    columns = [text_column("encoder", "encoder"), text_column("datasets", "data sets")]
    for metric, (heading, factor, digits) in MEASURES.items():
        if metric in frame:
            frame[metric] *= factor
            columns.append(Column(metric, heading, digits=digits, best=None))
    frame["encoder"] = frame["encoder"].map(labels)
    return Table(
        title="Measures of features",
        columns=columns,
        frame=frame.rename(columns={"group": "datasets"}).assign(**{OWN: True}),
        note="On l2-normalised features, without any classifier; means over the data sets of a "
        "group, empty where one of them has no value. Definitions in the thesis, sections 4.4.2 "
        "and 5.5.4.",
    )


def mean_spectra(measures: pd.DataFrame, spec: FeaturesSpec) -> dict[tuple[str, str], np.ndarray]:
    """Return the normalised singular values by (encoder, group), averaged over its data sets.

    They are sorted first and averaged then, dimension by dimension, as in figure 4.6 (b). An
    encoder that lacks one of a group's data sets has no mean for the group.
    """
    rows = measures[measures["metric"] == "singular_values"]
    result = {}
    for encoder in spec.encoders:
        for group in spec.groups:
            own = rows[(rows["encoder"] == encoder.name) & rows["dataset"].isin(group.datasets)]
            if set(own["dataset"]) == set(group.datasets) and own["value"].notna().all():
                means = own.groupby("position")["value"].mean().sort_index()
                result[encoder.name, group.name] = means.to_numpy("float64")
    return result
