"""The ranking cut into levels (thesis, figure 3.2) and the images per concept (figure 3.3)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.drawing import style


def ranking_figure(ranking: pd.DataFrame, levels: pd.DataFrame) -> Figure:
    """Return similarity to the seen concepts by rank; the levels are shaded, gaps are not.

    Args:
        ranking: columns rank (from 1) and similarity.
        levels: columns level (from 1) and rank.
    """
    ordered = ranking.sort_values("rank")
    fig, [[axes]] = style.figure(height=2.9)
    with style.drawing():
        top = float(ordered["similarity"].max())
        for number, (level, members) in enumerate(levels.groupby("level")):
            first, last = members["rank"].min(), members["rank"].max()
            colour = style.SERIES[0]
            axes.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.2 - 0.03 * number, lw=0)
            axes.annotate(
                f"L{level}",
                ((first + last) / 2, 1),
                (0, -4),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
                fontweight="bold",
            )
        axes.plot(ordered["rank"], ordered["similarity"], color=style.INK, linewidth=1.4)
        axes.set_xlabel("rank of the concept")
        axes.set_ylabel("similarity to the seen set")
        axes.set_xlim(0.5, len(ordered) + 0.5)
        axes.set_ylim(min(0.0, float(ordered["similarity"].min())), top * 1.12)
    return fig


def images_figure(counts: Mapping[str, Sequence[int]]) -> Figure:
    """Return the images of each concept, most first, one line per data set.

    Args:
        counts: for each data set's label the numbers of images of its concepts.
    """
    fig, [[axes]] = style.figure(height=2.9)
    looks = style.looks(list(counts))
    with style.drawing():
        for label, numbers in counts.items():
            ordered = np.sort(np.asarray(numbers))[::-1]
            share = (np.arange(len(ordered)) + 0.5) / max(len(ordered), 1) * 100
            name = f"{style.named(label)}: {ordered.sum():,} of {len(ordered):,} concepts"
            axes.step(share, ordered, where="mid", color=looks[label].colour, label=name)
        axes.set_ylim(0, 1.1 * max(max(numbers, default=0) for numbers in counts.values()))
        axes.set_xlim(0, 100)
        axes.set_xlabel("concepts, those with most images first (%)")
        axes.set_ylabel("images of the concept")
        axes.legend(*style.legend_entries(axes), loc="lower left")
    return fig


def images_per_concept(manifests: Sequence[pd.DataFrame]) -> list[int]:
    """Return the number of images of each class, over the splits of one data set together."""
    together = pd.concat(list(manifests))
    return [int(count) for count in together["wnid"].value_counts()]
