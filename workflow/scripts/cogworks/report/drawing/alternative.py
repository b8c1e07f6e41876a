"""A figure in words, for whoever cannot see it: from where to where each of its lines goes."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cogworks.report.drawing import style

# Of more lines, those that end highest and lowest are told.
MANY, HIGHEST = 8, 3
Ends = tuple[float, float]


def told(fig: Figure) -> str:
    """Return what the named lines of a figure show, panel by panel; empty where none is named."""
    return " ".join(filter(None, map(_panel, fig.axes)))


def _panel(axes: Axes) -> str:
    lines, span = {}, ""
    for handle, name in zip(*style.legend_entries(axes), strict=True):
        if not isinstance(handle, Line2D) or name in lines:
            continue
        x, y = (np.asarray(found, "float64") for found in (handle.get_xdata(), handle.get_ydata()))
        known = np.flatnonzero(np.isfinite(y))
        if len(known):
            lines[name] = (float(y[known[0]]), float(y[known[-1]]))
            first, last = (_tick(axes, float(x[known[at]])) for at in (0, -1))
            span = span or (f", from {first} to {last}" if first != last else "")
    if not lines:
        return ""
    heading = " / ".join(filter(None, [axes.get_title(loc="left"), axes.get_ylabel()]))
    return f"{heading}{span}: {_lines(lines)}."


def _lines(lines: Mapping[str, Ends]) -> str:
    order = sorted(lines, key=lambda name: -lines[name][1])
    texts = {name: _from_to(name, lines[name]) for name in order}
    if len(order) <= MANY:
        return "; ".join(texts[name] for name in lines)
    best = "; ".join(texts[name] for name in order[:HIGHEST])
    return f"of {len(order)} lines, these end highest: {best}; and lowest {texts[order[-1]]}"


def _from_to(name: str, ends: Ends) -> str:
    first, last = (f"{end:.3g}" for end in ends)
    return f"{name} {first} to {last}" if first != last else f"{name} {first}"


def _tick(axes: Axes, x: float) -> str:
    """Return what the horizontal axis says at a place, else the number."""
    labels = (label.get_text() for label in axes.get_xticklabels())
    ticks = dict(zip((float(tick) for tick in axes.get_xticks()), labels, strict=False))
    return ticks.get(x) or f"{x:.4g}"
