import io

import numpy as np
import pytest
from PIL import Image

from cogworks.synthesis.draw import Drawing
from cogworks.synthesis.quality import SeenHashes, encode, fault, perceptual_hash


def picture(rng: np.random.Generator, size: int = 64) -> np.ndarray:
    """A smooth random picture."""
    small = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"flagged": True}, "nsfw"),
        ({"finite": False}, "non_finite"),
        ({"pixels": np.full((8, 8, 3), 77, np.uint8)}, "constant"),
        ({"pixels": np.tile(np.array([9, 200, 30], np.uint8), (8, 8, 1))}, "constant"),
    ],
)
def test_faults(rng: np.random.Generator, change: dict[str, object], reason: str | None) -> None:
    values = {"pixels": picture(rng), "finite": True, "flagged": False} | change
    assert fault(Drawing(**values)) == reason  # type: ignore[arg-type]


def test_a_hash_survives_compression_and_tells_pictures_apart(rng: np.random.Generator) -> None:
    first, second = picture(rng), picture(rng)
    jpeg = encode(first, kind="jpeg", quality=70)
    again = np.asarray(Image.open(io.BytesIO(jpeg)))
    apart = [
        (perceptual_hash(first) ^ perceptual_hash(other)).bit_count() for other in (again, second)
    ]
    assert apart[0] <= 4 < 16 < apart[1]


def test_encoding_is_exact_as_png_and_smaller_as_jpeg(rng: np.random.Generator) -> None:
    pixels = picture(rng)
    png = encode(pixels, kind="png", quality=0)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), pixels)
    low, high = (encode(pixels, kind="jpeg", quality=level) for level in (50, 95))
    assert len(low) < len(high) < len(png)
    assert Image.open(io.BytesIO(high)).format == "JPEG"


def test_near_hashes_are_found_among_many(rng: np.random.Generator) -> None:
    values = [int(value) for value in rng.integers(0, 2**63, 300, dtype=np.int64)]
    seen = SeenHashes(distance=2)
    for value in values:
        seen.add(value)
    assert all(seen.holds(value ^ 0b101) for value in values)
    assert not any(seen.holds(value ^ 0b111) for value in values)
    assert not SeenHashes(distance=2).holds(0)
