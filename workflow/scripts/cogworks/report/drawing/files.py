"""A figure as files: the same numbers give the same bytes, without dates or random ids.

The texts of the SVG are texts, to be searched and copied. What is drawn of an encoder is a group
with the attributes `data-encoder` and `data-category`. Both files have a description in words.
"""

import io
import re
from html import escape
from pathlib import Path
from urllib.parse import unquote

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from cogworks.core.files import atomic, write_text
from cogworks.report.drawing import style
from cogworks.report.drawing.alternative import told

# Height in inches of a line below a figure.
LINE = 0.16
# What stands in for the font where there is none of it: letters are about as wide.
_FONTS = f"'{style.FONT}', Verdana, sans-serif"


def save(fig: Figure, stem: str | Path, *, caveat: str = "") -> None:
    """Write a figure as `<stem>.svg` and `<stem>.png` (200 dots an inch).

    Its description is its label, or what `alternative.told` says of it. The caveat stands below it,
    in the picture.
    """
    description = " ".join(filter(None, [str(fig.get_label()) or told(fig), caveat]))
    with style.drawing():
        if caveat:
            _write_below(fig, caveat)
        buffer = io.StringIO()
        about = {"Date": None, "Creator": None, "Description": description}
        FigureCanvasSVG(fig).print_svg(buffer, metadata=about)
        write_text(_with_attributes(buffer.getvalue()), f"{stem}.svg")
        with atomic(f"{stem}.png") as partial:
            fig.set_dpi(200)
            about = {"Software": None, "Description": description}
            FigureCanvasAgg(fig).print_png(partial, metadata=about)


def _write_below(fig: Figure, text: str) -> None:
    """Write a line below all that is drawn, names of lines included."""
    # The layout has one place below the axes, in which names would lie upon the line.
    fig.draw_without_rendering()
    fig.set_layout_engine("none")
    height = fig.get_figheight()
    fig.set_figheight(height + LINE)
    lift, scale = LINE / (height + LINE), height / (height + LINE)
    for axes in fig.axes:
        x, y, width, tall = axes.get_position(original=True).bounds
        axes.set_position((x, lift + scale * y, width, scale * tall))
    for legend in fig.legends:
        legend.set_bbox_to_anchor((0, lift, 1, scale), transform=fig.transFigure)
    fig.text(0.005, 0, text, va="bottom", fontsize=7.5, color=style.MUTED)


def _with_attributes(svg: str) -> str:
    """Return an SVG with other fonts beside its own, and the ids of encoders as attributes.

    An encoder has many groups, and an id would have to be that of one alone. Control characters of
    names are left out, or no file with them would be XML.
    """

    def attributes(found: re.Match[str]) -> str:
        encoder, category = (escape(unquote(name)) for name in found.groups())
        return f' data-encoder="{encoder}" data-category="{category}"'

    svg = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", svg)
    named = re.sub(r' id="encoder\|([^|"]*)\|([^|"]*)"', attributes, svg)
    return named.replace(f"'{style.FONT}'", _FONTS)
