"""What an extraction of features gets: an encoder, resolved. The config documents the keys.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cogworks.core.fingerprint import Fingerprints
from cogworks.core.spec import Spec
from cogworks.networks.specs import Library, Options


class RunSource(Spec):
    """An encoder that a training run left in its folder."""

    kind: Literal["run"] = "run"
    folder: str


class Random(Spec):
    """Random weights."""

    kind: Literal["random"] = "random"
    seed: int


class Pretrained(Spec):
    """The library's own weights, from its cache or a local folder."""

    kind: Literal["pretrained"] = "pretrained"


class Checkpoint(Spec):
    """A file with weights, and how its keys become the encoder's (see `checkpoints.map_keys`).

    Attributes:
        file: its path.
        containers: entries of the file that may hold the weights; the first that is there counts.
        prefix: taken off the keys that begin with it.
        drop: beginnings of keys that are left out.
        rename: pairs of a regular expression and its replacement.
    """

    kind: Literal["checkpoint"] = "checkpoint"
    file: str
    containers: list[str]
    prefix: str
    drop: list[str]
    rename: list[list[str]]


class ModelSource(Spec):
    """A library's architecture, or one of this project's own.

    Attributes:
        library, name, options: see `networks.specs.BackboneSpec`.
        weights: where they come from.
        feature_dim: what the architecture has to give; None where it is not known beforehand.
    """

    kind: Literal["model"] = "model"
    library: Library
    name: str
    options: Options
    weights: Annotated[Random | Pretrained | Checkpoint, Field(discriminator="kind")]
    feature_dim: int | None

    @property
    def is_cached(self) -> bool:
        """Say whether its library keeps its weights in a cache, not in a local folder."""
        return isinstance(self.weights, Pretrained) and not Path(self.name).is_dir()


class EntryPointSource(Spec):
    """A function of the user's that builds the encoder.

    Attributes:
        target: `path/to/file.py:function` or `package.module:function`.
        options: its keyword arguments.
        seed: of what it draws from the global generators.
        feature_dim: what its network has to give; None where it is not known beforehand.
    """

    kind: Literal["entry_point"] = "entry_point"
    target: str
    options: Options
    seed: int
    feature_dim: int | None


Source = RunSource | ModelSource | EntryPointSource


class PublishedClassifier(Spec):
    """The linear layer with which a published encoder was trained.

    Attributes:
        checkpoint: the file of the encoder, which holds the layer as well.
        layer: beginning of its keys there, once these are mapped.
        classes: name of the list of its classes, which are in the order of their wnids.
    """

    kind: Literal["published"] = "published"
    checkpoint: Checkpoint
    layer: str
    classes: str


# Where the classifier that an encoder was trained with is.
OwnClassifier = Annotated[RunSource | PublishedClassifier, Field(discriminator="kind")]


class ImageSpec(Spec):
    """How images are prepared; None stands for what the encoder's source prescribes."""

    image_size: int | None
    geometry: Literal["thesis", "library"]
    resize: int | None
    interpolation: Literal["bicubic", "bilinear"] | None
    mean: list[float] | None
    std: list[float] | None
    channel_order: Literal["rgb", "bgr"] | None
    decoder: Literal["pil", "fast"]


class ComputeSpec(Spec):
    """Arithmetic, storage and batches: what changes the last digits of features."""

    precision: Literal["float32", "tf32", "bfloat16"]
    compile: bool
    dtype: Literal["float32", "float16"]
    batch_size: int


class EncoderSpec(Spec):
    """All that the features of an encoder depend on, besides images and what the workflow makes.

    Attributes:
        name: as in the config, with the encoders of sweeps by their own names.
        source: network and weights.
        image: how images are prepared.
        compute: how the network computes.
        weights: fingerprints of the user's files that the encoder is made of (see `identity`).
    """

    name: str
    source: Annotated[Source, Field(discriminator="kind")]
    image: ImageSpec
    compute: ComputeSpec
    weights: Fingerprints | None
