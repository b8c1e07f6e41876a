"""The size of the projector in two blocks side by side (thesis, table 4.1)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cogworks.report.drawing.published import read_paper
from cogworks.report.drawing.published_tables import OWN_GROUP, mismatch
from cogworks.report.drawing.transfer_tables import transfer_mismatch
from cogworks.report.reproduced import beside
from cogworks.report.specs import ProjectorRow, ProjectorSpec
from cogworks.report.summary import spread_note
from cogworks.report.table import (
    GROUP,
    HIGH,
    HIGHLIGHT,
    LOW,
    OWN,
    STD,
    Column,
    Table,
    text_column,
)
from cogworks.report.transfer_sets import told

_BLOCKS = ("layers", "widths")
# Of the published rows: which table, and how their labels become those of the run's own.
_PUBLISHED = {"layers": ("4.1-left", "L=", "L = "), "widths": ("4.1-right", "d_h=", "")}
_DEFAULT = {"layers": "L = 1", "widths": "2048"}

# Label, and the numbers of a configuration by the ends of their keys.
Entry = tuple[str, Mapping[str, float]]
_NUMBERS = [f"{key}{end}" for key in ("train", "transfer") for end in ("", STD, LOW, HIGH)]


def projector_table(plane: pd.DataFrame, summary: pd.DataFrame, spec: ProjectorSpec) -> Table:
    """Return top-1 and transfer by hidden layers (left) and by their width (right).

    The default configuration stands in the same row of both blocks, as in the thesis.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        summary: the table of `summary.summarise`.
        spec: the rows of the two blocks.
    """
    own = [[_entry(plane, row) for row in rows] for rows in (spec.layers, spec.widths)]
    frame = _aligned(own, spec.default).assign(**{GROUP: OWN_GROUP, OWN: True})
    if spec.paper.names:
        theirs = [_published(spec, block) for block in _BLOCKS]
        default = [
            [label for label, _ in entries].index(_DEFAULT[block])
            for block, entries in zip(_BLOCKS, theirs, strict=True)
        ]
        published = _aligned(theirs, default).assign(**{GROUP: "Thesis, table 4.1", OWN: False})
        if not mismatch(summary, [spec.seen]):
            frame = _paired(frame, published, spec)
        frame = pd.concat([frame, published], ignore_index=True)
    depth, width = spec.layers[spec.default[0]].label, spec.widths[spec.default[1]].label
    columns = []
    for block, title in zip(_BLOCKS, ("projector", "d_h"), strict=True):
        columns += [
            text_column(block, title),
            Column(f"{block}_train", spec.seen.label, best=None),
            Column(f"{block}_transfer", "transfer", digits=2, best=None),
        ]
    return Table(
        title="Size of the projector: hidden layers L (left) and their width d_h (right), as table "
        "4.1",
        columns=columns,
        frame=frame,
        note=f"Top-1 on {spec.seen.label} (%) and mean log odds. {told(spec.transfer)} The default "
        f"configuration is {depth} and d_h = {width} (highlighted). "
        + spread_note(spec.scores, spec.encoders),
        warning=transfer_mismatch(summary, spec) if spec.paper.names else "",
    )


def _paired(own: pd.DataFrame, published: pd.DataFrame, spec: ProjectorSpec) -> pd.DataFrame:
    """Return own rows with the thesis's top-1 of the same configurations."""
    same = {encoder.name for encoder in spec.encoders if encoder.published and not encoder.differs}
    for block, rows in zip(_BLOCKS, (spec.layers, spec.widths), strict=True):
        own = beside(
            own,
            published[published[block] != ""],
            by=block,
            names={row.label: row.label for row in rows if row.encoder in same},
            columns=[f"{block}_train"],
        )
    return own


def _entry(plane: pd.DataFrame, row: ProjectorRow) -> Entry:
    if row.encoder is None:
        return row.label, {}
    return row.label, plane.set_index("encoder").loc[row.encoder, _NUMBERS].to_dict()


def _aligned(blocks: Sequence[Sequence[Entry]], default: Sequence[int]) -> pd.DataFrame:
    """Return two blocks side by side, their default entries in one row, which is highlighted."""
    before = max(default)
    after = max(len(rows) - place for rows, place in zip(blocks, default, strict=True))
    records: list[dict[str, Any]] = [{HIGHLIGHT: n == before} for n in range(before + after)]
    for block, rows, place in zip(_BLOCKS, blocks, default, strict=True):
        for number, record in enumerate(records):
            index = number - before + place
            label, numbers = rows[index] if 0 <= index < len(rows) else ("", {})
            record |= {block: label}
            record |= {f"{block}_{key}": numbers.get(key, math.nan) for key in _NUMBERS}
    return pd.DataFrame(records)


def _published(spec: ProjectorSpec, block: str) -> list[Entry]:
    table, prefix, shown = _PUBLISHED[block]
    names = ["table", "configuration", "in1k_top1", "transfer_mean_log_odds"]
    rows = read_paper(spec.paper.folder, "trex_projector", names)
    rows = rows[rows["table"] == table]
    labels = rows["configuration"].str.replace(prefix, shown, regex=False)
    numbers = rows[["in1k_top1", "transfer_mean_log_odds"]].set_axis(["train", "transfer"], axis=1)
    return list(zip(labels, numbers.to_dict("records"), strict=True))
