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
            fig.supxlabel(caveat, x=0.005, ha="left", fontsize=7.5, color=style.MUTED)
        buffer = io.StringIO()
        about = {"Date": None, "Creator": None, "Description": description}
        FigureCanvasSVG(fig).print_svg(buffer, metadata=about)
        write_text(_with_attributes(buffer.getvalue()), f"{stem}.svg")
        with atomic(f"{stem}.png") as partial:
            fig.set_dpi(200)
            about = {"Software": None, "Description": description}
            FigureCanvasAgg(fig).print_png(partial, metadata=about)


def _with_attributes(svg: str) -> str:
    """Return an SVG with other fonts beside its own, and the ids of encoders as attributes.

    An encoder has many groups, and an id would have to be that of one alone.
    """

    def attributes(found: re.Match[str]) -> str:
        encoder, category = (escape(unquote(name)) for name in found.groups())
        return f' data-encoder="{encoder}" data-category="{category}"'

    named = re.sub(r' id="encoder\|([^|"]*)\|([^|"]*)"', attributes, svg)
    return named.replace(f"'{style.FONT}'", _FONTS)
