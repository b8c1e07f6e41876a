"""A few encoders as polygons: the farther out, the better (thesis, figure 5.2)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.published import read_paper
from cogworks.report.drawing.published_tables import other_classes
from cogworks.report.specs import Polygon, PublishedPolygon, RadarSpec

RINGS = (20, 40, 60, 80, 100)
METRICS = {"top1": "top-1", "top5": "top-5"}
# Radius, in the unit of scores, at which the name of a corner stands.
_NAMES_AT = 121
# How far from its corner a number stands, along a vertical and along a horizontal spoke.
_APART = (9.0, 13.0)


def radar_figure(scores: pd.DataFrame, spec: RadarSpec) -> Figure:
    """Return one polygon an encoder; a corner is the mean of a metric over test sets and seeds (%).

    A model of the thesis is left out where it cannot be compared with the run's.

    Args:
        scores: the long table of `scores.collect`.
        spec: `corners` and `polygons`, and a model of the thesis or None.
    """
    fig, [[axes]] = style.figure(width=6.2, height=5.4)
    angles = [math.pi / 2 - 2 * math.pi * n / len(spec.corners) for n in range(len(spec.corners))]
    shapes = {polygon.label: corner_values(scores, polygon, spec) for polygon in spec.polygons}
    if spec.published is not None and _is_comparable(scores, spec.published):
        shapes = {spec.published.label: published_values(spec.published, spec)} | shapes
    values = list(shapes.values())
    with style.drawing():
        _grid(axes, angles)
        for (label, own), colour in zip(shapes.items(), style.SERIES, strict=False):
            x, y = _points(own, angles)
            axes.fill(x, y, color=colour, alpha=0.12, lw=0)
            closed = [*range(len(x)), 0]
            options: dict[str, Any] = {"marker": "o", "label": style.named(label)}
            axes.plot(x[closed], y[closed], color=colour, **options)
        for at, (corner, angle) in enumerate(zip(spec.corners, angles, strict=True)):
            _name(axes, f"{corner.label}\n{METRICS[corner.metric]}", angle)
            _numbers(axes, [own[at] for own in values], angle)
        style.legend_below(fig, axes)
    fig.set_label(" ".join(_told(label, own, spec) for label, own in shapes.items()))
    return fig


def corner_values(scores: pd.DataFrame, polygon: Polygon, spec: RadarSpec) -> list[float]:
    """Return the value of an encoder at each corner, NaN where it lacks a score."""
    own = scores[(scores["encoder"] == polygon.name) & (scores["shots"] == "all")]
    found = []
    for corner, cells in zip(spec.corners, polygon.corners, strict=True):
        means = [
            own.loc[
                (own["metric"] == corner.metric)
                & (own["dataset"] == dataset)
                & (own["test_set"] == test_set)
                & (own["protocol"] == protocol),
                "value",
            ].mean()
            for dataset, test_set, protocol in cells
        ]
        found.append(float(sum(means) / len(means)))
    return found


def published_values(model: PublishedPolygon, spec: RadarSpec) -> list[float]:
    """Return the value of a model of the thesis at each corner."""
    names = ["model", "metric", "value"]
    sets, transfer, levels = (
        read_paper(spec.paper.folder, name, [column, *names]).rename(columns={column: "name"})
        for name, column in zip(spec.paper.names, ("test_set", "dataset", "dataset"), strict=True)
    )
    rows = pd.concat([sets, transfer, levels])
    rows = rows[rows["model"] == model.model].astype({"value": "float64"})
    return [
        float(rows[rows["name"].isin(names) & (rows["metric"] == corner.metric)]["value"].mean())
        for corner, names in zip(spec.corners, model.corners, strict=True)
    ]


def _told(label: str, values: Sequence[float], spec: RadarSpec) -> str:
    """Return a polygon in words."""
    known = [(c, v) for c, v in zip(spec.corners, values, strict=True) if not math.isnan(v)]
    texts = (f"{corner.label} {METRICS[corner.metric]} {value:.1f}" for corner, value in known)
    return f"{label}: {', '.join(texts)}."


def _is_comparable(scores: pd.DataFrame, model: PublishedPolygon) -> bool:
    """Say whether settings of the run, and the classes of its data set, are the thesis's."""
    return not (model.differs or other_classes(scores, model.dataset, model.dataset, "in1k"))


def _points(values: Sequence[float], angles: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    radii = np.asarray(values)
    return radii * np.cos(angles), radii * np.sin(angles)


def _grid(axes: Axes, angles: Sequence[float]) -> None:
    """Draw rings and spokes in place of axes."""
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_xlim(-165, 165)
    axes.set_ylim(-134, 134)
    turn = np.linspace(0, 2 * math.pi, 200)
    for ring in RINGS:
        axes.plot(ring * np.cos(turn), ring * np.sin(turn), color=style.RULE, lw=0.7, zorder=0)
    for angle in angles:
        x, y = 100 * math.cos(angle), 100 * math.sin(angle)
        axes.plot([0, x], [0, y], color=style.RULE, lw=0.7, zorder=0)


def _name(axes: Axes, text: str, angle: float) -> None:
    x, y = math.cos(angle), math.sin(angle)
    side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
    axes.text(_NAMES_AT * x, _NAMES_AT * y, text, ha=side, va="center", fontsize=9, color=style.INK)


def _numbers(axes: Axes, values: Sequence[float], angle: float) -> None:
    """Write the value of each polygon at a corner: the largest outside, the others inside."""
    order = sorted(range(len(values)), key=lambda n: -values[n])
    apart = float(np.interp(abs(math.cos(angle)), (0, 1), _APART))
    for place, number in enumerate(order):
        value = values[number]
        if math.isnan(value):
            continue
        at = value + apart if place == 0 else value - place * apart
        axes.text(
            at * math.cos(angle),
            at * math.sin(angle),
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=8.5,
            color=style.text_colour(style.SERIES[number]),
        )
