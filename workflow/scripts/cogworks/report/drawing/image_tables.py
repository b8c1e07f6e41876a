"""Images of the seen concepts, as they are and with blurred faces (thesis, table A.1)."""

import math

import pandas as pd

from cogworks.core.files import read_parquet
from cogworks.report.drawing.published import read_paper
from cogworks.report.specs import BlurredSpec
from cogworks.report.table import OWN, Column, Table, text_column

SPLITS = ("train", "val")


def image_table(spec: BlurredSpec) -> Table:
    """Return the images of each data set by split; what the workflow calls test is `val` there."""
    published = _published(spec)
    rows = []
    for entry in spec.datasets:
        for split, paths in zip(SPLITS, (entry.train, [entry.test]), strict=True):
            rows.append(
                {
                    "dataset": entry.label,
                    "split": split,
                    "images": float(sum(map(_count, paths))),
                    "thesis": published.get((entry.published or "", split), math.nan),
                    OWN: True,
                }
            )
    columns = [
        text_column("dataset", "data set"),
        text_column("split", "split"),
        Column("images", "images", digits=0, best=None),
    ]
    if published:
        columns.append(Column("thesis", "in the thesis", digits=0, best=None))
    return Table(
        title="Images of the seen concepts, as they are and blurred",
        columns=columns,
        frame=pd.DataFrame(rows),
        note="Images with which classifiers are tested are called val, as in the thesis.",
    )


def _count(path: str) -> int:
    return len(read_parquet(path, columns=["wnid"]))


def _published(spec: BlurredSpec) -> dict[tuple[str, str], float]:
    """Return the thesis's numbers by data set and split; none where they are not wanted."""
    if not spec.paper.names:
        return {}
    frame = read_paper(spec.paper.folder, spec.paper.names[0], ["dataset", "split", "images"])
    keys = zip(frame["dataset"], frame["split"], strict=True)
    return dict(zip(keys, frame["images"].astype("float64"), strict=True))
