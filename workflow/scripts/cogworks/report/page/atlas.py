"""The atlas on the page: pictures, two encoders to choose, and of many concepts both ends.

All concepts and the scores of all encoders are in the page as compact numbers. The script makes of
them the rows that are asked for; without it, and on paper, the rows are those written here.
"""

import base64
import json
from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cogworks.report.drawing.atlas_table import OTHER_TOP1, OWN_TOP1, PICTURES, PLACE, SEEN, SHARE
from cogworks.report.page.html_table import table_cell, table_head
from cogworks.report.table import Table

# Of more than twice as many concepts, so many from each end have a row.
EDGE = 60
# Parts of the whole in which accuracies are written.
UNITS = 10_000


def atlas(table: Table, *, name: str) -> str:
    """Return the atlas as HTML: choices, rows, note, and the numbers for the script."""
    if table.frame.empty:
        return f'<div class="under"><p>{escape(table.note)}</p></div>'
    data = json.dumps(_data(table), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    columns = [column for column in table.columns if column.key != "wnid"]
    parts = [
        '<div class="choices" hidden></div>',
        '<p class="count" role="status"></p>',
        f'<div class="scroll" role="group" aria-label="{escape(table.title)}: its rows">',
        f'<table id="rows-{name}"><caption class="unseen">{escape(table.title)}</caption>',
        "<thead>",
        "<tr>" + "".join(table_head(column) for column in columns) + "</tr></thead>",
        "<tbody>",
        *_rows(table),
        "</tbody></table></div>",
        f'<div class="under"><p>{escape(table.note)}</p><p class="take"></p></div>',
        # A name with "</script>" in it would end the element.
        f'<script type="application/json">{data.replace("<", chr(92) + "u003c")}</script>',
    ]
    return "\n".join(parts)


def _rows(table: Table) -> Iterator[str]:
    """Yield the rows of all concepts; of too many, those at both ends of the unseen ones."""
    marks, shown = table.marks(), _shown(table.frame)
    for number, place in enumerate(shown):
        if number and place > shown[number - 1] + 1:
            span = len(table.columns) - 1
            between = f"… {place - shown[number - 1] - 1:,} more …"
            yield f'<tr class="between"><td colspan="{span}">{between}</td></tr>'
        row = table.frame.iloc[place]
        cells = (
            table_cell(table, row, column, marks[place][column.key])
            for column in table.columns
            if column.key not in ("name", "wnid")
        )
        head = f'<th scope="row"><div class="concept">{_picture(row)}{_name(row)}</div></th>'
        yield (
            f'<tr data-place="{place}">{head}'
            + "".join(f"<td {attributes}>{text}</td>" for attributes, text in cells)
            + "</tr>"
        )


def _shown(frame: pd.DataFrame) -> list[int]:
    """Return the places of the concepts that have a row."""
    if len(frame) <= 2 * EDGE:
        return list(range(len(frame)))
    unseen = np.flatnonzero(~frame[SEEN].to_numpy(bool)).tolist()
    return unseen if len(unseen) <= 2 * EDGE else [*unseen[:EDGE], *unseen[-EDGE:]]


def _picture(row: Any) -> str:
    if row[PICTURES] is None:
        return ""
    data = base64.b64encode(row[PICTURES]).decode()
    alt = f"some test images of {row['name']}"
    return f'<img src="data:image/webp;base64,{data}" alt="{escape(alt)}" decoding="async">'


def _name(row: Any) -> str:
    return f'<span>{escape(row["name"])} <span class="std">{escape(row["wnid"])}</span></span>'


def _data(table: Table) -> dict[str, Any]:
    """Return the concepts in the order of rows, and the accuracies of encoders, base64 of uint16.

    Pictures of concepts that have no row are here; those of others are in their rows.
    """
    frame = table.frame
    shares = {key.removeprefix(SHARE): frame[key] for key in frame if key.startswith(SHARE)}
    labels = {column.key: column.label for column in table.columns}
    branches = sorted(set(frame["branch"]))
    sets = frame.drop_duplicates("set").sort_values(PLACE)
    shown = set(_shown(frame))
    return {
        "encoders": list(shares),
        "chosen": [list(shares).index(labels[key]) for key in (OWN_TOP1, OTHER_TOP1)],
        "shares": [_encoded(share.to_numpy()) for share in shares.values()],
        "units": UNITS,
        "edge": EDGE,
        "names": list(frame["name"]),
        "wnids": list(frame["wnid"]),
        "branches": branches,
        "branch": [branches.index(name) for name in frame["branch"]],
        "sets": list(sets["set"]),
        "set": frame["set"].map(list(sets["set"]).index).tolist(),
        "seen": sets[SEEN].tolist(),
        "similarity": [None if np.isnan(x) else round(x, 3) for x in frame["similarity"]],
        "images": frame["images"].astype(int).tolist(),
        "pictures": {
            place: base64.b64encode(picture).decode()
            for place, picture in enumerate(frame[PICTURES])
            if picture is not None and place not in shown
        },
        "warnings": table.warnings,
    }


def _encoded(shares: npt.NDArray[np.float64]) -> str:
    return base64.b64encode(np.rint(shares * UNITS).astype("<u2").tobytes()).decode()
