"""What an exhibit is: a table or a figure that a config gives, and the kind that it belongs to.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from cogworks.core.spec import Spec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cogworks.report import roles
    from cogworks.report.table import Table

# For annotations: what they name is imported neither to plan nor to draw.
Roles: TypeAlias = "roles.Roles"
Made: TypeAlias = "Table | Figure"


class ExhibitSpec(Spec):
    """What an exhibit depends on besides its code: the files that it shows, and how."""

    @property
    def files(self) -> list[str]:
        """Return the files that it shows: exactly those its rule waits for."""
        raise NotImplementedError


Given = TypeVar("Given", bound=ExhibitSpec)
Medium = Literal["table", "figure"]


@dataclass(frozen=True)
class Exhibit:
    """One exhibit of a config.

    Attributes:
        name: its name without suffix.
        spec: what it depends on.
        about: the benchmark, data set or other thing that it is about, where its kind has one
            exhibit for each: exhibits about the same thing stand together on the page.
        label: a name to show in front of the caption of a figure.
        note: a sentence that its caption has besides that of its kind, as reStructuredText.
        wide: whether it is a figure that takes the whole width of the page, whatever its kind says.
        number: its number in the thesis and the panel it is, as in "B.6" and "3.4 (a)"; empty
            where the thesis has no such exhibit.
    """

    name: str
    spec: ExhibitSpec
    about: str = ""
    label: str = ""
    note: str = ""
    wide: bool = False
    number: str = ""


Found = Iterator[Exhibit]


@dataclass(frozen=True)
class Kind(Generic[Given]):
    """A kind of exhibit: what its module in `exhibits` holds.

    Attributes:
        section: id of the section of the page where it stands.
        title: what it shows, in a few words.
        spec: the type of its spec.
        needs: yields the exhibits of this kind that a config gives, each with what it needs.
        make: returns the `Table` or the `Figure`, given the spec.
        caption: the text below a figure, as reStructuredText.
        wide: whether a figure takes the whole width of the page.
        folded: whether a table is folded on the page, as it is long.
        photographs: whether a figure is made of them.
        lacks: returns what a config lacks for the exhibits that it does not give, by their number
            in the thesis ("B.6"), as a clause; None or an empty one where `thesis.EXHIBITS` says
            enough.
    """

    section: str
    title: str
    spec: type[Given]
    needs: Callable[[Roles], Found]
    make: Callable[[Given], Any]
    caption: str = ""
    wide: bool = False
    folded: bool = False
    photographs: bool = False
    lacks: Callable[[Roles], Mapping[str, str]] | None = None


AnyKind = Kind[Any]
