"""What the best encoder gains over the baseline on each concept, by similarity to the seen ones."""

import numpy as np
from matplotlib.figure import Figure

from cogworks.report.concept_gains import Gains
from cogworks.report.drawing import style
from cogworks.report.drawing.branches import nothing
from cogworks.report.drawing.encoders import looks

# More dots than these hide one another, and make the page heavy.
MOST_DOTS = 600


def concept_gains_figure(found: Gains | None) -> Figure:
    """Return a dot for each unseen concept, and the mean of each level with its interval."""
    if found is None:
        return nothing()
    shown = found.shown
    styles = looks([found.baseline, *shown], baseline=found.baseline.name)
    similarity = found.concepts["similarity"].to_numpy()
    levels = found.concepts["set"].to_numpy()
    parts = [(levels == name) & found.unseen for name in dict.fromkeys(levels[found.unseen])]
    fig, [[axes]] = style.figure(width=5.4, height=3.8)
    with style.drawing():
        axes.axhline(0, color=style.MUTED, linewidth=1, linestyle=":")
        best = shown[0]
        if found.unseen.sum() <= MOST_DOTS:
            look = styles[best.name]
            axes.plot(
                similarity[found.unseen],
                found.gain(best)[found.unseen],
                look.marker,
                color=look.colour,
                alpha=0.35,
                markersize=3,
                markeredgewidth=0,
                gid=look.gid,
            )
        places = np.array([similarity[part].mean() for part in parts])
        for encoder in shown:
            means = np.array([found.mean(encoder, part) for part in parts])
            low, high = np.array([found.interval(encoder, part) for part in parts]).T
            label = style.named(encoder.label)
            errors = style.errors(means, low, high)
            style.curve(axes, places, means, errors, styles[encoder.name], label=label)
        axes.invert_xaxis()
        axes.set_xlabel("similarity to the nearest seen concept")
        axes.set_ylabel(f"top-1 minus {found.baseline.label} (points)")
        style.legend_below(fig, axes)
    return fig
