"""Training task against transfer, by encoder, with the convex hull (thesis, figure 4.7)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from cogworks.report.drawing import style
from cogworks.report.specs import TransferSpec

# Where a name may stand around its point, in points; the place that covers least is taken.
_PLACES = ((8, 0, "left"), (-8, 0, "right"), (0, 10, "center"), (0, -10, "center"))
_MARKER = 6.0
_STAR = 12.0

Box = tuple[float, float, float, float]


def trade_off_figure(
    plane: pd.DataFrame, spec: TransferSpec, *, published: pd.DataFrame | None = None
) -> Figure:
    """Return the plane; encoders on the hull are stars, joined by a line.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        spec: `encoders`, `baseline` and `seen`.
        published: label, train and transfer of published models to show in grey; None for none.
    """
    fig, [[axes]] = style.figure(width=6.4, height=4.2)
    looks = style.looks([e.name for e in spec.encoders], baseline=spec.baseline)
    known = plane[np.isfinite(plane[["train", "transfer"]]).all(axis=1)]
    names: list[tuple[float, float, str, str]] = []
    with style.drawing():
        axes.grid(visible=True, axis="both")
        if published is not None:
            axes.plot(published["train"], published["transfer"], "o", color=style.MUTED, mfc="none")
            names += [(r.train, r.transfer, r.label, style.MUTED) for r in published.itertuples()]
        hull = known[known["hull"]].sort_values("train")
        axes.plot(hull["train"], hull["transfer"], color=style.MUTED, lw=1, ls=(0, (3, 3)))
        for row in known.itertuples():
            look = looks[row.encoder]
            axes.errorbar(
                row.train,
                row.transfer,
                xerr=np.nan_to_num(row.train_std),
                yerr=np.nan_to_num(row.transfer_std),
                color=look.colour,
                marker="*" if row.hull else look.marker,
                markersize=_STAR if row.hull else _MARKER,
                elinewidth=0.8,
            )
            names.append((row.train, row.transfer, row.label, look.colour))
        axes.set_xlabel(f"{spec.seen.label}, top-1 accuracy (%)")
        axes.set_ylabel("transfer, mean log odds")
        axes.margins(0.12)
        _name_points(fig, axes, names)
    return fig


def _name_points(fig: Figure, axes: Axes, names: list[tuple[float, float, str, str]]) -> None:
    """Write each name beside its point, where it covers least of the points and other names."""
    FigureCanvasAgg(fig).draw()  # Lays the figure out: only then are places in pixels final.
    taken: list[Box] = []
    for x, y, _, _ in names:
        px, py = axes.transData.transform((x, y))
        taken.append((px - _MARKER, py - _MARKER, px + _MARKER, py + _MARKER))
    for x, y, name, colour in names:
        tries: list[tuple[float, int, Annotation, Box]] = []
        for dx, dy, side in _PLACES:
            text = axes.annotate(
                name,
                (x, y),
                (dx, dy),
                textcoords="offset points",
                ha=side,
                va="center",
                fontsize=9,
                color=colour,
                annotation_clip=False,
            )
            box = _box(text)
            tries.append((sum(_overlap(box, other) for other in taken), len(tries), text, box))
        _, chosen, _, box = min(tries, key=lambda entry: entry[:2])
        for _, number, text, _ in tries:
            if number != chosen:
                text.remove()
        taken.append(box)


def _box(text: Annotation) -> Box:
    box = text.get_window_extent()
    return box.x0, box.y0, box.x1, box.y1


def _overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)
