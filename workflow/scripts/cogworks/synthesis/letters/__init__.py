"""The letters of prompt templates: one file each, named after the letter.

Thesis, sections 5.4.1 to 5.4.3. Imported while the DAG is planned: standard library only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cogworks.core.registry import Registry

if TYPE_CHECKING:
    from cogworks.synthesis.prompts import ClassText


@dataclass(frozen=True)
class Letter:
    """What a letter of a template stands for.

    Attributes:
        meaning: that in words, for errors.
        text: returns its text for a class, empty where WordNet has none; null for the letter that
            stands for a scene, of which an image takes the next one of the file `scenes`.
    """

    meaning: str
    text: "Callable[[ClassText], str] | None"

    @property
    def scene(self) -> bool:
        """Whether it stands for a scene."""
        return self.text is None


LETTERS: Registry[Letter] = Registry(
    "cogworks.synthesis.letters",
    "LETTER",
    (
        "c",
        "h",
        "d",
        "b",
    ),
)
