"""How an image becomes the input of an encoder: the config's settings, else those of its source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.records import read_record
from cogworks.encoders import library_preparation
from cogworks.encoders.library_preparation import Geometry, Own
from cogworks.encoders.specs import EntryPointSource, ImageSpec, RunSource, Source

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
DEFAULT_SIZE = 224
DEFAULT_INTERPOLATION = "bicubic"


@dataclass(frozen=True)
class Preparation:
    """How an image becomes an input: section 3.4.1 of the thesis.

    Attributes:
        image_size: side of the central square, in pixels.
        resize: the shortest side before the square is cut out; both sides where `squash`.
        interpolation: `bicubic` or `bilinear`.
        squash: resize to a square, whatever the image's shape.
        floor: round the corner of the central square down, as transformers does.
        mean: of the channels, on [0, 1].
        std: of the channels, likewise.
        channel_order: `rgb` or `bgr`; mean and std are in the order of RGB in any case.
        decoder: `pil` or `fast`.
    """

    image_size: int
    resize: int
    interpolation: str
    squash: bool
    floor: bool
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    channel_order: str
    decoder: str


def prepare(name: str, image: ImageSpec, source: Source, online: bool) -> Preparation:
    """Return the settings of the config, where null those of the encoder's source or the default.

    Args:
        name: of the encoder, for messages.
        image: the settings of the config.
        source: where network and weights come from.
        online: whether files of a hub's model may be fetched.

    Raises:
        InputError: what the source prescribes is unknown, is not a square of three channels, or
            cannot be followed, and the config does not say otherwise.
    """
    own = _own(image, source, online)
    size = _size(name, image, own)
    geometry = Geometry(
        resize=image.resize or size,
        interpolation=image.interpolation or DEFAULT_INTERPOLATION,
    )
    if image.geometry == "library":
        if isinstance(own.geometry, str):
            raise InputError(f"encoder {name}: `geometry: library` cannot be had: {own.geometry}")
        geometry = own.geometry
    if geometry.resize < size:
        raise InputError(
            f"encoder {name}: resize {geometry.resize} is smaller than image_size {size}; "
            "the crop cannot fit"
        )
    return Preparation(
        image_size=size,
        resize=geometry.resize,
        interpolation=geometry.interpolation,
        squash=geometry.squash,
        floor=geometry.floor,
        mean=_three(image.mean or own.mean or IMAGENET_MEAN),
        std=_three(image.std or own.std or IMAGENET_STD),
        channel_order=image.channel_order or own.channel_order or "rgb",
        decoder=image.decoder,
    )


def _own(image: ImageSpec, source: Source, online: bool) -> Own:
    """Return the input size and normalisation that come with the encoder's source."""
    if isinstance(source, RunSource):
        spec = read_record(Path(source.folder) / "spec.json")
        size = spec.get("image_size")
        return Own(size and (size, size), spec.get("mean"), spec.get("std"))
    if isinstance(source, EntryPointSource) or source.library == "cogworks":
        return Own()
    return library_preparation.read(
        source,
        online=online,
        normalised=image.mean is not None,
        with_geometry=image.geometry == "library",
    )


def _size(name: str, image: ImageSpec, own: Own) -> int:
    if image.image_size is not None:
        return image.image_size
    height, width = own.size or (DEFAULT_SIZE, DEFAULT_SIZE)
    if height != width:
        raise InputError(
            f"encoder {name}: its model takes images of {height} x {width} (height x width), and "
            f"encoders see squares only; set encoders.{name}.image_size to the side of a square "
            "if the network takes one"
        )
    return height


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third
