"""How encoders are drawn: colours by category, as in the thesis's figures, and panels."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.style import Look
from cogworks.report.reference import AS_LARGE_AS_RESNET50, CATEGORIES, FEW_SHOT, MAX_TOGETHER
from cogworks.report.specs import EncoderRow, Named

BLUE, VERMILLION, GREEN, _, _, ORANGE, VIOLET = style.SERIES
# Section 3.4.1: the colour of each category, and panels in the order of figure 3.4 (b) to (e).
COLOURS = {
    "self-supervision": BLUE,
    "regularization": VIOLET,
    "web-data": GREEN,
    "architecture": ORANGE,
}
# Architectures that differ from ResNet50 in size are told from those that do not.
COMPARABLE = VERMILLION
OWN_WIDTH = 2.6
THIN = 1.0
# Width in points and opacity of the lines that do not stand out.
FAINT, FAINTNESS = 0.8, 0.5
# The category of encoders that are none of the thesis's.
OWN = "This run"


def looks(encoders: Sequence[EncoderRow], *, baseline: str | None = None) -> dict[str, Look]:
    """Return the look of each encoder by name: the baseline in grey and dashed.

    Up to seven others have a colour each. Of more, published models have the colour of their
    category and differ in their markers, and all others are thick and dark.
    """
    others = [encoder for encoder in encoders if encoder.name != baseline]
    plain = looks_of(encoders, baseline=baseline)
    if len(others) <= len(style.SERIES) or not any(e.category in COLOURS for e in others):
        return plain
    result = {}
    used: Counter[str] = Counter()
    for encoder in others:
        published = encoder.category in COLOURS
        colour = colour_of(encoder)
        marker = style.MARKERS[used[colour] % len(style.MARKERS)]
        width = THIN if published else OWN_WIDTH
        result[encoder.name] = Look(colour, marker, width=width, gid=plain[encoder.name].gid)
        used[colour] += 1
    return result if baseline is None else result | {baseline: plain[baseline]}


def looks_of(rows: Iterable[Named], *, baseline: str | None = None) -> dict[str, Look]:
    """Return a look for each encoder or run, whatever it is, by name."""
    labels = {row.name: style.gid(row.label, category(row)) for row in rows}
    found = style.looks(list(labels), baseline=baseline)
    return {name: dataclasses.replace(look, gid=labels.get(name)) for name, look in found.items()}


def category(row: Named) -> str:
    """Return the heading of an encoder's category."""
    return CATEGORIES.get(getattr(row, "category", None) or "", OWN)


def panels(
    encoders: Sequence[EncoderRow], *, baseline: str | None
) -> list[tuple[str, list[EncoderRow]]]:
    """Return the panels among which encoders are divided: title and encoders, baseline first.

    Up to twelve share one panel without a title. More are divided by category; those without one
    are in each panel, to be compared with all, or in one of their own where they are many.
    """
    first = [encoder for encoder in encoders if encoder.name == baseline]
    others = [encoder for encoder in encoders if encoder.name != baseline]
    members = {name: [e for e in others if e.category == name] for name in COLOURS}
    members = {name: found for name, found in members.items() if found}
    if len(others) <= MAX_TOGETHER or not members:
        return [("", [*first, *others])]
    rest = [encoder for encoder in others if encoder.category not in COLOURS]
    many = len(rest) > MAX_TOGETHER
    shared = [*first, *([] if many else rest)]
    divided = [(CATEGORIES[name], [*shared, *found]) for name, found in members.items()]
    return [*divided, (OWN, [*first, *rest])] if many else divided


def standing_out(
    encoders: Sequence[EncoderRow], scores: pd.Series, *, baseline: str | None
) -> list[EncoderRow]:
    """Return the encoders that have names and a look of their own, in order.

    These are all where they are few (up to `MAX_TOGETHER` and the baseline). Of more, they are the
    baseline, the models that the thesis selects for figure 3.5, the best of each category, and then
    the best of this run and the best of all until they are `MAX_TOGETHER` without the baseline.

    Args:
        encoders: those of a panel.
        scores: a number for each encoder by name, the higher the better.
        baseline: name of one of them.
    """
    others = [encoder for encoder in encoders if encoder.name != baseline]
    ordered = sorted(others, key=lambda e: scores.get(e.name, float("-inf")), reverse=True)
    best = {category(encoder): encoder for encoder in reversed(ordered)}
    wanted = [e for e in ordered if e.published in FEW_SHOT or best[category(e)] == e]
    own = [encoder for encoder in ordered if category(encoder) == OWN]
    names = dict.fromkeys(encoder.name for encoder in [*wanted, *own, *ordered])
    kept = {*list(names)[: max(MAX_TOGETHER, len(wanted))], baseline}
    return [encoder for encoder in encoders if encoder.name in kept]


def mean_scores(rows: pd.DataFrame) -> pd.Series:
    """Return the mean top-1 of each encoder over the data sets of a figure, all images used.

    `rows` are those of top-1 of a summary.
    """
    return rows[rows["shots"] == "all"].groupby("encoder")["mean"].mean()


def draw_faint(axes: Axes, x: Any, y: Any, encoder: EncoderRow, look: Look) -> None:
    """Draw the line of an encoder that does not stand out: thin, and grey if it has no category."""
    colour = look.colour if encoder.category in COLOURS else style.MUTED
    axes.plot(x, y, color=colour, lw=FAINT, alpha=FAINTNESS, gid=look.gid, zorder=1.5)


def name_categories(
    fig: Figure, axes: Axes, encoders: Iterable[EncoderRow], *, baseline: str | None
) -> None:
    """Name the colours of published models below the panels."""
    keys: dict[tuple[str, str], None] = {}
    for encoder in encoders:
        if encoder.name != baseline and encoder.category in COLOURS:
            colour = colour_of(encoder)
            name = category(encoder) + " (as large as ResNet50)" * (colour == COMPARABLE)
            keys.setdefault((name, colour))
    lines = [axes.plot([], [], color=colour, lw=style.LINE)[0] for _, colour in keys]
    style.name_below(fig, lines, [name for name, _ in keys])


def colour_of(encoder: EncoderRow) -> str:
    """Return the colour of an encoder's category; dark for one of the run's own."""
    if encoder.published in AS_LARGE_AS_RESNET50:
        return COMPARABLE
    return COLOURS.get(encoder.category or "", style.INK)
