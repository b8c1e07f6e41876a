"""The measures of features, averaged over groups of data sets (thesis, figures 4.5, 4.6, 5.6)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cogworks.core.files import read_parquet
from cogworks.report import repeats
from cogworks.report.specs import EncoderRow, FeaturesSpec
from cogworks.report.summary import DEVIATION, deviation
from cogworks.report.table import OWN, STD, Column, Table, text_column

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
    not a number, it has none. A mean of some would be compared with others' means of all. Of runs
    that differ in their seed alone it is the mean, and their deviation is in `<measure>_std`.

    Args:
        measures: what `read_measures` returns.
        spec: `encoders`, `repeats`, and `groups`: name and data sets.
    """
    scalars = measures[measures["metric"].isin(MEASURES)]
    wide = scalars.pivot(index=["encoder", "dataset"], columns="metric", values="value")
    wide = wide.reindex(columns=[name for name in MEASURES if name in wide])
    records = []
    for encoder in spec.encoders:
        for group in spec.groups:
            runs = pd.DataFrame(
                wide.reindex(pd.MultiIndex.from_product([[run], group.datasets])).mean(skipna=False)
                for run in _runs(spec, encoder)
            )
            stds = runs.apply(deviation).add_suffix(STD)
            means = runs.mean(skipna=False)
            keys = {"encoder": encoder.name, "group": group.name}
            records.append(keys | means.to_dict() | stds.to_dict())
    return pd.DataFrame(records)


def _runs(spec: FeaturesSpec, encoder: EncoderRow) -> list[str]:
    """Return the encoders for which one stands: runs that differ in their seed alone."""
    return [run for run, first in spec.repeats.items() if first == encoder.name] or [encoder.name]


def feature_table(measures: pd.DataFrame, spec: FeaturesSpec) -> Table:
    """Return the measures of each encoder on each group. Arguments as for `averages`."""
    frame = averages(measures, spec)
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    columns = [text_column("encoder", "encoder"), text_column("datasets", "data sets")]
    for metric, (heading, factor, digits) in MEASURES.items():
        if metric in frame:
            frame[[metric, metric + STD]] *= factor
            columns.append(Column(metric, heading, digits=digits, best=None))
    frame["encoder"] = frame["encoder"].map(labels)
    return Table(
        title="Measures of features",
        columns=columns,
        frame=frame.rename(columns={"group": "datasets"}).assign(**{OWN: True}),
        note="On l2-normalised features, without any classifier; means over the data sets of a "
        "group, empty where one of them has no value. Definitions in the thesis, sections 4.4.2 "
        f"and 5.5.4. Of several runs ± is the {DEVIATION} over them."
        + repeats.told(spec.repeats, spec.encoders),
    )


def mean_spectra(
    measures: pd.DataFrame, spec: FeaturesSpec
) -> dict[tuple[str, str], list[np.ndarray]]:
    """Return the normalised singular values by (encoder, group), averaged over its data sets.

    They are sorted first and averaged then, dimension by dimension, as in figure 4.6 (b). There is
    one array for each of several runs that differ in their seed alone. An encoder that lacks one of
    a group's data sets has none for the group.
    """
    rows = measures[measures["metric"] == "singular_values"]
    result: dict[tuple[str, str], list[np.ndarray]] = {}
    for encoder in spec.encoders:
        for group in spec.groups:
            for run in _runs(spec, encoder):
                own = rows[(rows["encoder"] == run) & rows["dataset"].isin(group.datasets)]
                if set(own["dataset"]) == set(group.datasets) and own["value"].notna().all():
                    means = own.groupby("position")["value"].mean().sort_index()
                    result.setdefault((encoder.name, group.name), []).append(
                        means.to_numpy("float64")
                    )
    return result
