"""Top-1 against the number of training images per class (thesis, figures 3.5, B.1 and B.2)."""

import string
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import draw_faint, looks, mean_scores, panels, standing_out
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.ordering import sorted_shots
from cogworks.report.specs import EncoderRow, FewShotSpec, LevelsSpec, SetColumn
from cogworks.report.summary import BOUNDS, RELATIVE_BOUNDS, select

PANEL_WIDTH = 3.1
PANEL_HEIGHT = 2.7
# Inches from a panel to the names below its axis.
BELOW = 0.5
# Those of figure 3.5, which begins at two.
SHOTS = {"2", "4", "8", "16", "32", "64", "128", "all"}


def few_shot_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return a panel per data set: top-1 above, its difference to the baseline below.

    Where there are scores for all numbers of images of figure 3.5, it shows these alone.

    Args:
        summary: the table of `summary.summarise`.
        spec: `baseline`, `encoders` and `columns`.
    """
    columns = spec.columns
    fig, grid = style.figure(
        2, len(columns), width=PANEL_WIDTH, height=PANEL_HEIGHT, share_x="col", share_y="row"
    )
    named = _standing_out(summary, spec, spec.encoders)
    letters = iter(string.ascii_lowercase)
    with style.drawing():
        for row, value in zip(grid, ("mean", "relative"), strict=True):
            row[0].set_ylabel(_what(spec, value))
            for axes, column, letter in zip(row, columns, letters, strict=False):
                rows = _rows(summary, column)
                if set(rows["shots"]) >= SHOTS:
                    rows = rows[rows["shots"].isin(SHOTS)]
                _draw(axes, rows, spec, spec.encoders, named, value)
                axes.set_title(f"({letter}) {column.label}")
        for axes in grid[-1]:
            axes.set_xlabel("training images per class")
        style.legend_below(fig, grid[0][0])
    return fig


def few_shot_grid(summary: pd.DataFrame, spec: FewShotSpec) -> Figure:
    """Return a row of panels per data set, with a column per category where encoders are many.

    Args:
        summary: the table of `summary.summarise`.
        spec: as for `few_shot_figure`, and `relative`: whether to draw the difference to the
            baseline.
    """
    value = "relative" if spec.relative else "mean"
    divided = panels(spec.encoders, baseline=spec.baseline)
    named = [_standing_out(summary, spec, encoders) for _, encoders in divided]
    fig, grid = style.figure(
        len(spec.columns),
        len(divided),
        width=PANEL_WIDTH,
        height=PANEL_HEIGHT,
        share_x="col",
        share_y="row",
    )
    with style.drawing():
        for row, column in zip(grid, spec.columns, strict=True):
            rows = _rows(summary, column)
            for axes, (_, encoders), shown in zip(row, divided, named, strict=True):
                _draw(axes, rows, spec, encoders, shown, value)
            row[0].set_ylabel(f"{column.label}: {_what(spec, value)}")
        for axes, (title, _) in zip(grid[0], divided, strict=True):
            axes.set_title(title)
        for axes in grid[-1]:
            axes.set_xlabel("training images per class")
            _name_below(fig, axes)
        fig.set_figheight(fig.get_figheight() + style.NAME_HEIGHT * max(map(len, named)))
    return fig


def _name_below(fig: Figure, axes: Axes) -> None:
    """Name the lines of a panel below its axis, whatever its height."""
    handles, names = style.legend_entries(axes)
    below = axes.transAxes + ScaledTranslation(0, -BELOW, fig.dpi_scale_trans)
    legend = axes.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        fontsize=8,
        borderaxespad=0,
    )
    style.tag_legend(legend, handles)


def _standing_out(
    summary: pd.DataFrame, spec: LevelsSpec, encoders: list[EncoderRow]
) -> list[EncoderRow]:
    rows = level_rows(summary, spec.encoders, spec.columns)
    return standing_out(encoders, mean_scores(rows), baseline=spec.baseline)


def _what(spec: LevelsSpec, value: str) -> str:
    if value == "mean":
        return "top-1 (%)"
    label = next(encoder.label for encoder in spec.encoders if encoder.name == spec.baseline)
    return f"minus {label} (points)"


def _rows(summary: pd.DataFrame, column: SetColumn) -> pd.DataFrame:
    rows = select(summary, shots=None, protocol=column.protocol)
    return rows[rows["dataset"] == column.name]


def _draw(
    axes: Axes,
    rows: pd.DataFrame,
    spec: LevelsSpec,
    encoders: list[EncoderRow],
    named: list[EncoderRow],
    value: str,
) -> None:
    """Draw one panel; the numbers of shots stand at even steps, `all` set apart by a gap.

    Bands, and the bars of `all`, are 95% intervals: of those `named`, see `encoders.standing_out`.
    """
    found = looks(spec.encoders, baseline=spec.baseline)
    bounds = BOUNDS if value == "mean" else RELATIVE_BOUNDS
    shots = sorted_shots(rows["shots"])
    places = [i + 0.4 * (name == "all" and i > 0) for i, name in enumerate(shots)]
    cut = len(shots) - (shots[-1] == "all") if shots else 0
    for encoder in (encoder for encoder in encoders if encoder not in named):
        own = rows[rows["encoder"] == encoder.name].set_index("shots").reindex(shots)
        values = own[value].to_numpy("float64")[:cut]
        draw_faint(axes, places[:cut], values, encoder, found[encoder.name])
    for encoder in named:
        own = rows[rows["encoder"] == encoder.name].set_index("shots").reindex(shots)
        look = found[encoder.name]
        means, low, high = (own[key].to_numpy("float64") for key in (value, *bounds))
        options: dict[str, Any] = {
            "color": look.colour,
            "linewidth": look.width,
            "markeredgecolor": style.PAPER,
            "markeredgewidth": 0.5,
            "gid": look.gid,
        }
        axes.plot(
            places[:cut],
            means[:cut],
            marker=look.marker,
            linestyle=look.line,
            label=style.named(encoder.label),
            **options,
        )
        axes.plot(places[cut:], means[cut:], marker=look.marker, linestyle="", **options)
        style.band(axes, places[:cut], low[:cut], high[:cut], look)
        errors = style.errors(means, low, high)[:, cut:]
        bars: dict[str, Any] = {"fmt": "none", "ecolor": look.colour, "alpha": 0.4}
        drawn = axes.errorbar(places[cut:], means[cut:], errors, **bars)
        style.tag(look.gid, *drawn.get_children())
    axes.set_xticks(places, ["All" if name == "all" else name for name in shots])
