"""What the rules of the concepts room hand to their scripts; for the ranking see `similarities`.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Literal

from cogworks.core.spec import Spec


class ScanSpec(Spec):
    """Where the images of each class are counted."""

    benchmark: str
    sources: list[str]
    """Packs and tables, also those of folders' indices."""


class SelectSpec(Spec):
    """Which concepts are eligible; the keys are those of a benchmark in the config."""

    benchmark: str
    wordnet: str | None
    pool: str | list[str]
    seen: str
    seen_limit: int | None
    seed: int | None
    """Of the draw for `seen_limit`; null where nothing is drawn."""
    image_counts: str | None
    """A table; the counted one where the config names places to count in."""
    min_images: int | None
    discard: str | None
    drop_seen_ancestors: bool
    exclude_subtrees: list[str]
    leaves_only: bool
    members: str | None
    """The level table of the benchmark whose members are kept."""


class LevelSpec(Spec):
    """How the ranking is cut into levels."""

    benchmark: str
    count: int
    size: int
    gaps: Literal["floor_last", "even", "none"]
    published: str | None
    """File with the levels, in place of a cut."""
