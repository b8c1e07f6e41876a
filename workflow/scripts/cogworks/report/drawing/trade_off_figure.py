"""Training task against transfer, by encoder, with the convex hull (thesis, figure 4.7)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from cogworks.report.drawing import style
from cogworks.report.specs import PlaneSpec

# Where a name may stand around its point, in points; the place that covers least is taken.
_PLACES = ((8, 0, "left"), (-8, 0, "right"), (0, 10, "center"), (0, -10, "center"))
_MARKER = 6.0
_STAR = 12.0

Box = tuple[float, float, float, float]
# Place, text and colour of a point's name.
_Name = tuple[float, float, str, str]
# More encoders than this are too many to name each.
MANY = 12


def trade_off_figure(
    plane: pd.DataFrame, spec: PlaneSpec, *, published: pd.DataFrame | None = None
) -> Figure:
    """Return the plane; encoders on the hull are stars, joined by a line.

    Up to `MANY` encoders have a colour and a name each. More of them are coloured by family, and
    only those on the hull, and others' work, are named.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        spec: `encoders`, `baseline`, `seen` and `families`.
        published: label, train, transfer and `hull` of published models, to show hollow and grey;
            None for none.
    """
    fig, [[axes]] = style.figure(width=6.4, height=4.2)
    known = plane[np.isfinite(plane[["train", "transfer"]]).all(axis=1)]
    many = len(known) > MANY
    looks = _family_looks(spec) if many else _own_looks(spec)
    names: list[_Name] = []
    with style.drawing():
        axes.grid(visible=True, axis="both")
        if published is not None:
            names += _draw_published(axes, published)
        hull = known[known["hull"]].sort_values("train")
        axes.plot(hull["train"], hull["transfer"], color=style.MUTED, lw=1, ls=(0, (3, 3)))
        # Stars are drawn last, on top.
        for row in known.sort_values("hull", kind="stable").itertuples():
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
            if row.hull or not many or row.encoder not in spec.families:
                names.append((row.train, row.transfer, row.label, look.colour))
        axes.set_xlabel(f"{spec.seen.label}, top-1 accuracy (%)")
        axes.set_ylabel("transfer, mean log odds")
        axes.margins(0.12)
        if many:
            _name_families(fig, axes, spec, looks)
        _name_points(fig, axes, names)
    return fig


def _own_looks(spec: PlaneSpec) -> dict[str, style.Look]:
    return style.looks([e.name for e in spec.encoders], baseline=spec.baseline)


def _family_looks(spec: PlaneSpec) -> dict[str, style.Look]:
    """Return the look of each encoder by its family; others' work is grey."""
    families = style.looks(sorted(set(spec.families.values())))
    others = style.Look(style.MUTED, "s")
    return {
        encoder.name: families[spec.families[encoder.name]]
        if encoder.name in spec.families
        else others
        for encoder in spec.encoders
    }


def _name_families(
    fig: Figure, axes: Axes, spec: PlaneSpec, looks: Mapping[str, style.Look]
) -> None:
    shown = {family: looks[encoder] for encoder, family in spec.families.items()}
    for family in sorted(shown):
        look = shown[family]
        axes.plot([], [], look.marker, color=look.colour, label=style.named(family))
    style.legend_below(fig, axes)


def _draw_published(axes: Axes, published: pd.DataFrame) -> list[_Name]:
    """Draw published models and return their names."""
    for hull, marker, size in ((False, "o", _MARKER), (True, "*", _STAR)):
        rows = published[published["hull"] == hull]
        axes.plot(
            rows["train"],
            rows["transfer"],
            marker,
            color=style.MUTED,
            markerfacecolor="none",
            markersize=size,
        )
    return [(row.train, row.transfer, row.label, style.MUTED) for row in published.itertuples()]


def _name_points(fig: Figure, axes: Axes, names: list[_Name]) -> None:
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
