"""Training and transfer along one number of the recipe (thesis, figures 4.4, 5.4, 5.5)."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.specs import AblationSpec, Measure, Series
from cogworks.report.table import HIGH, LOW

PANELS: dict[Measure, str] = {
    "train": "{seen}, top-1 accuracy (%)",
    "transfer": "transfer, mean log odds",
    "transfer_top1": "transfer, mean top-1 accuracy (%)",
}
# Numbers that span more than this are drawn on a logarithmic axis.
WIDE = 16
REAL = "real images"


def ablation_figure(plane: pd.DataFrame, spec: AblationSpec) -> Figure:
    """Return a panel for each measure, one line per series and a dashed one for real images.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        spec: along what to draw, the measures, and the series.
    """
    fig, [panels] = style.figure(1, len(spec.measures), width=4.0, height=3.2)
    looks = style.looks([str(number) for number in range(len(spec.series))])
    with style.drawing():
        for axes, measure in zip(panels, spec.measures, strict=True):
            for number, entry in enumerate(spec.series):
                _draw(axes, plane, entry, measure, looks[str(number)])
            _draw_references(axes, plane, spec, measure, looks)
            _ticks(axes, spec)
            axes.set_xlabel(spec.property)
            axes.set_ylabel(PANELS[measure].format(seen=spec.seen.label))
        style.legend_below(fig, panels[0])
    return fig


def _draw(
    axes: Axes, plane: pd.DataFrame, entry: Series, measure: Measure, look: style.Look
) -> None:
    values = [point.value for point in entry.points]
    rows = plane.set_index("encoder").loc[[point.encoder for point in entry.points]]
    means, low, high = (rows[measure + end].to_numpy("float64") for end in ("", LOW, HIGH))
    errors = style.errors(means, low, high)
    style.curve(axes, values, means, errors, look, label=style.named(entry.label))


def _draw_references(
    axes: Axes,
    plane: pd.DataFrame,
    spec: AblationSpec,
    measure: Measure,
    looks: dict[str, style.Look],
) -> None:
    """Draw the level that the same recipe reaches on real images: grey if all series share it."""
    lines: dict[str, list[int]] = {}
    for number, entry in enumerate(spec.series):
        if entry.reference:
            lines.setdefault(entry.reference, []).append(number)
    heights = plane.set_index("encoder")[measure]
    for encoder, numbers in lines.items():
        alone = len(lines) > 1 and len(numbers) == 1
        label = spec.series[numbers[0]].label if alone else ""
        axes.axhline(
            heights[encoder],
            color=looks[str(numbers[0])].colour if alone else style.MUTED,
            linestyle=(0, (4, 2)),
            linewidth=1.2,
            label=style.named(f"{REAL}, {label}" if label else REAL),
        )


def _ticks(axes: Any, spec: AblationSpec) -> None:
    """Mark exactly the values that were tried."""
    values = sorted({point.value for entry in spec.series for point in entry.points})
    if values[0] > 0 and values[-1] / values[0] > WIDE:
        axes.set_xscale("log", base=2)
    axes.set_xticks(values, [f"{value:.12g}" for value in values])
    axes.minorticks_off()
    axes.margins(x=0.1)
