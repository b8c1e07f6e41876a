"""Drawing one image of the world: an object with outline, parts, surface and pose, on a ground.

All fields are float32 arrays (S, S) or (S, S, 3) over coordinates in [-1, 1]. An image is drawn on
its own, from its own generator, so that its bytes depend on nothing but its arguments.
"""

import math

import numpy as np

from cogworks.images.world.looks import PATTERN_BANDS, PATTERN_WAVES

OUTLINE_STRENGTHS = np.array([0.10, 0.22, 0.18, 0.14, 0.12, 0.10], dtype=np.float32)
RADIUS = 0.55
PATTERN_STRENGTH = 0.35
NOISE = 0.04
# Rows: lightness, red against green-blue, yellow against blue.
COLOUR_AXES = np.array(
    [[0.18, 0.18, 0.18], [0.25, -0.16, -0.09], [0.09, 0.09, -0.22]], dtype=np.float32
)


class Canvas:
    """Draws images of one size."""

    def __init__(self, size: int, *, nuisance: float) -> None:
        """Lay out the coordinates.

        Args:
            size: width and height in pixels.
            nuisance: strength of pose, light, clutter, occlusion and noise; 0 is none.
        """
        self._nuisance = nuisance
        grid = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1).astype(np.float32)
        self._x, self._y = np.meshgrid(grid, grid)
        self._sharpness = np.float32(0.35 * size)
        # Bilinear weights from a coarse 5 x 5 lattice to the pixels, for clutter.
        place = (grid + 1) * 2
        self._lattice = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(5, dtype=np.float32)))

    def draw(self, look: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
        """Return the image of an instance, uint8 (S, S, 3).

        Args:
            look: the instance's attributes by group (`Look.instance`).
            rng: the image's own generator, for pose, light, clutter, occlusion and noise.
        """
        x, y = self._pose(rng)
        radius = np.hypot(x, y) + np.float32(1e-4)
        depth = _outline(look, x, y, radius) - radius
        mask = _sigmoid(self._sharpness * depth)
        surface = _surface(look, x, y, rng)
        surface *= (1 - _rim(look, depth))[..., None]
        part_mask, part_colour = self._parts(look, x, y, radius)
        surface += part_mask[..., None] * (part_colour - surface)
        image = self._ground(look, rng)
        image += np.maximum(mask, part_mask)[..., None] * (surface - image)
        self._light(image, rng)
        self._occlude(image, rng)
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        image += np.float32(NOISE * self._nuisance) * noise
        return (np.clip(image, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)

    def _pose(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the object's own coordinates: shifted, turned, scaled, perhaps mirrored."""
        k = self._nuisance
        turn, grow, right, down = rng.uniform(-1, 1, 4) * (0.5 * k, 0.25 * k, 0.25 * k, 0.25 * k)
        mirror = -1.0 if rng.random() < 0.5 * min(k, 1.0) else 1.0
        cos, sin = math.cos(turn) / (1 + grow), math.sin(turn) / (1 + grow)
        x, y = self._x - np.float32(right), self._y - np.float32(down)
        return np.float32(mirror) * (x * _f(cos) - y * _f(sin)), x * _f(sin) + y * _f(cos)

    def _parts(
        self, look: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, radius: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mask (S, S) and colour (3,) of one to six discs on a ring."""
        number, ring, size, phase = (_share(value) for value in look["parts"])
        wedge = 2 * math.pi / (1 + min(int(6 * number), 5))
        angle = (np.arctan2(y, x) + _f(math.pi * phase)) % _f(wedge) - _f(wedge / 2)
        ring, size = 0.25 + 0.4 * ring, 0.06 + 0.12 * size
        # Law of cosines: distance to the centre of the nearest disc.
        square = radius**2 + _f(ring**2) - _f(2 * ring) * radius * np.cos(angle)
        mask = _sigmoid(self._sharpness * (_f(size) - np.sqrt(np.maximum(square, 0))))
        colours = _colour(look["colour"], 0.55), _colour(look["second_colour"], 0.45)
        return mask, 1 - 0.1 * colours[0] - 0.8 * colours[1]

    def _ground(self, look: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
        """Return the background (S, S, 3): a colour, waves in a direction, clutter."""
        ground = look["ground"]
        direction, frequency = math.pi * _share(ground[3]), rng.uniform(1, 4)
        along = self._x * _f(math.cos(direction)) + self._y * _f(math.sin(direction))
        waves = _f(0.15) * np.sin(_f(math.pi * frequency) * along + _f(rng.uniform(0, 2 * math.pi)))
        clutter = rng.standard_normal((5, 5, 3), dtype=np.float32) * _f(0.12 * self._nuisance)
        low = np.einsum("ya,abc,xb->yxc", self._lattice, clutter, self._lattice, optimize=True)
        return _colour(ground[:3], 0.5) + waves[..., None] + low

    def _light(self, image: np.ndarray, rng: np.random.Generator) -> None:
        k = self._nuisance
        level, slope, direction = rng.uniform(1 - 0.25 * k, 1 + 0.25 * k), *rng.uniform(0, 1, 2)
        angle = 2 * math.pi * direction
        along = self._x * _f(math.cos(angle)) + self._y * _f(math.sin(angle))
        image *= (_f(level) + _f(0.3 * k * slope) * along)[..., None]

    def _occlude(self, image: np.ndarray, rng: np.random.Generator) -> None:
        """Lay a bar of a random colour over some of the images."""
        chance, direction, offset, width = rng.random(4)
        colour = rng.random(3, dtype=np.float32)
        if chance >= 0.35 * self._nuisance:
            return
        angle = 2 * math.pi * direction
        across = self._x * _f(math.cos(angle)) + self._y * _f(math.sin(angle))
        reach = _f(0.05 + 0.1 * width) - np.abs(across - _f(1.2 * offset - 0.6))
        image += _sigmoid(self._sharpness * reach)[..., None] * (colour - image)


def _outline(
    look: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, radius: np.ndarray
) -> np.ndarray:
    """Return the object's radius in the direction of each pixel: a Fourier series of its logarithm.

    The first three harmonics are the contour, the next three the lobes.
    """
    pairs = np.concatenate([look["contour"], look["lobes"]]).reshape(6, 2)
    coefficients = (pairs[:, 0] - 1j * pairs[:, 1]) * OUTLINE_STRENGTHS
    direction = (x + 1j * y) / radius
    series = np.zeros_like(direction)
    for coefficient in coefficients[::-1].astype(np.complex64):
        series = (series + coefficient) * direction
    return _f(RADIUS) * np.exp(np.clip(series.real, _f(-1.2), _f(0.8)))


def _surface(
    look: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the object's colours (S, S, 3): a weave of two colours and a pattern of waves."""
    frequency, direction = 2 + 7 * _share(look["weave"][0]), math.pi * _share(look["weave"][1])
    checks, strength = _share(2 * look["weave"][2]), _share(1.5 * look["contrast"][1])
    u = x * _f(math.cos(direction)) + y * _f(math.sin(direction))
    v = y * _f(math.cos(direction)) - x * _f(math.sin(direction))
    stripes = np.sin(_f(math.pi * frequency) * u + _f(rng.uniform(0, 2 * math.pi)))
    weave = stripes * (_f(1 - checks) + _f(1.5 * checks) * np.sin(_f(math.pi * frequency) * v))
    second = _f(strength) * _sigmoid(6 * (weave - _f(0.6 * look["contrast"][0])))
    colour = _colour(look["colour"], 0.55)
    other = _colour(look["second_colour"], 0.45)
    return colour + second[..., None] * (other - colour) + _pattern(look, x, y)


def _pattern(look: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a band-limited colour field (S, S, 3) that is fixed to the object."""
    columns, rows = _powers(x), _powers(y)
    waves = np.empty((len(PATTERN_WAVES), x.size), dtype=np.complex64)
    for wave, (i, j) in zip(waves, PATTERN_WAVES, strict=True):
        np.multiply(columns[i], rows[j] if j >= 0 else rows[-j].conj(), out=wave)
    # (waves, cosine and sine, light and two hues)
    light = np.concatenate([look[f"{band}_light"].reshape(-1, 2, 1) for band in PATTERN_BANDS])
    hue = np.concatenate([look[f"{band}_hue"].reshape(-1, 2, 2) for band in PATTERN_BANDS])
    values = np.concatenate([light, hue], axis=2) @ _PATTERN_AXES
    coefficients = (values[:, 0] - 1j * values[:, 1]) * _WAVE_STRENGTHS[:, None]
    field = (coefficients.T.astype(np.complex64) @ waves).real
    return field.T.reshape(*x.shape, 3)


def _powers(place: np.ndarray) -> list[np.ndarray]:
    """Return the flattened waves exp(pi i n place) for n from 0 to 4."""
    first = np.exp(1j * (_f(math.pi) * place.ravel()))
    powers = [np.ones_like(first), first]
    for _ in range(3):
        powers.append(powers[-1] * first)
    return powers


# Longer waves are stronger; together they give the field PATTERN_STRENGTH standard deviations.
_WAVE_STRENGTHS = np.array([(i * i + j * j) ** -0.25 for i, j in PATTERN_WAVES], dtype=np.float32)
# Orthogonal axes of equal strength: grey, red against green, yellow against blue.
_PATTERN_AXES = (
    np.array([[1, 1, 1], [1.22, -1.22, 0], [0.71, 0.71, -1.41]], dtype=np.float32) / 1.73
)
_WAVE_STRENGTHS *= PATTERN_STRENGTH / math.sqrt(float((_WAVE_STRENGTHS**2).sum()))


def _rim(look: dict[str, np.ndarray], depth: np.ndarray) -> np.ndarray:
    """Return the darkness (S, S) of a line along the outline."""
    width, strength = 0.02 + 0.1 * _share(look["rim"][0]), 0.85 * _share(2 * look["rim"][1])
    return _f(strength) * np.exp(-((depth / _f(width)) ** 2))


def _colour(values: np.ndarray, middle: float) -> np.ndarray:
    """Return an RGB colour (3,) from three standard normal values: lightness and two contrasts."""
    axes = np.array([values[0], math.tanh(values[1]), math.tanh(values[2])], dtype=np.float32)
    return np.clip(_f(middle) + axes @ COLOUR_AXES, 0, 1)


def _share(value: float) -> float:
    """Return a standard normal value as its quantile, in (0, 1)."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, _f(-30), _f(30))))


def _f(value: float) -> np.float32:
    """Return a Python number as float32, so that fields stay float32."""
    return np.float32(value)
