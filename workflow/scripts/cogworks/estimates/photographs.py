"""Made-up images that take as long to decode as photographs."""

import io

import numpy as np
from PIL import Image

# ImageNet's mean image.
WIDTH, HEIGHT = 500, 375


def photographs(number: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> list[bytes]:
    """Return JPEGs with the spectrum of photographs: noise at all scales, 4:2:0.

    Args:
        number: how many.
        size: their width and height.
    """
    rng = np.random.default_rng(0)
    images = []
    for _ in range(number):
        pixels = np.full((size[1], size[0], 3), 128.0)
        for level in range(2, 9):
            small = rng.normal(0, 60 * 0.7 ** (level - 2), (2**level * 3 // 4, 2**level, 3))
            layer = [Image.fromarray(small[..., c].astype(np.float32)) for c in range(3)]
            big = [np.asarray(c.resize(size, Image.Resampling.BICUBIC)) for c in layer]
            pixels += np.stack(big, axis=-1)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "jpeg", quality=90)
        images.append(buffer.getvalue())
    return images
