"""What the rules of the images room hand to their scripts.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Literal

from cogworks.core.spec import Spec
from cogworks.images.sources.kinds import AnySource


class ClassesSpec(Spec):
    """Which classes a data set has; the keys are those of `classes` in the config."""

    dataset: str
    part: str | None
    level: int | None
    file: str | None
    wnids: list[str] | None
    limit: int | None
    seed: int | None
    """Of the draw for `limit`; null where nothing is drawn."""
    count: int | None
    wordnet: str | None
    """Folder of the WordNet from which the names come; null for WordNet 3.0."""
    source: AnySource | None
    """What names the classes, with `part: source`, or must have images of them (`with_images`)."""


class FolderSpec(Spec):
    """A folder of classes that is listed once for all."""

    folder: str


class SourceSpec(Spec):
    """A source whose images are listed once for all."""

    source: AnySource


class WorldSpec(Spec):
    """How a data set of the procedural world is drawn."""

    size: int
    """Width and height in pixels."""
    format: Literal["png", "jpeg"]
    world_seed: int
    """Seed of the looks and of the images."""
    distinctness: float
    """Share of a look that is the concept's."""
    nuisance: float
    """Strength of pose, light, clutter, occlusion and noise."""
    images: int
    """Images of each class."""
    wordnet: str | None
    """Folder of the ontology on which the looks evolve; null for WordNet 3.0."""


class ChoiceSpec(Spec):
    """Which images of a data set are training, validation and test images, see the config."""

    dataset: str
    max_images: int | None
    test_images: int | None
    test_share: float | None
    val_share: float
    min_images: int
    seed: int


class ManifestSpec(ChoiceSpec):
    """What the manifests of a data set depend on besides its classes."""

    source: AnySource
    on_corrupt: Literal["error", "drop"]
