"""The axes of figures 3.4 and A.1: the seen concepts, as they are and blurred, and the levels.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cogworks.report import thesis
from cogworks.report.exhibit import Exhibit
from cogworks.report.reference import MAX_TOGETHER
from cogworks.report.specs import LevelsSpec

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

FIGURE, BLURRED_FIGURE = "3.4", "A.1"


@dataclass(frozen=True)
class LevelAxis:
    """One axis.

    Attributes:
        spec: encoders along it.
        figure: the number of the thesis's figure; empty where it has none like it.
        suffix: what its exhibits' names end in.
        about: what its exhibits are about.
    """

    spec: LevelsSpec
    figure: str
    suffix: str = ""
    about: str = ""

    @property
    def wide(self) -> bool:
        """Say whether the encoders are so many that they need panels or a list of names."""
        return len(self.spec.encoders) > MAX_TOGETHER + 1

    def exhibit(self, name: str, *, panels: str) -> Exhibit:
        """Return an exhibit along it: panels of its figure, such as `(b) to (e)`."""
        return Exhibit(
            f"{name}{self.suffix}",
            self.spec,
            about=self.about,
            label=self.about,
            wide=self.wide,
            number=f"{self.figure} {panels}" if self.figure else "",
        )


def lacks(roles: "Roles") -> Mapping[str, str]:
    """Return what a part with levels lacks for the figure with blurred images."""
    return {BLURRED_FIGURE: thesis.BLURRED} if roles.levels and roles.blurred is None else {}


def level_axes(roles: "Roles") -> Iterator[LevelAxis]:
    """Yield the axis of the report and, where they are on no other, that of the blurred images.

    There is none without levels.
    """
    blurred = roles.blurred
    if not roles.levels:
        return
    if roles.scored(roles.axis):
        figure = BLURRED_FIGURE if roles.seen == blurred else FIGURE
        yield LevelAxis(roles.by_level(roles.axis), figure if roles.seen is not None else "")
    if blurred is not None and blurred != roles.seen:
        spec = roles.by_level([blurred, *roles.levels], names=roles.scored([blurred]))
        yield LevelAxis(spec, BLURRED_FIGURE, "_blurred", roles.label(blurred))
