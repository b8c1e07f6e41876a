"""What encoders gain over the baseline by branch of WordNet: a figure and a table."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.concept_gains import Gains
from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks
from cogworks.report.summary import INTERVAL
from cogworks.report.table import HIGH, LOW, Column, Table, text_column

# Inches of a branch and of each further encoder in it, and of all around.
BRANCH, ENCODER, AROUND = 0.22, 0.06, 1.0
WIDTH = 5.4
NOTHING = "No encoder besides the baseline has a score on each of these data sets."


def branches_figure(found: Gains | None) -> Figure:
    """Return the mean gain in each branch with its interval, the largest on top."""
    if found is None:
        return nothing()
    parts = found.by_branch
    shown = found.shown
    styles = looks([found.baseline, *shown], baseline=found.baseline.name)
    height = AROUND + len(parts) * (BRANCH + ENCODER * len(shown))
    fig, [[axes]] = style.figure(width=WIDTH, height=height)
    with style.drawing():
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.axvline(0, color=style.MUTED, linewidth=1, linestyle=":")
        lines = []
        for number, encoder in enumerate(shown):
            look = styles[encoder.name]
            places = np.arange(len(parts)) + 0.16 * (number - (len(shown) - 1) / 2)
            means = np.array([found.mean(encoder, part) for part in parts.values()])
            low, high = np.array([found.interval(encoder, part) for part in parts.values()]).T
            drawn = axes.errorbar(
                means,
                places,
                xerr=style.errors(means, low, high),
                color=look.colour,
                marker=look.marker,
                linestyle="none",
                elinewidth=1.2,
                capsize=2,
            )
            style.tag(look.gid, *drawn.get_children())
            lines.append(drawn[0])
        names = [f"{name} ({part.sum()})" for name, part in parts.items()]
        axes.set_yticks(range(len(parts)), names)
        axes.set_ylim(len(parts) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"top-1 minus {found.baseline.label} (points)")
        style.name_below(fig, lines, [encoder.label for encoder in shown])
    fig.set_label(_told(found))
    return fig


def branches_table(found: Gains | None) -> Table:
    """Return the same in numbers, a row for each branch."""
    title = "Gain by branch of WordNet (points of top-1)"
    if found is None:
        return Table(title, [text_column("branch", "branch")], pd.DataFrame(), note=NOTHING)
    over = f"gain over {found.baseline.label}"
    columns = [
        Column(f"gain_{encoder.name}", encoder.label, best=None, signed=True, over=over)
        for encoder in found.shown
    ]
    rows = []
    for name, part in found.by_branch.items():
        row: dict[str, float | str] = {"branch": name, "concepts": float(part.sum())}
        for encoder, column in zip(found.shown, columns, strict=True):
            row[column.key] = found.mean(encoder, part)
            row[column.key + LOW], row[column.key + HIGH] = found.interval(encoder, part)
        rows.append(row)
    more = len(found.encoders) - len(found.shown)
    return Table(
        title,
        [
            text_column("branch", "branch"),
            Column("concepts", "concepts", digits=0, best=None),
            *columns,
        ],
        pd.DataFrame(rows),
        note=f"Mean over all test images of a branch's concepts, and the {INTERVAL}."
        + f" The {len(found.shown)} best encoders; {more} more are in the table of concepts."
        * bool(more),
    )


def nothing() -> Figure:
    """Return a figure that says that there is nothing to show."""
    figure, [[axes]] = style.figure(height=0.5)
    with style.drawing():
        axes.axis("off")
        axes.text(0, 0.5, NOTHING, color=style.INK)
    figure.set_label(NOTHING)
    return figure


def _told(found: Gains) -> str:
    """Return the figure in words: where the best encoder gains most and least."""
    best, parts = found.encoders[0], list(found.by_branch.items())

    def text(name: str, part: np.ndarray) -> str:
        low, high = found.interval(best, part)
        ends = "" if np.isnan(low) else f", {low:+.1f} to {high:+.1f}"
        numbers = f"{found.mean(best, part):+.1f}{ends}".replace("-", "−")
        return f"{name} ({numbers})"

    most, least = text(*parts[0]), text(*parts[-1])
    return (
        f"{best.label} gains most over {found.baseline.label} on {most}, and least on {least}, of "
        f"{len(parts)} branches."
    )
