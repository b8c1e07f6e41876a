"""The published models of the thesis: what `resources/encoders.yaml` says of them.

Imported while the DAG is planned: PyYAML, Pydantic and the standard library only.
"""

import functools
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from cogworks.config.base import Channels, ModelName, Positive, Section, Words
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.core.place import ROOT
from cogworks.networks.specs import Options

REGISTRY = ROOT / "resources" / "encoders.yaml"
# Stands for every model of the benchmark in `encoders.NAME.registry`.
ALL = "all"


class Normalization(Section):
    """Mean and standard deviation of the channels, on pixels in [0, 1]."""

    mean: Channels
    std: Channels


class Model(Section):
    """One published model; the file's head says what the keys mean."""

    chapter: Literal[3, 4, 5] = 3
    category: Words
    architecture: ModelName
    feature_dim: Positive
    file: Words
    publisher: Words
    own_code: bool = False
    image_size: Positive = 224
    normalization: Words = "imagenet"
    channel_order: Literal["rgb", "bgr"] | None = None
    options: Options = {}
    container: str | list[str] = "."
    prefix: str = ""
    drop: list[Words] = []
    rename: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []
    classifier: Words | None = None
    classes: Literal["imagenet1k", "imagenet100"] = "imagenet1k"


class Registry(Section):
    """All published models, and the normalisations that they name."""

    normalizations: dict[str, Normalization]
    models: dict[str, Model]

    @model_validator(mode="after")
    def _knows_normalizations(self) -> Self:
        for name, model in self.models.items():
            if model.normalization not in self.normalizations:
                known = ", ".join(self.normalizations)
                raise ValueError(
                    f"{name}: {model.normalization!r} is not a normalization; known: {known}"
                )
        return self


def models() -> dict[str, Model]:
    """Return the published models by name."""
    return _registry().models


def benchmark() -> list[str]:
    """Return the names of the 31 models of the ImageNet-CoG benchmark."""
    return [name for name, model in models().items() if model.chapter == 3]


def normalization(model: Model) -> Normalization:
    """Return how the images of a published model are normalised."""
    return _registry().normalizations[model.normalization]


def read(path: Path) -> Registry:
    """Return the registry that a file holds.

    Raises:
        InputError: a key is unknown, missing or of another type.
    """
    try:
        return Registry.model_validate(load_yaml(path))
    except ValidationError as error:
        found = [
            f"{'.'.join(map(str, detail['loc'])) or 'models'}: {detail['msg']}"
            for detail in error.errors(include_url=False)
        ]
        raise InputError(f"{path}: {'; '.join(found)}") from error


@functools.cache
def _registry() -> Registry:
    return read(REGISTRY)
