"""Preparation of images, against torchvision's transforms on Pillow images."""

import io
import resource
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from cogworks.images.decode import CorruptImageError
from cogworks.networks import pixels as pixels_module
from cogworks.networks.pixels import make_decoder, normalise

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def photograph(width: int, height: int, seed: int = 0) -> bytes:
    """Return a JPEG with the look of a photograph: smooth areas, edges, a little noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noisy = np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    noisy[height // 3 : height // 2, width // 4 : width // 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def thesis_transform(size: int, resize: int, mode: str) -> transforms.Compose:
    interpolation = transforms.InterpolationMode(mode)
    return transforms.Compose(
        [
            transforms.Resize(resize, interpolation=interpolation),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )


@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
@pytest.mark.parametrize(
    ("shape", "size", "resize"),
    [
        ((250, 187), 112, 112),
        ((187, 251), 112, 128),
        ((113, 112), 112, 112),
        ((112, 112), 112, 112),
        ((60, 45), 112, 112),
        ((301, 40), 31, 32),
    ],
)
def test_pil_is_the_thesis_to_the_bit(
    shape: tuple[int, int], size: int, resize: int, mode: str
) -> None:
    data = photograph(*shape)
    decode = make_decoder(decoder="pil", size=size, resize=resize, interpolation=mode)
    pixels = torch.from_numpy(decode(data, "x").copy())[None]
    images = normalise(pixels, torch.tensor(MEAN), torch.tensor(STD))
    expected = thesis_transform(size, resize, mode)(Image.open(io.BytesIO(data)).convert("RGB"))
    assert torch.equal(images[0], expected)


@pytest.mark.parametrize("shape", [(500, 375), (333, 500), (640, 480), (112, 112)])
def test_fast_is_at_most_one_grey_level_away(shape: tuple[int, int]) -> None:
    settings = {"size": 112, "resize": 112, "interpolation": "bicubic"}
    exact, fast = (make_decoder(decoder=name, **settings) for name in ("pil", "fast"))
    for seed in range(5):
        data = photograph(*shape, seed=seed)
        difference = exact(data, "x").astype(int) - fast(data, "x")
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("shape", [(500, 375), (150, 112)])
def test_fast_is_hardly_ever_two_levels_away(shape: tuple[int, int]) -> None:
    settings = {"size": 224, "resize": 224, "interpolation": "bicubic"}
    exact, fast = (make_decoder(decoder=name, **settings) for name in ("pil", "fast"))
    data = [photograph(*shape, seed=seed) for seed in range(8)]
    difference = np.stack([exact(one, "x").astype(int) - fast(one, "x") for one in data])
    assert (np.abs(difference) > 1).mean() < 1e-5
    assert (difference != 0).mean() < 0.02


@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
@pytest.mark.parametrize("shape", [(97, 61), (61, 97), (40, 23), (23, 41), (2, 3), (1, 1)])
def test_fast_resizes_as_torch_does_in_any_layout(shape: tuple[int, int], mode: str) -> None:
    """Against the same call on a plain image (3, H, W), whose channels are outermost."""
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    decode = make_decoder(decoder="fast", size=32, resize=32, interpolation=mode, squash=True)
    found = decode(buffer.getvalue(), "x")
    plain = torch.from_numpy(noise).permute(2, 0, 1).contiguous()[None]
    expected = torch.nn.functional.interpolate(
        plain, (32, 32), mode=mode, antialias=True, align_corners=False
    )
    assert np.array_equal(found, expected[0].permute(1, 2, 0).numpy())
    assert found.strides == (32 * 3, 3, 1)


@pytest.mark.parametrize("size", [100, 112, 160])
def test_fast_keeps_to_pillow_where_a_tall_image_is_all_overshoot(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (300, 128, 3)) * 255
    buffer = io.BytesIO()
    Image.fromarray(noise.astype(np.uint8)).save(buffer, "jpeg", quality=100, subsampling=0)
    settings = {"size": size, "resize": size, "interpolation": "bicubic"}
    exact, fast = (make_decoder(decoder=name, **settings) for name in ("pil", "fast"))
    difference = exact(buffer.getvalue(), "x").astype(int) - fast(buffer.getvalue(), "x")
    assert np.abs(difference).max() <= 2


@pytest.mark.parametrize("decoder", ["pil", "fast"])
@pytest.mark.parametrize("shape", [(1, 40000), (40000, 1), (3, 10000), (65500, 2), (1, 1)])
def test_long_images_need_no_more_memory_than_others(decoder: str, shape: tuple[int, int]) -> None:
    """Whole, 1 x 40,000 pixels would be enlarged to 6 GB."""
    data = photograph(*shape) if shape != (1, 1) else photograph(2, 2)
    decode = make_decoder(decoder=decoder, size=224, resize=224, interpolation="bicubic")
    tracemalloc.start()
    pixels = decode(data, "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pixels.shape == (224, 224, 3)
    assert peak < 50 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 2**20


@pytest.mark.parametrize("shape", [(20, 700), (700, 20), (9, 500)])
@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
def test_the_square_of_a_long_image_is_that_of_the_whole(
    shape: tuple[int, int], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = photograph(*shape)
    for size, resize in ((16, 16), (28, 32)):
        decode = make_decoder(decoder="pil", size=size, resize=resize, interpolation=mode)
        whole = decode(data, "x").astype(int)
        with monkeypatch.context() as patch:
            patch.setattr(pixels_module, "LONG", 0)
            assert np.abs(decode(data, "x") - whole).max() <= 1


def test_bgr_turns_the_normalised_channels_round() -> None:
    pixels = torch.randint(0, 256, (2, 4, 4, 3), dtype=torch.uint8)
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    rgb = normalise(pixels, mean, std)
    assert torch.equal(normalise(pixels, mean, std, bgr=True), rgb[:, [2, 1, 0]])


def test_normalised_images_are_channels_last_and_leave_the_pixels_alone() -> None:
    pixels = torch.randint(0, 256, (2, 4, 5, 3), dtype=torch.uint8)
    before = pixels.clone()
    images = normalise(pixels, torch.zeros(3), torch.ones(3))
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(pixels, before)
    assert images.max() <= 1


@pytest.mark.parametrize("decoder", ["pil", "fast"])
def test_a_truncated_image_is_an_error_with_its_name(decoder: str) -> None:
    decode = make_decoder(decoder=decoder, size=16, resize=16, interpolation="bicubic")
    with pytest.raises(CorruptImageError, match="shelf/7"):
        decode(photograph(64, 48)[:400], "shelf/7")
