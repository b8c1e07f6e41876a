"""Drawing images of the world: an object with outline, parts, surface and pose, on a ground.

Images are drawn some at a time. All fields are float32 arrays (B, S, S) or (B, S, S, 3) over
coordinates in [-1, 1], where B is the same for every call, so that the bytes of an image depend
neither on how many are drawn nor on which ones.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from cogworks.images.world.looks import PATTERN_PARTS, PATTERN_WAVES

# Pixels of a field: few enough for a processor's fast cache, many enough to outweigh the calls.
FIELD_PIXELS = 10 * 32**2
# Uniform numbers that an image takes.
CHANCES = 18
OUTLINE_STRENGTHS = np.array([0.10, 0.22, 0.18, 0.14, 0.12, 0.10], dtype=np.float32)
RADIUS = 0.55
PATTERN_STRENGTH = 0.35
NOISE = 0.04
# Rows: lightness, red against green-blue, yellow against blue.
COLOUR_AXES = np.array(
    [[0.18, 0.18, 0.18], [0.25, -0.16, -0.09], [0.09, 0.09, -0.22]], dtype=np.float32
)
# The same of the pattern, orthogonal and of equal strength.
PATTERN_AXES = np.array(
    [[0.58, 0.58, 0.58], [0.71, -0.71, 0], [0.41, 0.41, -0.82]], dtype=np.float32
)

# Attributes (B, n) by group, see `looks.GROUPS`.
Attributes = dict[str, np.ndarray]


class Canvas:
    """Draws images of one size, `batch` at a time."""

    def __init__(self, size: int, *, nuisance: float) -> None:
        """Lay out the coordinates.

        Args:
            size: width and height in pixels.
            nuisance: strength of pose, light, clutter, occlusion and noise; 0 is none.
        """
        self.batch = max(1, FIELD_PIXELS // size**2)
        self._size, self._nuisance = size, nuisance
        grid = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1).astype(np.float32)
        self._x, self._y = np.meshgrid(grid, grid)
        self._sharpness = 0.35 * size
        # Bilinear weights from a coarse 5 x 5 lattice to the pixels, for clutter.
        place = (grid + 1) * 2
        self._lattice = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(5, dtype=np.float32)))

    def draw(self, look: Attributes, rngs: Sequence[np.random.Generator]) -> np.ndarray:
        """Return the images of `batch` instances, uint8 (B, S, S, 3).

        Args:
            look: the instances' attributes.
            rngs: each image's own generator, for pose, light, clutter, occlusion and noise.
        """
        size = self._size
        chances = np.stack([rng.random(CHANCES, dtype=np.float32) for rng in rngs])
        clutter = np.stack([rng.standard_normal((5, 5, 3), dtype=np.float32) for rng in rngs])
        noise = np.stack([rng.standard_normal((size, size, 3), dtype=np.float32) for rng in rngs])
        pose, phases, ground, light, bar = np.split(chances, [5, 6, 8, 11], axis=1)
        x, y = self._pose(pose)
        radius = np.sqrt(x * x + y * y) + 1e-4
        depth = _outline(look, x, y, radius) - radius
        mask = _sigmoid(self._sharpness * depth)
        colours = _colour(look["colour"], 0.55), _colour(look["second_colour"], 0.45)
        surface = _weave(look, colours, x, y, phases[:, 0])
        surface += _pattern(look, x, y)
        surface *= (1 - _rim(look, depth))[..., None]
        part_mask = self._parts(look, x, y, radius)
        part_colour = 1 - 0.1 * colours[0] - 0.8 * colours[1]
        surface += part_mask[..., None] * (_over(part_colour) - surface)
        image = self._ground(look, ground, clutter)
        image += np.maximum(mask, part_mask)[..., None] * (surface - image)
        image *= self._light(light)[..., None]
        self._occlude(image, bar)
        image += NOISE * self._nuisance * noise
        return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)

    def _pose(self, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the object's own coordinates: shifted, turned, scaled, perhaps mirrored."""
        k = self._nuisance
        turn, grow, right, down = (
            (chances[:, :4] * 2 - 1) * np.array([0.5, 0.25, 0.25, 0.25], dtype=np.float32) * k
        ).T
        mirror = np.where((chances[:, 4] < 0.5) & (k > 0), np.float32(-1), np.float32(1))
        cos, sin = np.cos(turn) / (1 + grow), np.sin(turn) / (1 + grow)
        x, y = self._x - _over(right), self._y - _over(down)
        return _over(mirror) * (x * _over(cos) - y * _over(sin)), x * _over(sin) + y * _over(cos)

    def _parts(
        self, look: Attributes, x: np.ndarray, y: np.ndarray, radius: np.ndarray
    ) -> np.ndarray:
        """Return the mask of one to six discs on a ring."""
        number, ring, size, phase = ndtr(look["parts"]).T
        wedge = _over(2 * math.pi / (1 + np.minimum(np.floor(6 * number), 5)))
        angle = (np.arctan2(y, x) + _over(math.pi * phase)) % wedge - wedge / 2
        ring, size = _over(0.25 + 0.4 * ring), _over(0.06 + 0.12 * size)
        # Law of cosines: distance to the centre of the nearest disc.
        square = radius * radius + ring * ring - 2 * ring * radius * np.cos(angle)
        return _sigmoid(self._sharpness * (size - np.sqrt(np.maximum(square, 0))))

    def _ground(self, look: Attributes, chances: np.ndarray, clutter: np.ndarray) -> np.ndarray:
        """Return the backgrounds (B, S, S, 3): a colour, waves in a direction, clutter."""
        ground = look["ground"]
        direction, frequency = math.pi * ndtr(ground[:, 3]), 1 + 3 * chances[:, 0]
        phase = 2 * math.pi * chances[:, 1]
        along = self._along(math.pi * frequency, direction)
        waves = 0.15 * np.sin(along + _over(phase))
        # (B, 5, 5, 3) to (B, S, S, 3), axis by axis.
        rows = self._lattice @ (0.12 * self._nuisance * clutter).reshape(-1, 5, 15)
        low = self._lattice @ rows.reshape(-1, self._size, 5, 3)
        return _over(_colour(ground[:, :3], 0.5)) + waves[..., None] + low

    def _light(self, chances: np.ndarray) -> np.ndarray:
        """Return how bright each place is."""
        k = self._nuisance
        level, slope, direction = chances.T
        along = self._along(0.3 * k * slope, 2 * math.pi * direction)
        return _over(1 + 0.25 * k * (2 * level - 1)) + along

    def _occlude(self, image: np.ndarray, chances: np.ndarray) -> None:
        """Lay a bar of a random colour over some of the images."""
        chance, direction, offset, width = chances[:, :4].T
        across = self._along(np.ones_like(chance), 2 * math.pi * direction)
        reach = _over(0.05 + 0.1 * width) - np.abs(across - _over(1.2 * offset - 0.6))
        there = _over((chance < 0.35 * self._nuisance).astype(np.float32))
        mask = there * _sigmoid(self._sharpness * reach)
        image += mask[..., None] * (_over(chances[:, 4:7]) - image)

    def _along(self, strength: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Return fields that rise in a direction (B,), by `strength` (B,) over a distance of 1."""
        cos, sin = strength * np.cos(direction), strength * np.sin(direction)
        field: np.ndarray = self._x * _over(cos) + self._y * _over(sin)
        return field


def _outline(look: Attributes, x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return the object's radius in the direction of each pixel: a Fourier series of its logarithm.

    The first three harmonics are the contour, the next three the lobes.
    """
    pairs = np.concatenate([look["contour"], look["lobes"]], axis=1).reshape(-1, 6, 2)
    coefficients = ((pairs[..., 0] - 1j * pairs[..., 1]) * OUTLINE_STRENGTHS).astype(np.complex64)
    direction = (x + 1j * y) / radius
    series = np.zeros_like(direction)
    for coefficient in coefficients.T[::-1]:
        series = (series + _over(coefficient)) * direction
    return RADIUS * np.exp(np.clip(series.real, -1.2, 0.8))


def _weave(
    look: Attributes,
    colours: tuple[np.ndarray, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    phase: np.ndarray,
) -> np.ndarray:
    """Return the object's colours (B, S, S, 3): stripes or checks of two colours."""
    weave, contrast = look["weave"], look["contrast"]
    frequency = math.pi * (2 + 7 * ndtr(weave[:, 0]))
    direction = math.pi * ndtr(weave[:, 1])
    cos, sin = _over(frequency * np.cos(direction)), _over(frequency * np.sin(direction))
    checks, strength = _over(ndtr(2 * weave[:, 2])), _over(ndtr(1.5 * contrast[:, 1]))
    stripes = np.sin(x * cos + y * sin + _over(2 * math.pi * phase))
    woven = stripes * (1 - checks + 1.5 * checks * np.sin(y * cos - x * sin))
    second = strength * _sigmoid(6 * (woven - _over(0.6 * contrast[:, 0])))
    first, other = colours
    return _over(first) + second[..., None] * _over(other - first)


def _pattern(look: Attributes, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a band-limited colour field (B, S, S, 3) that is fixed to the object."""
    columns, rows = _powers(x), _powers(y)
    waves = np.empty((len(x), len(PATTERN_WAVES), x[0].size), dtype=np.complex64)
    for index, (i, j) in enumerate(PATTERN_WAVES):
        np.multiply(columns[i], rows[j] if j >= 0 else rows[-j].conj(), out=waves[:, index])
    values = np.concatenate([look[part] for part in PATTERN_PARTS], axis=1)
    values = values.reshape(len(x), len(PATTERN_WAVES), 2, 3) @ PATTERN_AXES
    coefficients = (values[:, :, 0] - 1j * values[:, :, 1]) * _WAVE_STRENGTHS[:, None]
    field = (coefficients.transpose(0, 2, 1).astype(np.complex64) @ waves).real
    return field.transpose(0, 2, 1).reshape(*x.shape, 3)


def _powers(place: np.ndarray) -> list[np.ndarray]:
    """Return the waves exp(pi i n place), (B, S S), for n from 0 to 4."""
    first = np.exp(1j * (math.pi * place.reshape(len(place), -1)))
    powers = [np.ones_like(first), first]
    for _ in range(3):
        powers.append(powers[-1] * first)
    return powers


# Longer waves are stronger; together they give the field PATTERN_STRENGTH standard deviations.
_WAVE_STRENGTHS = np.array([(i * i + j * j) ** -0.25 for i, j in PATTERN_WAVES], dtype=np.float32)
_WAVE_STRENGTHS *= PATTERN_STRENGTH / math.sqrt(float((_WAVE_STRENGTHS**2).sum()))


def _rim(look: Attributes, depth: np.ndarray) -> np.ndarray:
    """Return the darkness of a line along the outline."""
    rim = look["rim"]
    width = _over(0.02 + 0.1 * ndtr(rim[:, 0]))
    return _over(0.85 * ndtr(2 * rim[:, 1])) * np.exp(-((depth / width) ** 2))


def _colour(values: np.ndarray, middle: float) -> np.ndarray:
    """Return RGB colours (B, 3) from three standard normal values: lightness and two contrasts."""
    axes = np.concatenate([values[:, :1], np.tanh(values[:, 1:])], axis=1)
    return np.clip(middle + axes @ COLOUR_AXES, 0, 1)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def _over(values: np.ndarray) -> np.ndarray:
    """Return values (B, ...) for each image so that they go with its pixels (B, S, S, ...)."""
    return values[:, None, None]
