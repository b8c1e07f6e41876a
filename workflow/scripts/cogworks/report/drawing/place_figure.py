"""Encoders of a run as thick lines among the published models (thesis, tables B.1 to B.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import (
    OWN_WIDTH,
    THIN,
    colour_of,
    looks_of,
    name_categories,
)
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.drawing.published_tables import unlike
from cogworks.report.drawing.standing import BASELINE
from cogworks.report.specs import EncoderRow, LevelsSpec
from cogworks.report.summary import BOUNDS

WIDTH, HEIGHT = 5.2, 4.6
# Heading of a panel, and whether it shows differences.
PANELS = {"top-1 accuracy (%)": False, f"top-1 minus {BASELINE} as published (points)": True}


@dataclass(frozen=True)
class _Line:
    """An encoder along the data sets: top-1, and what is below and above it `(2, N)`."""

    label: str
    top1: np.ndarray
    errors: np.ndarray
    look: style.Look
    own: bool

    def end(self, zero: np.ndarray) -> float:
        """Return its last difference to `zero`, NaN where it has none."""
        known = (self.top1 - zero)[~np.isnan(self.top1)]
        return float(known[-1]) if len(known) else np.nan


def place_figure(
    summary: pd.DataFrame, published: pd.DataFrame, models: pd.DataFrame, spec: LevelsSpec
) -> Figure:
    """Return two panels: top-1 by data set, as it is and less that of the published ResNet50.

    An own encoder has no line on a data set with another number of classes than the thesis's.

    Args:
        summary: the table of `summary.summarise`.
        published: what `published.linear_probe` returns.
        models: what `published.models` returns.
        spec: the own encoders, and the data sets.
    """
    rows = [
        EncoderRow(name=name, label=name, category=kind, published=name, recipe={})
        for name, kind in models[["model", "category"]].itertuples(index=False)
    ]
    theirs, own = _published_lines(published, rows, spec), _own_lines(summary, spec)
    named = _named(theirs)
    resnet = next(line.top1 for line in theirs if line.label == BASELINE)
    fig, [panels] = style.figure(1, len(PANELS), width=WIDTH, height=HEIGHT)
    with style.drawing():
        for axes, (heading, relative) in zip(panels, PANELS.items(), strict=True):
            zero = resnet if relative else np.zeros_like(resnet)
            for line in [*theirs, *own]:
                _draw(axes, line, zero)
            axes.set_xticks(range(len(zero)), [column.label for column in spec.columns])
            axes.set_xlim(-0.25, len(zero) - 0.75)
            axes.set_ylabel(heading)
            ends = [(line.end(zero), line.label, line.look) for line in [*named, *own]]
            ends = [end for end in ends if not np.isnan(end[0])]
            style.label_ends(axes, ends, x=len(zero) - 1, height=HEIGHT)
        name_categories(fig, panels[0], rows, baseline=BASELINE)
    fig.set_label(_told(theirs, own, spec))
    return fig


def _published_lines(
    published: pd.DataFrame, rows: Sequence[EncoderRow], spec: LevelsSpec
) -> list[_Line]:
    full = published[published["n_shot"] == "all"]
    top1 = full.pivot(index="model", columns="dataset", values="top1_mean")
    top1 = top1[[column.published for column in spec.columns]]
    known = looks_of(rows, baseline=BASELINE)
    result = []
    for row in rows:
        look = replace(known[row.name], width=THIN, marker="")
        if row.name != BASELINE:
            look = replace(look, colour=colour_of(row))
        values = top1.loc[row.name].to_numpy("float64")
        result.append(_Line(row.label, values, np.zeros((2, len(values))), look, own=False))
    return result


def _own_lines(summary: pd.DataFrame, spec: LevelsSpec) -> list[_Line]:
    rows = level_rows(summary, spec.encoders, spec.columns)
    names = [column.name for column in spec.columns if not unlike(summary, column)]
    result = []
    for number, (encoder, look) in enumerate(looks_of(spec.encoders).items()):
        own = rows[(rows["encoder"] == encoder) & rows["dataset"].isin(names)]
        own = own.set_index("dataset").reindex([column.name for column in spec.columns])
        top1, low, high = (own[key].to_numpy("float64") for key in ("mean", *BOUNDS))
        marker = style.MARKERS[number % len(style.MARKERS)]
        look = replace(look, colour=style.INK, line="-", width=OWN_WIDTH, marker=marker)
        errors = np.maximum([top1 - low, high - top1], 0)
        result.append(_Line(spec.encoders[number].label, top1, errors, look, own=True))
    return result


def _named(theirs: Sequence[_Line]) -> list[_Line]:
    """Return the published models that have a name: ResNet50, and the two that end outermost."""
    ordered = sorted(theirs, key=lambda line: line.top1[-1])
    baseline = [line for line in theirs if line.label == BASELINE]
    return [*baseline, *(line for line in (ordered[-1], ordered[0]) if line not in baseline)]


def _draw(axes: Axes, line: _Line, zero: np.ndarray) -> None:
    values, look = line.top1 - zero, line.look
    if line.own:
        edge = {"markeredgecolor": style.PAPER, "markeredgewidth": 0.6}
        style.curve(axes, range(len(zero)), values, line.errors, look, zorder=4, **edge)
    else:
        axes.plot(values, color=look.colour, ls=look.line, lw=look.width, gid=look.gid, zorder=2)


def _told(theirs: Sequence[_Line], own: Sequence[_Line], spec: LevelsSpec) -> str:
    """Return the figure in words."""
    last = len(spec.columns) - 1
    texts = []
    for line in own:
        ranks = [
            f"{1 + sum(other.top1[at] > line.top1[at] for other in theirs)} on {column.label}"
            for at, column in enumerate(spec.columns)
            if at in (0, last) and not np.isnan(line.top1[at])
        ]
        texts.append(f"{line.label} ranks {', '.join(ranks)}" if ranks else f"{line.label}: none")
    return f"Among the {len(theirs)} published models: {'; '.join(texts)}."
