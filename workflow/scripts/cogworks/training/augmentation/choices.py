"""The random choices behind every crop, apart from the pixels.

Every number that a crop depends on is drawn here, as a function of (seed, epoch, image, crop)
alone: the same crops come out for any number of loader workers, after a resumption, and in the
fast as in the reference implementation, which only carry the choices out.
"""

from dataclasses import dataclass

import numpy as np

from cogworks.core.seeds import derive_seed
from cogworks.training.augmentation.recipes import RECIPES, Colours
from cogworks.training.specs import Augmentation

# Colour jitter's four changes, as columns of `Choices.factors` and as values of `Choices.order`.
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)

RATIO = (3 / 4, 4 / 3)
ATTEMPTS = 10
FLIP_SHARE = 0.5

# How many uniform numbers each choice takes, in this order.
_LAYOUT = {
    "area": ATTEMPTS,
    "ratio": ATTEMPTS,
    "place": 2,
    "flip": 1,
    "jitter": 1,
    "order": 4,
    "factors": 4,
    "grey": 1,
    "blur": 1,
    "sigma": 1,
    "solarise": 1,
}
UNIFORMS = sum(_LAYOUT.values())


@dataclass(frozen=True)
class CropKind:
    """One of the two kinds of crops of a run.

    Attributes:
        name: `global` or `local`.
        count: crops of this kind for each image.
        size: pixels of a side.
        scale: least and greatest share of the image's area.
        colours: how its colours and its sharpness change.
    """

    name: str
    count: int
    size: int
    scale: tuple[float, float]
    colours: Colours


@dataclass(frozen=True)
class Choices:
    """What is done for N crops of one kind.

    Crops are ordered by their number, then by image: the first B rows are the first crop of each
    image.

    Attributes:
        image: (N,) int64, position of the image in the batch.
        box: (N, 4) int64, top, left, height and width in pixels of the image.
        flip: (N,) bool, whether left and right change places.
        order: (N, 4) int64, the colour change to make first, second and so on; -1 for none.
        factors: (N, 4) float64, strength of brightness, contrast, saturation (1: as it is) and
            the shift of the hue in turns (0: as it is).
        grey: (N,) bool.
        sigma: (N,) float64, standard deviation of the blur in pixels; 0 for none.
        solarise: (N,) bool.
    """

    image: np.ndarray
    box: np.ndarray
    flip: np.ndarray
    order: np.ndarray
    factors: np.ndarray
    grey: np.ndarray
    sigma: np.ndarray
    solarise: np.ndarray

    def __len__(self) -> int:
        return len(self.image)

    def rows(self, chosen: slice | np.ndarray) -> "Choices":
        """Return the choices of some of the crops."""
        return Choices(**{name: value[chosen] for name, value in vars(self).items()})


def crop_kinds(spec: Augmentation) -> list[CropKind]:
    """Return the kinds of crops that a run's augmentation has, global ones first."""
    colours = RECIPES.load(spec.recipe)
    numbers = {
        "global": (spec.global_crops, spec.global_size, spec.global_scale),
        "local": (spec.local_crops, spec.local_size, spec.local_scale),
    }
    return [
        CropKind(name, count, size, (scale[0], scale[1]), colours[name])
        for name, (count, size, scale) in numbers.items()
        if count
    ]


def draw_choices(
    kinds: list[CropKind],
    *,
    seed: int,
    epoch: int,
    indices: np.ndarray,
    heights: np.ndarray,
    widths: np.ndarray,
) -> list[Choices]:
    """Draw what is done to a batch of images, one `Choices` for each kind of crop.

    Args:
        kinds: see `crop_kinds`.
        seed: the run's seed.
        epoch: counted from 0.
        indices: (B,) positions of the images in the manifest.
        heights: (B,) pixels.
        widths: (B,) pixels.
    """
    count = sum(kind.count for kind in kinds)
    uniforms = _uniforms(seed, epoch, indices, count)
    ends = np.cumsum([kind.count for kind in kinds])
    return [
        choose(uniforms[:, end - kind.count : end], kind, heights, widths)
        for kind, end in zip(kinds, ends, strict=True)
    ]


def choose(
    uniforms: np.ndarray, kind: CropKind, heights: np.ndarray, widths: np.ndarray
) -> Choices:
    """Turn uniform numbers (B, crops, UNIFORMS) from [0, 1) into the choices for one kind."""
    batch, crops, _ = uniforms.shape
    flat = uniforms.transpose(1, 0, 2).reshape(batch * crops, UNIFORMS)
    splits = np.cumsum(list(_LAYOUT.values()))[:-1]
    drawn = dict(zip(_LAYOUT, np.split(flat, splits, axis=1), strict=True))
    image = np.tile(np.arange(batch), crops)
    order = np.argsort(drawn["order"], axis=1, kind="stable")
    colours = kind.colours
    jitter = drawn["jitter"] < colours.jitter_share
    least, greatest = colours.blur_sigma
    sigma = least + (greatest - least) * drawn["sigma"][:, 0]
    blur = drawn["blur"][:, 0] < colours.blur_share
    neutral = np.array([1.0, 1.0, 1.0, 0.0])
    return Choices(
        image=image,
        box=_boxes(drawn, kind.scale, heights[image], widths[image]),
        flip=drawn["flip"][:, 0] < FLIP_SHARE,
        order=np.where(jitter, order, -1),
        factors=neutral + jitter * np.array(colours.jitter_range) * (2 * drawn["factors"] - 1),
        grey=drawn["grey"][:, 0] < colours.grey_share,
        sigma=np.where(blur, sigma, 0.0),
        solarise=drawn["solarise"][:, 0] < colours.solarise_share,
    )


def _uniforms(seed: int, epoch: int, indices: np.ndarray, crops: int) -> np.ndarray:
    """Return (B, crops, UNIFORMS) numbers from [0, 1), a stream of its own for each image."""
    key = derive_seed(seed, "crops")
    result = np.empty((len(indices), crops, UNIFORMS))
    for row, index in enumerate(indices):
        # Philox counts: distinct (epoch, image) are distinct stretches of one random stream.
        stream = np.random.Philox(key=key, counter=[0, 0, int(index), epoch])
        np.random.Generator(stream).random(out=result[row])
    return result


def _boxes(
    drawn: dict[str, np.ndarray],
    scale: tuple[float, float],
    heights: np.ndarray,
    widths: np.ndarray,
) -> np.ndarray:
    """Return (N, 4) boxes of random area and aspect, as torchvision's RandomResizedCrop does.

    Of ten attempts the first that fits counts; where none does, the largest central box of an
    allowed aspect.
    """
    height, width = heights[:, None], widths[:, None]
    area = height * width * (scale[0] + (scale[1] - scale[0]) * drawn["area"])
    low, high = np.log(RATIO)
    ratio = np.exp(low + (high - low) * drawn["ratio"])
    wide = np.rint(np.sqrt(area * ratio)).astype(np.int64)
    tall = np.rint(np.sqrt(area / ratio)).astype(np.int64)
    fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
    first = fits.argmax(axis=1)
    rows = np.arange(len(first))
    wide, tall, found = wide[rows, first], tall[rows, first], fits[rows, first]
    top = np.floor(drawn["place"][:, 0] * (heights - tall + 1)).astype(np.int64)
    left = np.floor(drawn["place"][:, 1] * (widths - wide + 1)).astype(np.int64)
    boxes = np.stack([top, left, tall, wide], axis=1)
    return np.where(found[:, None], boxes, _central_boxes(heights, widths))


def _central_boxes(heights: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return the largest central boxes whose aspect is in RATIO."""
    wide = np.minimum(widths, np.rint(heights * RATIO[1]).astype(np.int64))
    tall = np.minimum(heights, np.rint(widths / RATIO[0]).astype(np.int64))
    return np.stack([(heights - tall) // 2, (widths - wide) // 2, tall, wide], axis=1)
