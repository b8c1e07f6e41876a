"""How the libraries prepare images for their own models, read from what they publish with them."""

import dataclasses
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.encoders.pretrained import model_folder
from cogworks.encoders.specs import ModelSource, Pretrained, Random
from cogworks.networks.backbones import timm_config, torchvision_weights
from cogworks.networks.hf import refuse_other_library
from cogworks.networks.pixels import make_decoder
from cogworks.networks.specs import Options

INTERPOLATIONS = ("bicubic", "bilinear")
# Pillow's codes, which transformers' `resample` holds.
_RESAMPLE = {2: "bilinear", 3: "bicubic"}
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_SAY_YOURSELF = "set `mean`, `std` and, where it is not RGB, `channel_order` yourself"
_COLOURS = ((12, 100, 240), (200, 57, 8), (128, 255, 0))


@dataclasses.dataclass(frozen=True)
class Geometry:
    """The resize and the crop that a library prescribes; see `preparation.Preparation`."""

    resize: int
    interpolation: str
    squash: bool = False
    floor: bool = False


@dataclasses.dataclass(frozen=True)
class Own:
    """What comes with a model; None where it says nothing.

    Attributes:
        size: height and width of the input.
        mean: of the channels, on pixels in [0, 1], in the order of RGB.
        std: likewise.
        channel_order: `rgb` or `bgr`.
        geometry: the library's resize and crop, or why they cannot be followed.
    """

    size: tuple[int, int] | None = None
    mean: Any = None
    std: Any = None
    channel_order: str | None = None
    geometry: Geometry | str = "its source prescribes none"


def read(source: ModelSource, *, online: bool, normalised: bool, with_geometry: bool) -> Own:
    """Return what a library publishes on the input of a model.

    Args:
        source: a model of torchvision, timm or transformers.
        online: whether files of a hub's model may be fetched.
        normalised: whether mean and standard deviation are given elsewhere, so that a model that
            does not tell them is not an error.
        with_geometry: whether resize and crop are wanted (transformers' take a trial).

    Raises:
        InputError: the model belongs to another library, does not tell its normalisation, takes
            other than three channels, or wants pixels changed in a way that is unknown here.
    """
    library, name = source.library, source.name
    if library == "torchvision":
        return _torchvision(name)
    folder = Path(name) if Path(name).is_dir() else None
    if isinstance(source.weights, Pretrained):
        folder = model_folder(library, name, online)
    if folder is not None:
        refuse_other_library(library, folder)
    if library == "timm":
        return _timm(name, folder, source.options)
    return _transformers(
        folder,
        needed=not (isinstance(source.weights, Random) or normalised),
        geometry=with_geometry,
    )


def _torchvision(name: str) -> Own:
    preset = torchvision_weights(name).transforms()
    size = preset.crop_size[0]
    return Own(
        (size, size),
        preset.mean,
        preset.std,
        geometry=_geometry(preset.resize_size[0], preset.interpolation.value),
    )


def _geometry(resize: int, interpolation: str, *, squash: bool = False) -> Geometry | str:
    if interpolation not in INTERPOLATIONS:
        return (
            f"the library interpolates by {interpolation}, and there is {', '.join(INTERPOLATIONS)}"
        )
    return Geometry(resize, interpolation, squash)


def _timm(name: str, folder: Path | None, options: Options) -> Own:
    from timm.data import resolve_data_config

    if folder is not None:
        content = read_json(folder / "config.json")
        config = content.get("pretrained_cfg", content)
    else:
        known = timm_config(name)
        config = known.to_dict() if known is not None else {}
    data = resolve_data_config(pretrained_cfg=config or {"input_size": None})
    channels, height, width = data["input_size"]
    if channels != 3 and "in_chans" not in options:
        raise InputError(
            f"timm:{name}: takes {channels} channel{'s' * (channels > 1)}, and images have 3; "
            "`options: {in_chans: 3}` makes timm adapt its first layer"
        )
    mean, std = data["mean"], data["std"]
    if channels != 3:
        mean, std = None, None
    mode = data["crop_mode"]
    geometry: Geometry | str
    if mode in ("center", "squash"):
        geometry = _geometry(
            math.floor(height / data["crop_pct"]), data["interpolation"], squash=mode == "squash"
        )
    else:
        geometry = f"timm's crop_mode {mode} adds borders"
    return Own((height, width), mean, std, geometry=geometry)


def _transformers(folder: Path | None, *, needed: bool, geometry: bool) -> Own:
    path = folder and folder / "config.json"
    if folder is None or path is None or not path.is_file():
        return Own()
    config = read_json(path)
    size = _pair((config | (config.get("vision_config") or {})).get("image_size"))
    try:
        processor = _load_processor(folder)
        return _of_processor(processor, folder, size, geometry)
    except InputError:
        if needed or geometry:
            raise
        return Own(size)


def _pair(size: Any) -> tuple[int, int] | None:
    """Return height and width of a config's `image_size`, one number or two."""
    if isinstance(size, int):
        return size, size
    if isinstance(size, list | tuple) and len(size) == 2:
        return int(size[0]), int(size[1])
    return None


def _load_processor(folder: Path) -> Any:
    from transformers import AutoImageProcessor

    if not any((folder / name).is_file() for name in _PROCESSORS):
        raise InputError(
            f"hf:{folder}: no {' or '.join(_PROCESSORS)}, which say how its images are "
            f"normalised; copy it from the model that it was made from, or {_SAY_YOURSELF}"
        )
    try:
        return AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, backend="pil", trust_remote_code=False
        )
    except Exception as error:  # transformers raises anything on a file that it does not know
        raise InputError(
            f"hf:{folder}: its image processor cannot be made ({error}); {_SAY_YOURSELF}"
        ) from error


def _of_processor(
    processor: Any, folder: Path, size: tuple[int, int] | None, geometry: bool
) -> Own:
    """Read a processor's settings, and try on plain colours that nothing else happens to them."""
    mean, std = _normalisation(processor, folder)
    order = "bgr" if getattr(processor, "do_flip_channel_order", None) else "rgb"
    own = Own(_input_size(processor, folder) or size, mean, std, order)
    for colour in _COLOURS:
        pixels = np.empty((375, 500, 3), np.uint8)
        pixels[:] = colour
        given = _process(processor, Image.fromarray(pixels), folder)
        wanted = _normalised(np.array(colour, np.float64), own)
        centre = given[:, given.shape[1] // 2, given.shape[2] // 2]
        if not np.allclose(centre, wanted, rtol=1e-4, atol=1e-4):
            raise InputError(
                f"hf:{folder}: its {type(processor).__name__.removesuffix('Pil')} changes pixels "
                f"in a way that is not known here (it makes {centre.tolist()} of the colour "
                f"{list(colour)}; its settings give {wanted.tolist()}); {_SAY_YOURSELF}"
            )
    if not geometry:
        return own
    return dataclasses.replace(own, geometry=_find_geometry(processor, own, folder))


def _normalisation(processor: Any, folder: Path) -> tuple[list[float], list[float]]:
    """Return the mean and standard deviation, on [0, 1], that stand for all arithmetic of it."""

    def three(name: str) -> list[float]:
        values = getattr(processor, name, None)
        if isinstance(values, int | float):
            return [float(values)] * 3
        if not isinstance(values, list | tuple) or len(values) != 3:
            raise InputError(
                f"hf:{folder}: the {name} of its processor is {values}, expected 3 numbers; "
                f"{_SAY_YOURSELF}"
            )
        return list(map(float, values))

    def flag(*names: str) -> bool:
        return any(getattr(processor, name, None) for name in names)

    # The input is (x - mean) / std of x in [0, 1]; it begins as the grey level, 255 x.
    mean, std = [0.0] * 3, [1 / 255] * 3
    if flag("do_rescale"):
        std = [value / processor.rescale_factor for value in std]
    if flag("rescale_offset", "offset"):
        mean = [m + s for m, s in zip(mean, std, strict=True)]
    if flag("do_normalize"):
        mean = [m + s * c for m, s, c in zip(mean, std, three("image_mean"), strict=True)]
        std = [s * c for s, c in zip(std, three("image_std"), strict=True)]
    if flag("include_top"):  # of EfficientNet: divided a second time
        std = [s * c for s, c in zip(std, three("image_std"), strict=True)]
    return mean, std


def _normalised(pixels: np.ndarray, own: Own) -> np.ndarray:
    """Return grey levels (..., 3) as the model's input (..., 3)."""
    values: np.ndarray = (pixels / 255 - np.array(own.mean)) / np.array(own.std)
    return values[..., ::-1] if own.channel_order == "bgr" else values


def _process(processor: Any, image: Image.Image, folder: Path) -> np.ndarray:
    """Return the processor's (3, H, W) of an image."""
    try:
        given = np.asarray(processor(images=image, return_tensors="np")["pixel_values"])
    except Exception as error:  # as in _load_processor
        raise InputError(
            f"hf:{folder}: its image processor fails on an RGB image ({error}); {_SAY_YOURSELF}"
        ) from error
    if given.ndim != 4 or given.shape[:2] != (1, 3):
        raise InputError(
            f"hf:{folder}: its image processor gives {given.shape} for an image, expected "
            "(1, 3, H, W); encoders take one RGB image"
        )
    first: np.ndarray = given[0]
    return first


def _input_size(processor: Any, folder: Path) -> tuple[int, int] | None:
    """Return what the processor makes of images; the shortest side where that follows them."""
    flags = ("do_resize", "do_center_crop")
    if not any(getattr(processor, name, None) for name in flags):
        return None
    shapes = [
        _process(processor, Image.new("RGB", size), folder).shape[1:]
        for size in ((640, 480), (480, 640))
    ]
    if shapes[0] == shapes[1]:
        return int(shapes[0][0]), int(shapes[0][1])
    side = min(shapes[0])
    return side, side


def _find_geometry(processor: Any, own: Own, folder: Path) -> Geometry | str:
    """Return the resize and crop that make of a test image what the processor makes of it."""
    interpolation = _RESAMPLE.get(int(getattr(processor, "resample", None) or 0))
    if interpolation is None:
        return f"the processor's resample is {processor.resample!r}, neither bilinear nor bicubic"
    assert own.size is not None
    if own.size[0] != own.size[1]:
        return f"its images are {own.size[0]} x {own.size[1]}, not square"
    size = own.size[0]
    for resize in _sides(processor, size):
        for squash in (False, True):
            geometry = Geometry(resize, interpolation, squash, floor=True)
            if all(_agrees(processor, own, geometry, folder, shape) for shape in _SHAPES):
                return geometry
    return "its processor neither cuts out a central square nor resizes to one"


# Height and width of the test images: odd, so that the corners are rounded.
_SHAPES = ((375, 501), (507, 333))


def _sides(processor: Any, size: int) -> list[int]:
    """Return to how many pixels a side may be resized before `size` pixels are cut out."""
    given = getattr(processor, "size", None) or {}
    side = given.get("shortest_edge") or given.get("height") or size
    crop = getattr(processor, "crop_pct", None) or 1
    # LeViT's resizes to 256/224 of what it is told.
    found = {size, int(side), int(side / crop), int(256 / 224 * side)}
    return sorted(value for value in found if value >= size)


def _agrees(
    processor: Any, own: Own, geometry: Geometry, folder: Path, shape: tuple[int, int]
) -> bool:
    assert own.size is not None
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    data = io.BytesIO()
    image.save(data, "PNG")
    decode = make_decoder(decoder="pil", size=own.size[0], **dataclasses.asdict(geometry))
    wanted = _normalised(decode(data.getvalue(), "test image").astype(np.float64), own)
    given = _process(processor, image, folder).transpose(1, 2, 0)
    if given.shape != wanted.shape:
        return False
    level = np.abs(given - wanted) * max(own.std) * 255
    return bool(level.max() <= 1.01)
