"""Measures of features and singular values (thesis, figures 4.5, 4.6 (a), (b) and 5.6)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks
from cogworks.report.drawing.features import MEASURES, averages, mean_spectra
from cogworks.report.specs import FeaturesSpec
from cogworks.report.table import STD

# Of the width between two groups, the share that the points of one group take.
SPREAD = 0.5
# So many singular values are shown, as in the thesis.
DIMENSIONS = 1000


def feature_figure(measures: pd.DataFrame, spec: FeaturesSpec) -> Figure:
    """Return a panel per measure: a point for each encoder, by group of data sets.

    Error bars, of several runs: one standard deviation over them.

    Args:
        measures: what `features.read_measures` returns.
        spec: `encoders`, `groups` and `baseline`.
    """
    frame = averages(measures, spec)
    shown = [metric for metric in MEASURES if metric in frame]
    groups = [group.name for group in spec.groups]
    width = max(3.4, 0.62 * len(groups) + 1.2)
    fig, panels = style.figure(-(-len(shown) // 2), min(2, len(shown)), width=width, height=2.6)
    flat = [axes for row in panels for axes in row]
    found = looks(spec.encoders, baseline=spec.baseline)
    offsets = (np.arange(len(spec.encoders)) + 0.5) / len(spec.encoders) - 0.5
    with style.drawing():
        for axes, metric in zip(flat, shown, strict=False):
            heading, factor, _ = MEASURES[metric]
            for encoder, offset in zip(spec.encoders, offsets, strict=True):
                own = frame[frame["encoder"] == encoder.name].set_index("group").reindex(groups)
                look = found[encoder.name]
                drawn = axes.errorbar(
                    np.arange(len(groups)) + SPREAD * offset,
                    factor * own[metric].to_numpy("float64"),
                    yerr=factor * np.nan_to_num(own[metric + STD].to_numpy("float64")),
                    marker=look.marker,
                    markersize=6,
                    elinewidth=1,
                    capsize=2,
                    linestyle="",
                    color=look.colour,
                    label=style.named(encoder.label),
                )
                style.tag(look.gid, *drawn.get_children())
            axes.set_xticks(range(len(groups)), groups)
            axes.set_xlim(-0.5, len(groups) - 0.5)
            axes.set_title(heading)
            top = factor * frame[metric].max()
            axes.set_ylim(0, 1.12 * top if top > 0 else 1)
        for axes in flat[len(shown) :]:
            axes.remove()
        style.legend_below(fig, flat[0])
    return fig


def bar_figure(measures: pd.DataFrame, spec: FeaturesSpec, metric: str) -> Figure:
    """Return one measure as a bar for each encoder, on the one group of data sets.

    Arguments as for `feature_figure`; `metric` is one of `features.MEASURES`.
    """
    frame = averages(measures, spec)
    heading, factor, digits = MEASURES[metric]
    values = factor * frame[metric].to_numpy("float64")
    names = [encoder.label for encoder in spec.encoders]
    fig, [[axes]] = style.figure(height=0.6 + 0.28 * len(names))
    with style.drawing():
        bars = axes.barh(
            range(len(names)),
            np.nan_to_num(values),
            xerr=factor * np.nan_to_num(frame[metric + STD].to_numpy("float64")),
            error_kw={"ecolor": style.INK, "elinewidth": 1},
            height=0.6,
            color=style.SERIES[0],
        )
        axes.bar_label(bars, [f"{value:.{digits}f}" for value in values], padding=3, fontsize=9)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.margins(x=0.1)
        axes.set_xlabel(f"{heading}, {spec.groups[0].name}")
    return fig


def spectrum_figure(measures: pd.DataFrame, spec: FeaturesSpec) -> Figure:
    """Return a panel per group: normalised singular values by dimension, one line per encoder.

    The flatter the line, the more evenly the features' variance is spread over dimensions. Bands,
    of several runs: one standard deviation over them. Arguments as for `feature_figure`.
    """
    spectra = mean_spectra(measures, spec)
    groups = [g.name for g in spec.groups if any(name == g.name for _, name in spectra)]
    columns = min(3, max(len(groups), 1))
    width = 3.4 if len(groups) > 1 else style.WIDTH
    fig, panels = style.figure(
        -(-len(groups) // columns) or 1, columns, width=width, height=2.7, share_y="row"
    )
    flat = [axes for row in panels for axes in row]
    found = looks(spec.encoders, baseline=spec.baseline)
    with style.drawing():
        for axes, group in zip(flat, groups, strict=False):
            for encoder in spec.encoders:
                runs = spectra.get((encoder.name, group))
                if runs is not None:
                    look = found[encoder.name]
                    values = np.mean(runs, axis=0)[:DIMENSIONS]
                    spread = np.std(runs, axis=0)[:DIMENSIONS]
                    positions = np.arange(1, len(values) + 1)
                    [line] = axes.plot(positions, values, color=look.colour, ls=look.line)
                    line.set_label(style.named(encoder.label))
                    style.tag(look.gid, line)
                    style.band(axes, positions, values - spread, values + spread, look)
            style.logarithmic(axes)
            axes.set_ylim(1e-6, 1)
            axes.set_title(group)
            axes.set_xlabel("dimension")
        for axes in flat[len(groups) :]:
            axes.remove()
        flat[0].set_ylabel("singular value / sum")
        style.legend_below(fig, flat[0])
    return fig
