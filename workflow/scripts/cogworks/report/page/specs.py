"""What the rule of the page hands to its script.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.core.spec import Spec


class PageFigure(Spec):
    """A figure or a picture on the page."""

    name: str
    path: str
    caption: str
    """As reStructuredText."""
    label: str = ""
    """A name in front of the caption."""
    wide: bool = False


class FiguresPart(Spec):
    """Figures side by side."""

    kind: Literal["figures"] = "figures"
    figures: list[PageFigure]


class TablePart(Spec):
    """A table."""

    kind: Literal["table"] = "table"
    name: str
    exhibit: str
    """The kind of exhibit."""
    path: str
    number: str = ""
    """What the thesis calls the table, if it is one of its."""
    folded: bool = False


class PageSection(Spec):
    """A section: its text is in `workflow/report/sections/<id>.rst`."""

    id: str
    anchor: str
    """Its id on the page, where several parts may have the same section."""
    title: str
    notes: list[str] = Field(default_factory=list)
    """What else its text says: sentences."""
    parts: list[Annotated[FiguresPart | TablePart, Field(discriminator="kind")]]


class PagePart(Spec):
    """A part, such as a chapter."""

    id: str
    title: str
    """Empty where it is the only one."""
    published: int
    """Cells of the thesis's tables that the part gives."""
    notes: list[str]
    """What else its head says: sentences."""
    sections: list[PageSection]


class PageSpec(Spec):
    """What the page shows."""

    title: str
    subtitle: str
    notice: str
    """What the reader must know first."""
    digest: str
    """Of the keys of the config that may change a result."""
    counts: list[tuple[str, str]]
    """What the run is made of: a heading and a number for each."""
    parts: list[PagePart]
    config: str
    """These keys, packed."""
