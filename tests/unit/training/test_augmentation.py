"""The reference against torchvision, and the fast implementation against the reference."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torchvision.transforms import functional as tv

from cogworks.training.augmentation import jitter, multicrop, photometric
from cogworks.training.augmentation.blur import blur, blur_weights
from cogworks.training.augmentation.choices import (
    BRIGHTNESS,
    CONTRAST,
    HUE,
    SATURATION,
    UNIFORMS,
    Choices,
    CropKind,
    choose,
)
from cogworks.training.augmentation.multicrop import make_crops, similar_sizes
from cogworks.training.augmentation.photometric import change_colours
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.augmentation.reference import reference_crop, reference_crops
from cogworks.training.augmentation.resample import (
    box_weights,
    resample_each,
    resample_together,
)
from cogworks.training.pixels import Pixels, join_images

SIZE = 24
CPU = torch.device("cpu")
DINO, PYTORCH = RECIPES.load("dino"), RECIPES.load("pytorch")


def photograph(height: int, width: int, seed: int = 0) -> Image.Image:
    """Smooth coloured shapes with some noise: like a photograph, neither flat nor white noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, size=(5, 6, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noise = rng.normal(0, 6, size=smooth.shape)
    return Image.fromarray((smooth + noise).clip(0, 255).astype(np.uint8))


def as_tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def plain(count: int, **changes: Any) -> Choices:
    """`count` crops of whole images of 40 x 30 pixels, unchanged except for `changes`."""
    values: dict[str, Any] = {
        "image": np.zeros(count, dtype=np.int64),
        "box": np.tile([0, 0, 30, 40], (count, 1)),
        "flip": np.zeros(count, dtype=bool),
        "order": np.full((count, 4), -1),
        "factors": np.tile([1.0, 1.0, 1.0, 0.0], (count, 1)),
        "grey": np.zeros(count, dtype=bool),
        "sigma": np.zeros(count),
        "solarise": np.zeros(count, dtype=bool),
    }
    return Choices(**values | {key: np.asarray(value) for key, value in changes.items()})


def drawn(images: int, kind: CropKind, heights: Any, widths: Any, seed: int = 0) -> Choices:
    uniforms = np.random.default_rng(seed).random((images, kind.count, UNIFORMS))
    return choose(uniforms, kind, np.asarray(heights), np.asarray(widths))


def torchvision_crop(image: Image.Image, choices: Choices, row: int, size: int) -> Image.Image:
    """The same choices carried out by torchvision's functions on Pillow images."""
    top, left, height, width = choices.box[row].tolist()
    bicubic = tv.InterpolationMode.BICUBIC
    image = tv.resized_crop(image, top, left, height, width, [size, size], bicubic)
    if choices.flip[row]:
        image = tv.hflip(image)
    changes = {
        BRIGHTNESS: tv.adjust_brightness,
        CONTRAST: tv.adjust_contrast,
        SATURATION: tv.adjust_saturation,
        HUE: tv.adjust_hue,
    }
    for change in choices.order[row]:
        if change >= 0:
            image = changes[int(change)](image, float(choices.factors[row, change]))
    if choices.grey[row]:
        image = tv.to_grayscale(image, 3)
    if choices.sigma[row]:
        image = image.filter(ImageFilter.GaussianBlur(float(choices.sigma[row])))
    return tv.solarize(image, 128) if choices.solarise[row] else image


def test_reference_is_torchvision_on_pillow() -> None:
    image = photograph(90, 120)
    for kind in (
        CropKind("global", 30, SIZE, (0.4, 1.0), DINO["global"]),
        CropKind("local", 30, 16, (0.05, 0.4), DINO["local"]),
    ):
        choices = drawn(1, kind, [90], [120])
        for row in range(len(choices)):
            ours = np.asarray(reference_crop(image, choices, row, kind.size))
            theirs = np.asarray(torchvision_crop(image, choices, row, kind.size))
            assert np.array_equal(ours, theirs), row


@pytest.mark.parametrize("size", [10, 24, 50])
def test_both_resamplers_are_pillows_bicubic(size: int) -> None:
    images = [photograph(60, 80, seed) for seed in range(3)]
    kind = CropKind("local", 4, size, (0.05, 1.0), PYTORCH["local"])
    choices = drawn(3, kind, [60] * 3, [80] * 3)
    expected = reference_crops(images, choices, size).float()
    tensors = [as_tensor(image) for image in images]
    each = resample_each(tensors, choices, size)
    together = resample_together(torch.stack(tensors), choices, size, CPU)
    assert choices.flip.any()
    assert not choices.flip.all()
    for crops in (each, together):
        difference = (crops.float() - expected).abs()
        assert difference.max() <= 1
        assert difference.mean() < 0.1


def test_weights_of_boxes_are_the_filters_over_the_whole_axis() -> None:
    """Against each weight by itself, near and far from the ends of the axis."""
    rng = np.random.default_rng(0)

    def cubic(x: float) -> float:
        x = abs(x)
        if x < 1:
            return 1.5 * x**3 - 2.5 * x**2 + 1
        return -0.5 * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0

    for pixels, size in ((1, 3), (5, 9), (40, 7), (90, 16), (33, 33)):
        length = np.append(rng.integers(1, pixels + 1, 3), [pixels, 1])
        start = (rng.random(5) * (pixels - length + 1)).astype(np.int64)
        flip = np.array([False, True, False, True, True])
        result = box_weights(start, length, flip, pixels, size, CPU).numpy()
        expected = np.zeros((5, size, pixels))
        for (crop, row), _ in np.ndenumerate(expected[..., 0]):
            scale = length[crop] / size
            centre = ((size - 1 - row if flip[crop] else row) + 0.5) * scale
            for pixel in range(length[crop]):
                weight = cubic((pixel + 0.5 - centre) / max(scale, 1))
                expected[crop, row, start[crop] + pixel] = weight
        expected /= expected.sum(axis=2, keepdims=True)
        np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "mean", "most"),
    [
        ({"order": [[BRIGHTNESS, -1, -1, -1]], "factors": [[1.35, 1, 1, 0]]}, 0.6, 1.6),
        ({"order": [[BRIGHTNESS, -1, -1, -1]], "factors": [[0.62, 1, 1, 0]]}, 0.6, 1.6),
        ({"order": [[CONTRAST, -1, -1, -1]], "factors": [[1, 1.4, 1, 0]]}, 0.6, 2),
        ({"order": [[CONTRAST, -1, -1, -1]], "factors": [[1, 0.6, 1, 0]]}, 0.6, 2),
        ({"order": [[SATURATION, -1, -1, -1]], "factors": [[1, 1, 0.8, 0]]}, 0.6, 2),
        ({"order": [[SATURATION, -1, -1, -1]], "factors": [[1, 1, 1.2, 0]]}, 0.6, 2),
        ({"order": [[HUE, -1, -1, -1]], "factors": [[1, 1, 1, 0.1]]}, 1.2, 8),
        ({"order": [[HUE, -1, -1, -1]], "factors": [[1, 1, 1, -0.07]]}, 1.2, 8),
        ({"grey": [True]}, 0.1, 1),
        ({"sigma": [0.1]}, 0.1, 1),
        ({"sigma": [1.0]}, 0.8, 4),
        ({"sigma": [2.0]}, 0.8, 8),
        ({"solarise": [True]}, 0.1, 1),
    ],
)
def test_each_change_on_fixed_parameters(changes: dict[str, Any], mean: float, most: float) -> None:
    image = photograph(30, 40)
    choices = plain(1, **changes)
    expected = reference_crops([image], choices, SIZE).float()
    before = reference_crops([image], plain(1), SIZE)
    crops = change_colours(before.clone(), choices)
    difference = (crops.float() - expected).abs()
    assert difference.mean() < mean
    assert difference.max() <= most
    if changes != {"sigma": [0.1]}:
        assert (expected - before).abs().mean() > 4 * difference.mean()


def test_turning_the_hue_is_hsv_exactly() -> None:
    """Against the textbook's HSV, on all corners and edges of the colour cube and at random."""
    import colorsys

    rng = np.random.default_rng(0)
    levels = np.array([0, 1, 127, 254, 255])
    colours = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 3)
    colours = np.concatenate([colours, rng.integers(0, 256, size=(19, 3))]).reshape(12, 12, 3)
    for turns in (-0.1, -0.03, 0.0, 0.05, 0.1):
        planes = torch.from_numpy(colours).permute(2, 0, 1)[:, None].short() * jitter.FINE
        shift = int(turns * 255) / 255
        result = jitter.turn_hue(planes, torch.full((1, 1, 1), 6 * shift)) / jitter.FINE
        for (row, column), _ in np.ndenumerate(colours[..., 0]):
            hue, saturation, value = colorsys.rgb_to_hsv(*(colours[row, column] / 255))
            expected = np.array(colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value)) * 255
            got = result[:, 0, row, column].numpy()
            np.testing.assert_allclose(got, expected, atol=0.07, err_msg=str(colours[row, column]))


def slow_jitter(crop: np.ndarray, order: Sequence[int], factors: np.ndarray) -> np.ndarray:
    """The jitter of `Jitter` in floating-point numbers, crop (3, S, S), hue pixel by pixel."""
    import colorsys

    def luma(colours: np.ndarray) -> np.ndarray:
        return np.tensordot(jitter.LUMA, colours, 1)

    values = crop.astype(np.float64)
    for change in order:
        strength = factors[change]
        if change == HUE:
            turn = np.trunc(strength * 255) / 255
            for row, column in np.ndindex(values.shape[1:]):
                hue, saturation, value = colorsys.rgb_to_hsv(*values[:, row, column] / 255)
                turned = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
                values[:, row, column] = np.array(turned) * 255
            continue
        other = {
            BRIGHTNESS: 0.0,
            CONTRAST: np.floor(luma(values).mean() + 0.5),
            SATURATION: luma(values),
        }[change]
        values = np.clip(strength * values + (1 - strength) * other - 0.5, 0, 255)
    return values + 0.5


@pytest.mark.parametrize("together", [False, True])
def test_jitter_in_every_order_and_with_strong_factors(
    together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a CPU, and all together, as on a GPU."""
    runs = jitter._runs
    monkeypatch.setattr(jitter, "_runs", lambda kinds, **_: runs(kinds, together=together))
    rng = np.random.default_rng(0)
    orders = np.array(list(permutations(range(4))) * 4)
    strong = 1 + np.array([0.8, 0.8, 0.8, 1 / 6]) * rng.uniform(-1, 1, orders.shape)
    factors = strong - np.array([0, 0, 0, 1])
    # Colours as far apart as they can be, where sums reach farthest.
    crops = rng.choice([0, 3, 90, 128, 200, 255], (len(orders), 3, 6, 6)).astype(np.uint8)
    choices = plain(len(orders), order=orders, factors=factors)
    fast = change_colours(torch.from_numpy(crops.copy()), choices).numpy()
    slow = [slow_jitter(*each) for each in zip(crops, orders, factors, strict=True)]
    # Sixteenths of a level, times 1.8 up to three times, and the cutting off to bytes.
    away = np.abs(fast - (np.array(slow) - 0.5))
    assert away.max() < 1.4
    assert away.mean() < 0.3


@pytest.mark.parametrize("name", RECIPES.names)
def test_recipes_keep_within_what_the_jitter_can_hold(name: str) -> None:
    """See `Colours`: stronger, int16 would overflow, and the hue's formula would not hold."""
    for colours in RECIPES.load(name).values():
        assert (np.array(colours.jitter_range) <= [0.8, 0.8, 0.8, 1 / 6]).all()


def test_blur_is_pillows_away_from_the_edge() -> None:
    image = photograph(64, 64)
    planes = as_tensor(image)[:, None].expand(-1, 5, -1, -1)
    sigmas = np.array([0.3, 0.8, 1.3, 1.7, 2.0])
    result = blur(planes, blur_weights(sigmas)).transpose(0, 1)
    for row, sigma in enumerate(sigmas):
        blurred = image.filter(ImageFilter.GaussianBlur(float(sigma)))
        expected = np.asarray(blurred).astype(int)
        inside = (result[row].permute(1, 2, 0).numpy() - expected)[6:-6, 6:-6]
        # Pillow rounds to bytes after each of six passes: noise, without a drift.
        assert np.abs(inside).max() <= 3
        assert abs(inside.mean()) < 0.1


@pytest.mark.parametrize("sigma", [0.1, 0.3, 0.8, 1.3, 1.42, 1.7, 2.0])
def test_blur_of_an_edge_is_pillows(sigma: float) -> None:
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, 20:] = 255
    expected = np.asarray(Image.fromarray(edge).filter(ImageFilter.GaussianBlur(sigma)))
    planes = torch.from_numpy(edge).permute(2, 0, 1)[:, None]
    result = blur(planes, blur_weights(np.array([sigma])))[:, 0].permute(1, 2, 0).numpy()
    assert np.abs(result.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        CropKind("global", 8, 32, (0.4, 1.0), DINO["global"]),
        CropKind("local", 24, 16, (0.05, 0.4), DINO["local"]),
        CropKind("global", 8, 32, (0.08, 1.0), PYTORCH["global"]),
    ],
)
def test_fast_crops_have_the_references_distribution(
    kind: CropKind, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moments over all crops, and each crop against its own reference."""
    limit = 10**9 if together else 0
    monkeypatch.setattr("cogworks.training.augmentation.multicrop.SMALL_PIXELS", limit)
    images = [photograph(60 + 5 * seed, 90 - 4 * seed, seed) for seed in range(8)]
    pixels = join_images([as_tensor(image) for image in images])
    choices = drawn(8, kind, pixels.heights, pixels.widths)
    fast = make_crops(pixels, [choices], [kind], implementation="fast")[0]
    slow = make_crops(pixels, [choices], [kind], implementation="pil")[0]
    assert fast.dtype == slow.dtype == torch.uint8
    assert fast.shape == slow.shape == (8 * kind.count, 3, kind.size, kind.size)
    fast, slow = fast.double(), slow.double()
    difference = fast - slow
    assert difference.abs().mean() < 1
    assert difference.abs().mean(dim=(1, 2, 3)).max() < 3
    assert abs(difference.mean()) < 0.25
    for a, b in ((fast, slow), (fast.flatten(2).std(2), slow.flatten(2).std(2))):
        torch.testing.assert_close(a.mean(0), b.mean(0), rtol=0.02, atol=0.8)
    assert fast.std() == pytest.approx(float(slow.std()), rel=0.01)
    channels = [crops.transpose(0, 1).flatten(1) for crops in (fast, slow)]
    torch.testing.assert_close(
        torch.corrcoef(channels[0]), torch.corrcoef(channels[1]), rtol=0, atol=0.01
    )


def test_chunks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = CropKind("local", 12, 16, (0.05, 0.4), DINO["local"])
    choices = drawn(2, kind, [40, 40], [40, 40])
    crops = np.random.default_rng(0).integers(0, 256, (24, 3, 16, 16), dtype=np.uint8)
    whole = change_colours(torch.from_numpy(crops.copy()), choices)
    for pixels in (1, 16**2 * 5):
        monkeypatch.setattr(photometric, "CACHED_PIXELS", pixels)
        away = (change_colours(torch.from_numpy(crops.copy()), choices).int() - whole).abs()
        # The last bit of a float may come out otherwise, and fall on the other side of a level.
        assert away.max() <= 1
        assert away.sum() <= 2


def test_pixels_keep_images_and_their_sizes() -> None:
    images = [as_tensor(photograph(9, 7, 1)), as_tensor(photograph(4, 11, 2))]
    pixels: Pixels = join_images(images)
    assert len(pixels) == 2
    assert pixels.heights.tolist() == [9, 4]
    for index, image in enumerate(images):
        assert torch.equal(pixels.image(index), image)
    assert pixels.values.shape == ((9 * 7 + 4 * 11) * 3,)


def test_groups_of_similar_sizes_hold_every_image_once_and_no_outlier_makes_others_large() -> None:
    rng = np.random.default_rng(0)
    heights, widths = rng.integers(200, 700, (2, 100))
    heights[17], widths[17] = 4000, 6000
    heights[40], widths[40] = 300, 30_000
    groups = list(similar_sizes(heights, widths))
    assert sorted(np.concatenate(groups)) == list(range(100))
    for group in groups:
        assert list(group) == sorted(group)
        assert len(group) <= multicrop.GPU_CHUNK
        padded = len(group) * heights[group].max() * widths[group].max()
        assert padded <= multicrop.GPU_PIXELS or len(group) == 1
    assert len(groups) < 12
