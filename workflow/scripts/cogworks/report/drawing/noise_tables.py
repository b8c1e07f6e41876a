"""Confident predictions of another data set's classifier (thesis, section 3.5.3, figure 3.8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cogworks.core.files import read_metadata, read_parquet
from cogworks.report.specs import CrossedSpec, CrossingRow
from cogworks.report.table import OWN, Column, Table, text_column

COLUMNS = ["seed", "id", "wnid", "predicted", "confidence"]
# Images named for each crossing.
EXAMPLES = 10


@dataclass(frozen=True)
class Crossing:
    """One data set's classifier on another one's images.

    Attributes:
        row: what to call them.
        listed: the confident predictions: seed, id, wnid, predicted and confidence.
        summary: `images`, `confidence` (the threshold) and `share`.
    """

    row: CrossingRow
    listed: pd.DataFrame
    summary: Mapping[str, Any]

    @property
    def names(self) -> dict[str, str]:
        """Return encoder, data set of the classifier, and data set of the images."""
        return {"encoder": self.row.encoder, "dataset": self.row.dataset, "other": self.row.other}


def read_crossings(spec: CrossedSpec) -> list[Crossing]:
    """Return the crossings with what their files hold."""
    return [
        Crossing(row, read_parquet(row.listed, columns=COLUMNS), read_metadata(row.listed))
        for row in spec.crossings
    ]


def class_names(spec: CrossedSpec) -> dict[str, str]:
    """Return the name of each class id."""
    tables = [read_parquet(path, columns=["wnid", "name"]) for path in spec.classes]
    classes = pd.concat(tables)
    return dict(zip(classes["wnid"], classes["name"], strict=True))


def surest(listed: pd.DataFrame) -> pd.DataFrame:
    """Return the confident predictions over all seeds, the surest first, each image once."""
    rows = listed.sort_values(["confidence", "id"], ascending=[False, True])
    return rows.drop_duplicates("id")


def noise_table(crossings: Sequence[Crossing]) -> Table:
    """Return the share of images with a confident prediction of another classifier, by crossing."""
    frame = pd.DataFrame(
        {
            **crossing.names,
            "images": float(crossing.summary["images"]),
            "threshold": float(crossing.summary["confidence"]),
            "share": _percent(crossing.summary["share"]),
        }
        for crossing in crossings
    )
    return Table(
        title="Confident predictions across data sets",
        columns=[
            text_column("encoder", "encoder"),
            text_column("dataset", "classifier of"),
            text_column("other", "images of"),
            Column("images", "images", digits=0, best=None),
            Column("threshold", "confidence above", digits=3, best=None),
            Column("share", "share (%)", digits=2, best=None),
        ],
        frame=frame.assign(**{OWN: True}),
        note="An upper bound on images that show a class of the other data set without bearing its "
        "label: no class is in both, so every confident prediction is noise or a mistake. Mean "
        "over seeds.",
    )


def example_table(crossings: Sequence[Crossing], names: Mapping[str, str]) -> Table:
    """Return the images of each crossing with the most confident predictions, over all seeds.

    Args:
        crossings: what `read_crossings` returns.
        names: name of each class id.
    """
    frames = []
    for crossing in crossings:
        frames.append(surest(crossing.listed).head(EXAMPLES).assign(**crossing.names))
    frame = pd.concat(frames, ignore_index=True)
    for column in ("wnid", "predicted"):
        frame[column] = frame[column].map(lambda wnid: _with_name(wnid, names.get(wnid, "")))
    return Table(
        title="Images that another data set's classifier is surest of",
        columns=[
            text_column("encoder", "encoder"),
            text_column("dataset", "classifier of"),
            text_column("other", "images of"),
            text_column("id", "image"),
            text_column("wnid", "its class"),
            text_column("predicted", "predicted"),
            Column("confidence", "confidence", digits=4, best=None),
        ],
        frame=frame.drop(columns="seed").assign(**{OWN: True}),
        note=f"At most {EXAMPLES} images of each pair. As figure 3.8.",
    )


def _with_name(wnid: str, name: str) -> str:
    """Return class id and name; a class that WordNet does not know has its id for a name."""
    return wnid if name in ("", wnid) else f"{wnid} {name}"


def _percent(share: float | None) -> float:
    return float("nan") if share is None else 100 * share
