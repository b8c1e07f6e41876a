"""Training task against transfer, by encoder, with the convex hull (thesis, figure 4.7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from cogworks.report.components import TREX
from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks_of, standing_out
from cogworks.report.specs import EncoderRow, PlaneSpec
from cogworks.report.table import HIGH, LOW

# Where a name may stand: on which side of its point, and how many points away. Far ones have a
# line to their point.
_NEAR = 6
_SIZE = 9
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_PLACES = [(side, distance) for distance in (_NEAR, 16, 28, 42, 58) for side in _SIDES]
_MARKER = 6.0
_STAR = 12.0
# Half of the pixels across an error bar that a name leaves free.
_THIN = 1.5

Box = tuple[float, float, float, float]
# Place, text and look of a point's name.
_Name = tuple[float, float, str, style.Look]
# The thesis's models, and those that it compares with.
_THEIRS = "Thesis"
# More encoders than this are too many to name each.
MANY = 12
# So far below the lowest name, as a share of the names' heights, are points shown.
_BELOW = 0.25
_NONE = pd.DataFrame({"label": [], "train": [], "transfer": [], "hull": []})


def trade_off_figure(
    plane: pd.DataFrame, spec: PlaneSpec, *, published: pd.DataFrame | None = None
) -> Figure:
    """Return the plane; encoders on the hull are stars, joined by a line.

    Up to `MANY` encoders have a colour, a name and error bars each, 95% intervals. More of them are
    coloured by family, and only those on the hull, and the best of others' work, are named.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        spec: `encoders`, `baseline`, `seen` and `families`.
        published: label, train, transfer and `hull` of published models, to show hollow and grey;
            None for none.
    """
    known = plane[np.isfinite(plane[["train", "transfer"]]).all(axis=1)]
    others = _NONE if published is None else published
    many = len(known) > MANY
    looks = _family_looks(spec) if many else _own_looks(spec)
    fig, [[axes]] = style.figure(width=7.2 if many else 6.4, height=5.0 if many else 4.2)
    with style.drawing():
        axes.grid(visible=True, axis="both")
        _draw_published(axes, others)
        names: list[_Name] = []
        hull = known[known["hull"]].sort_values("train")
        axes.plot(hull["train"], hull["transfer"], color=style.MUTED, lw=1, ls=(0, (3, 3)))
        named = {row.name for row in _named(known, spec)} if many else set(known["encoder"])
        # Stars are drawn last, on top.
        for row in known.sort_values("hull", kind="stable").itertuples():
            look = looks[row.encoder]
            drawn = axes.errorbar(
                row.train,
                row.transfer,
                xerr=None if many else _errors(row, "train"),
                yerr=None if many else _errors(row, "transfer"),
                color=look.colour,
                marker="*" if row.hull else look.marker,
                markersize=_STAR if row.hull else _MARKER,
                elinewidth=0.6,
            )
            style.tag(look.gid, *drawn.get_children())
            if row.hull or row.encoder in named:
                names.append((row.train, row.transfer, row.label, look))
        names += _published_names(others, own={name for _, _, name, _ in names})
        axes.set_xlabel(f"{spec.seen.label}, top-1 accuracy (%)")
        axes.set_ylabel("transfer, mean log odds")
        axes.margins(0.12)
        points = pd.concat([known, others])[["train", "transfer"]].to_numpy("float64")
        if many:
            _name_families(fig, axes, spec, looks)
            _zoom(axes, points, names)
        shown = points[:, 1] >= axes.get_ylim()[0]
        low = [entry for entry in names if entry[1] < axes.get_ylim()[0]]
        bars = _bars(known[:0] if many else known)
        _name_points(fig, axes, [n for n in names if n not in low], points[shown], bars)
    fig.set_label(_told(hull, spec))
    return fig


def _named(known: pd.DataFrame, spec: PlaneSpec) -> list[EncoderRow]:
    """Return which of many encoders have a name beside those on the hull: of others' work."""
    shown = [row for row in spec.encoders if row.name in set(known["encoder"])]
    others = [row for row in shown if row.name not in spec.families]
    return standing_out(others, known.set_index("encoder")["transfer"], baseline=spec.baseline)


def _errors(row: Any, key: str) -> np.ndarray:
    """Return what is below and above a number of the plane in its interval, `(2, 1)`."""
    return style.errors(*(np.array([getattr(row, key + end)]) for end in ("", LOW, HIGH)))


def _bars(known: pd.DataFrame) -> np.ndarray:
    """Return the ends of all error bars, `(N, 2, 2)`: of each two points in the plane."""
    ends = known[["train_low", "transfer", "train_high", "transfer"]].to_numpy("float64")
    upright = known[["train", "transfer_low", "train", "transfer_high"]].to_numpy("float64")
    found = np.concatenate([ends, upright]).reshape(-1, 2, 2)
    return found[np.isfinite(found).all(axis=(1, 2))]


def _told(hull: pd.DataFrame, spec: PlaneSpec) -> str:
    """Return the figure in words."""
    points = "; ".join(
        f"{row.label} ({row.train:.1f}, {row.transfer:.2f})" for row in hull.itertuples()
    )
    return (
        f"Of {len(spec.encoders)} encoders, on the convex hull from left to right, with "
        f"{spec.seen.label} top-1 (%) and mean log odds of transfer: {points}."
    )


def _zoom(axes: Axes, points: np.ndarray, names: list[_Name]) -> None:
    """Leave out, and count, points far below all that have a name: they would press the others."""
    heights = np.array([y for _, y, _, _ in names])
    room = _BELOW * max(np.ptp(heights), 0.1)
    low = heights.min() - room
    left_out = int((points[:, 1] < low).sum())
    if left_out:
        axes.set_ylim(low, points[:, 1].max() + room)
        text = f"{left_out} more below"
        axes.annotate(text, (0.01, 0.02), xycoords="axes fraction", color=style.MUTED, fontsize=9)


def _own_looks(spec: PlaneSpec) -> dict[str, style.Look]:
    return looks_of(spec.encoders, baseline=spec.baseline)


def _family_looks(spec: PlaneSpec) -> dict[str, style.Look]:
    """Return the look of each encoder by its family; others' work is grey."""
    families = style.looks(sorted(set(spec.families.values())))
    others = style.Look(style.MUTED, "s")
    return {
        name: replace(families.get(spec.families.get(name, ""), others), gid=look.gid)
        for name, look in _own_looks(spec).items()
    }


def _name_families(
    fig: Figure, axes: Axes, spec: PlaneSpec, looks: Mapping[str, style.Look]
) -> None:
    shown = {family: looks[encoder] for encoder, family in spec.families.items()}
    for family in sorted(shown):
        look = shown[family]
        axes.plot([], [], look.marker, color=look.colour, label=style.named(family))
    style.legend_below(fig, axes)


def _draw_published(axes: Axes, published: pd.DataFrame) -> None:
    for row in published.itertuples():
        axes.plot(
            row.train,
            row.transfer,
            "*" if row.hull else "o",
            color=style.MUTED,
            markerfacecolor="none",
            markersize=_STAR if row.hull else _MARKER,
            gid=_gid(row.label),
        )


def _published_names(published: pd.DataFrame, *, own: set[str]) -> list[_Name]:
    """Return the names of others' models, t-ReX and t-ReX*, unless an encoder has the same."""
    named = published[~published["hull"].astype(bool) | published["label"].isin(TREX)]
    named = named[~named["label"].isin(own)]
    return [
        (row.train, row.transfer, row.label, style.Look(style.MUTED, "", gid=_gid(row.label)))
        for row in named.itertuples()
    ]


def _gid(label: object) -> str:
    return style.gid(str(label), _THEIRS)


def _name_points(
    fig: Figure, axes: Axes, names: list[_Name], points: np.ndarray, bars: np.ndarray
) -> None:
    """Write each name near its point, where it covers least of the points, bars and other names.

    Args:
        fig, axes: where to write; limits must be final.
        names: what to write.
        points: `(N, 2)`, all that is drawn.
        bars: `(M, 2, 2)`, the two ends of each error bar.
    """
    FigureCanvasAgg(fig).draw()  # Lays the figure out: only then are places in pixels final.
    inside = axes.get_window_extent()
    scale = fig.dpi / 72
    half = _MARKER / 2 * scale
    taken = [(x - half, y - half, x + half, y + half) for x, y in axes.transData.transform(points)]
    for low, high in bars:
        (x0, y0), (x1, y1) = axes.transData.transform([low, high])
        taken.append((x0 - _THIN, y0 - _THIN, x1 + _THIN, y1 + _THIN))
    for x, y, name, look in names:
        extent = _extent(axes, name)
        tries: list[tuple[float, int, tuple[float, float], Box]] = []
        for number, (side, distance) in enumerate(_PLACES):
            dx, dy = _shift(extent.width / scale, extent.height / scale, side, distance)
            px, py = axes.transData.transform((x, y))
            box = _around(px + dx * scale, py + dy * scale, extent)
            out = extent.width * extent.height - _overlap(box, (*inside.p0, *inside.p1))
            covered = sum(_overlap(box, other) for other in taken)
            tries.append((covered + 4 * out + number, number, (dx, dy), box))
        _, number, place, box = min(tries)
        is_far = _PLACES[number][1] > _NEAR
        line = {"arrowstyle": "-", "color": look.colour, "lw": 0.5, "shrinkA": 0, "shrinkB": 4}
        written = axes.annotate(
            name,
            (x, y),
            place,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_SIZE,
            color=look.text,
            annotation_clip=False,
            arrowprops=line if is_far else None,
        )
        style.tag(look.gid, *filter(None, [written, written.arrow_patch]))
        taken.append(box)


def _extent(axes: Axes, name: str) -> Bbox:
    """Return how much room a name takes, in pixels."""
    text = axes.text(0, 0, name, fontsize=_SIZE)
    extent = text.get_window_extent()
    text.remove()
    return extent


def _shift(
    width: float, height: float, side: tuple[int, int], distance: float
) -> tuple[float, float]:
    """Return where the middle of a name is, in points from its own point."""
    across, up = side
    return across * (distance + width / 2), up * (distance + height / 2)


def _around(x: float, y: float, extent: Bbox) -> Box:
    """Return the box of a size around a place."""
    across, up = extent.width / 2, extent.height / 2
    return x - across, y - up, x + across, y + up


def _overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)
