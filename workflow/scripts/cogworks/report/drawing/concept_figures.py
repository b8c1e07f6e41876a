"""The ranking cut into levels (thesis, figure 3.2) and the images per concept (figure 3.3)."""

import string
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.drawing import style

# Panels of figure 3.3 side by side, and their size in inches.
PANELS = 3
PANEL_WIDTH = 3.1
PANEL_HEIGHT = 2.2
GAP = 0.25


def ranking_figure(ranking: pd.DataFrame, levels: pd.DataFrame) -> Figure:
    """Return similarity to the seen concepts by rank, cut into levels; what none takes is grey.

    Args:
        ranking: columns rank (from 1) and similarity.
        levels: columns level (from 1) and rank.
    """
    ordered = ranking.sort_values("rank")
    spans = levels.groupby("level")["rank"].agg(["min", "max"])
    fig, [[axes]] = style.figure(width=6.4, height=2.9)
    with style.drawing():
        top = float(ordered["similarity"].max())
        for first, last in _gaps(ordered["rank"], levels["rank"]):
            axes.axvspan(first - 0.5, last + 0.5, color=style.MUTED, alpha=GAP, lw=0)
        for level, span in spans.iterrows():
            for edge in (span["min"] - 0.5, span["max"] + 0.5):
                axes.axvline(edge, color=style.RULE, linewidth=0.8)
            axes.annotate(
                f"L{level}",
                ((span["min"] + span["max"]) / 2, 1),
                (0, -4),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
                fontweight="bold",
            )
        axes.plot(ordered["rank"], ordered["similarity"], color=style.SERIES[0])
        axes.set_xlabel("rank of the concept")
        axes.set_ylabel("similarity to the seen set")
        axes.set_xlim(0.5, len(ordered) + 0.5)
        axes.set_ylim(min(0.0, float(ordered["similarity"].min())), top * 1.12)
    return fig


def images_figure(counts: Mapping[str, Sequence[int]]) -> Figure:
    """Return a panel per data set: the images of each of its concepts, most first.

    Args:
        counts: for each data set's label the numbers of images of its concepts.
    """
    columns = min(len(counts), PANELS)
    fig, grid = style.figure(
        -(-len(counts) // columns), columns, width=PANEL_WIDTH, height=PANEL_HEIGHT, share_y=True
    )
    flat = [axes for row in grid for axes in row]
    with style.drawing():
        for axes, letter, (label, numbers) in zip(
            flat, string.ascii_lowercase, counts.items(), strict=False
        ):
            ordered = np.sort(np.asarray(numbers))[::-1]
            places = np.arange(len(ordered))
            axes.fill_between(places, ordered, step="mid", color=style.SERIES[0], alpha=GAP, lw=0)
            axes.step(places, ordered, where="mid", color=style.SERIES[0])
            axes.set_title(f"({letter}) {label}: {ordered.sum():,} images")
            axes.set_xlim(0, max(len(ordered) - 1, 1))
        for row in grid:
            row[0].set_ylabel("images of the concept")
        for axes in flat[max(len(counts) - columns, 0) :]:
            axes.set_xlabel("concepts, those with most images first")
        for axes in flat[len(counts) :]:
            axes.remove()
        flat[0].set_ylim(0, 1.1 * max(max(numbers, default=0) for numbers in counts.values()))
    return fig


def images_per_concept(manifests: Sequence[pd.DataFrame]) -> list[int]:
    """Return the number of images of each class, over the splits of one data set together."""
    together = pd.concat(list(manifests))
    return [int(count) for count in together["wnid"].value_counts()]


def _gaps(ranks: pd.Series, taken: pd.Series) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of ranks that no level takes."""
    free = np.setdiff1d(ranks, taken)
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        if len(run):
            yield int(run[0]), int(run[-1])
