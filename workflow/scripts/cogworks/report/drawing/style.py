"""The look of every figure: colours that colour-blind readers tell apart.

The colours of a figure are the ones named here and no others: the report replaces them by style
sheet variables, and a figure follows the page's light or dark theme. What is drawn of an encoder
has its name, by which the page finds it (`gid`).
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import LogFormatter

INK = "#1f2328"
MUTED = "#59636e"
RULE = "#d9dee3"
PAPER = "#ffffff"
# Okabe and Ito's palette without its yellow and black, the two that a page's theme can swallow.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f5fc7")
# The same for letters, dark enough to be read on white (a contrast of 4.5 and more).
_TEXTS = ("#0072b2", "#b34f00", "#00785a", "#a3497c", "#1673b1", "#8a5f00", "#7355b8")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*", "h")
# What the report replaces by style sheet variables.
THEME = {INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper"} | {
    colour: f"{kind}-{i + 1}"
    for kind, colours in (("text", _TEXTS), ("series", SERIES))
    for i, colour in enumerate(colours)
}

WIDTH = 4.9
HEIGHT = 3.5
# Width of a line in points.
LINE = 1.6
# The font in which figures are laid out.
FONT = "DejaVu Sans"
# Inches that an entry of a legend takes, and each letter of its name; height of a line's name.
_KEY_WIDTH = 0.6
_LETTER_WIDTH = 0.085
NAME_HEIGHT = 0.165
# What a line's name begins with until it is written, see `named`.
_VISIBLE = "\N{WORD JOINER}"
TICKS_HEIGHT = 0.35
_RC = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "font.family": FONT,
    "font.size": 10,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": LINE,
    "lines.markersize": 4.5,
    # Names are the user's: a dollar sign in one is a dollar sign.
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cogworks",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Look:
    """How one encoder is drawn in every figure."""

    colour: str
    marker: str
    line: str = "-"
    width: float = LINE
    gid: str | None = None
    """Of all that is drawn of the encoder, see `gid`."""

    @property
    def text(self) -> str:
        """Return the colour of its name."""
        return text_colour(self.colour)


def text_colour(colour: str) -> str:
    """Return the colour of letters that belong to something of a colour."""
    return dict(zip(SERIES, _TEXTS, strict=True)).get(colour, colour)


def gid(encoder: str, category: str) -> str:
    """Return the id of the groups of an encoder; `files.save` makes two attributes of it."""
    return "|".join(("encoder", quote(encoder, safe=""), quote(category, safe="")))


def looks(encoders: Sequence[str], *, baseline: str | None = None) -> dict[str, Look]:
    """Return the look of each encoder: the baseline in grey and dashed, the others in colours.

    Colours repeat after seven encoders, markers after twelve: 84 encoders can be told apart.
    """
    result = {}
    others = [encoder for encoder in dict.fromkeys(encoders) if encoder != baseline]
    for index, encoder in enumerate(others):
        result[encoder] = Look(SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)])
    if baseline is not None:
        result[baseline] = Look(MUTED, "o", (0, (4, 2)))  # type: ignore[arg-type]
    return result


def figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    share_x: bool | Literal["col"] = False,
    share_y: bool | Literal["row"] = False,
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure of `rows` x `columns` panels, each `width` x `height` inches."""
    with mpl.rc_context(_RC):
        fig = Figure(figsize=(width * columns, height * rows), layout="constrained")
        axes = fig.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y)
    return fig, [list(row) for row in axes]


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Within this context whatever is drawn takes the project's style."""
    with mpl.rc_context(_RC):
        yield


def curve(
    axes: Axes, x: Any, means: np.ndarray, errors: np.ndarray, look: Look, **options: Any
) -> None:
    """Draw means `(N,)` over `x` as a line with error bars, NaN for none.

    `errors` are what is below and above the mean, `(2, N)`, see `errors`. `options` are those of
    matplotlib's `errorbar`, such as `label`.
    """
    drawn = axes.errorbar(
        x,
        means,
        yerr=np.nan_to_num(errors),
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        linewidth=look.width,
        elinewidth=1,
        capsize=2,
        **options,
    )
    tag(look.gid, *drawn.get_children())


def tag(gid: str | None, *artists: Artist) -> None:
    """Make all that is drawn of an encoder known as its own."""
    for artist in artists:
        artist.set_gid(gid)


def errors(means: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return what is below and above means `(N,)` within intervals, `(2, N)`; 0 for no interval."""
    return np.nan_to_num(np.maximum([means - low, high - means], 0))


def band(axes: Axes, x: Any, low: np.ndarray, high: np.ndarray, look: Look) -> None:
    """Draw the band between `low` and `high`, `(N,)`, of a line of this look; NaN for none."""
    axes.fill_between(x, low, high, color=look.colour, alpha=0.15, lw=0, gid=look.gid)


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic; its numbers are plain text, as all others are."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter())


def named(label: str) -> str:
    """Return a line's name for a legend: Matplotlib hides names that begin with `_`."""
    return _VISIBLE + label if label else ""


def legend_entries(axes: Axes) -> tuple[list[Any], list[str]]:
    """Return the lines of `axes` that have a name, and their names as `named` was given them.

    A line with error bars is returned without them.
    """
    found, names = axes.get_legend_handles_labels()
    handles = [handle[0] if isinstance(handle, ErrorbarContainer) else handle for handle in found]
    return handles, [plain(name) for name in names]


def plain(label: str) -> str:
    """Return the name that `named` was given."""
    return label.removeprefix(_VISIBLE)


def tag_legend(legend: Legend, lines: Sequence[Artist]) -> None:
    """Make the entries of a legend known as those of the encoders of its lines."""
    for line, key, text in zip(lines, legend.legend_handles, legend.get_texts(), strict=True):
        tag(line.get_gid(), *filter(None, [key, text]))


def legend_below(fig: Figure, axes: Axes) -> None:
    """Name the lines of `axes` below all panels."""
    name_below(fig, *legend_entries(axes))


def name_below(fig: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Name lines below all panels, in as many columns as fit the figure's width."""
    if not labels:
        return
    longest = max(len(label) for label in labels)
    columns = int(fig.get_figwidth() / (_KEY_WIDTH + _LETTER_WIDTH * longest))
    columns = max(1, min(columns, len(labels)))
    # The first line of names has its place, further ones do not come out of the panels.
    further = -(-len(labels) // columns) - 1
    fig.set_figheight(fig.get_figheight() + further * NAME_HEIGHT * 1.2)
    tag_legend(fig.legend(handles, labels, loc="outside lower center", ncols=columns), handles)


def label_ends(
    axes: Axes, ends: Sequence[tuple[float, str, Look]], *, x: float, height: float = HEIGHT
) -> None:
    """Write each line's name at its right end, moved apart where two would touch.

    Args:
        axes: where the lines are; its limits must be final.
        ends: for each line its last y, its name and its look.
        x: where the lines end, in data units.
        height: of the panel in inches, ticks included.
    """
    low, high = axes.get_ylim()
    order = sorted(range(len(ends)), key=lambda i: ends[i][0])
    gap = NAME_HEIGHT / (height - TICKS_HEIGHT)
    places = spread([(ends[i][0] - low) / (high - low) for i in order], gap=gap)
    for place, index in zip(places, order, strict=True):
        y, name, look = ends[index]
        level = low + place * (high - low)
        leader = {"arrowstyle": "-", "color": look.colour, "lw": 0.6, "shrinkA": 0, "shrinkB": 4}
        options: dict[str, Any] = {
            "textcoords": ("offset points", "data"),
            "annotation_clip": False,
            "gid": look.gid,
        }
        axes.annotate(
            name, (x, y), (16, level), color=look.text, fontsize=9, va="center", **options
        )
        line = axes.annotate("", (x, y), (14, level), arrowprops=leader, **options)
        tag(look.gid, *filter(None, [line.arrow_patch]))


def spread(places: Sequence[float], *, gap: float) -> list[float]:
    """Return ascending `places` moved apart to at least `gap`, and into 0 to 1 where they fit.

    The least squares solution: taking i * gap off the i-th place turns the condition into a
    monotone one, which pooling adjacent violators solves.
    """
    pools: list[tuple[float, int]] = []  # (mean, members)
    for index, place in enumerate(places):
        mean, members = place - index * gap, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean = (before * count + mean * members) / (count + members)
            members += count
        pools.append((mean, members))
    means = [mean for mean, members in pools for _ in range(members)]
    top = max(1 - (len(means) - 1) * gap, 0)
    return [min(max(mean, 0), top) + index * gap for index, mean in enumerate(means)]
