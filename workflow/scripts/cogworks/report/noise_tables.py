"""Confident predictions of another data set's classifier (thesis, section 3.5.3, figure 3.8)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.files import read_metadata, read_parquet
from cogworks.report.table import OWN, Column, Table, text_column

COLUMNS = ["seed", "id", "wnid", "predicted", "confidence"]
# Images named for each crossing.
EXAMPLES = 10


def read_crossings(paths: Sequence[Path], spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each crossing with its predictions (`listed`) and its summary, in the spec's order."""
    return [
        dict(crossing)
        | {"listed": read_parquet(path, columns=COLUMNS), "summary": read_metadata(path)}
        for path, crossing in zip(paths, spec["crossings"], strict=True)
    ]


def noise_table(crossings: Sequence[Mapping[str, Any]]) -> Table:
    """Return what share of images another data set's classifier is sure of, a row a crossing.

    Args:
        crossings: what `read_crossings` returns: encoder, dataset (whose classifier), other (whose
            images), protocol, and `summary` with images, confidence and share.
    """
    frame = pd.DataFrame(
        {
            "encoder": crossing["encoder"],
            "dataset": crossing["dataset"],
            "other": crossing["other"],
            "images": float(crossing["summary"]["images"]),
            "threshold": float(crossing["summary"]["confidence"]),
            "share": _percent(crossing["summary"]["share"]),
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


def example_table(crossings: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """Return the images of each crossing with the most confident predictions, over all seeds.

    Args:
        crossings: as for `noise_table`, with the predictions in `listed`.
        names: name of each class id.
    """
    frames = []
    for crossing in crossings:
        rows = crossing["listed"].sort_values(["confidence", "id"], ascending=[False, True])
        rows = rows.drop_duplicates("id").head(EXAMPLES)
        keys = {key: crossing[key] for key in ("encoder", "dataset", "other")}
        frames.append(rows.assign(**keys))
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
