"""What a synset looks like: a random walk down its line of hypernyms.

Two independent Brownian motions run down the tree of `hierarchy`, with steps that belong to the
synsets passed, so that relatives share all steps down to their common ancestor:

- the *look*, a vector of 177 standardised attributes. The correlation of two concepts' looks
  is the share of their ways that they have in common: their Lin similarity;
- the *focus*, which says for each group of attributes (outline, texture, ...) how much of it
  belongs to the concept; the rest varies freely from instance to instance. It settles higher up
  in the tree than the look, so that relatives are told apart by the same groups of attributes.

Nothing here knows of seen concepts or of levels. An encoder trained on some concepts learns to
attend to what tells those apart, which helps the less, the further another concept is from them.
"""

import math
from dataclasses import dataclass

import numpy as np

from cogworks.core.seeds import derive_seed
from cogworks.images.world.hierarchy import Hierarchy

# Frequencies (half periods across the object) of the surface pattern, lowest first: half a plane.
PATTERN_WAVES = sorted(
    ((i, j) for i in range(5) for j in range(-4, 5) if i > 0 or j > 0),
    key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, wave),
)[:24]
# The pattern is the largest part of a look. It has a group for each band of frequencies and for
# light and colour, so that it is hardly ever all the concept's or all the instance's.
PATTERN_BANDS = ("coarse", "middle", "fine")
WAVES_A_BAND = len(PATTERN_WAVES) // len(PATTERN_BANDS)
GROUPS = {
    "contour": 6,
    "lobes": 6,
    "parts": 4,
    "weave": 3,
    "contrast": 2,
    "colour": 3,
    "second_colour": 3,
    "ground": 4,
    "rim": 2,
    **{f"{band}_light": WAVES_A_BAND * 2 for band in PATTERN_BANDS},
    **{f"{band}_hue": WAVES_A_BAND * 4 for band in PATTERN_BANDS},
}
SIZES = np.array(list(GROUPS.values()))
OFFSETS = dict(zip(GROUPS, np.concatenate([[0], np.cumsum(SIZES)[:-1]]).tolist(), strict=True))
N_ATTRIBUTES = int(SIZES.sum())

FOCUS_STRENGTH = 3.0
FOCUS_SETTLING = 3.0
FOCUS_RANGE = (0.05, 0.97)


@dataclass(frozen=True)
class Look:
    """A concept's look.

    Attributes:
        mean: what its instances have in common, (N_ATTRIBUTES,), unit variance over concepts.
        share: of the variance of each attribute over all images, the part that is due to the
            concept, (N_ATTRIBUTES,), in (0, 1).
    """

    mean: np.ndarray
    share: np.ndarray

    def instance(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one instance: its attributes (standard normal over all concepts), by group."""
        own = rng.standard_normal(N_ATTRIBUTES)
        values = np.sqrt(self.share) * self.mean + np.sqrt(1 - self.share) * own
        return {
            name: values[OFFSETS[name] : OFFSETS[name] + size].astype(np.float32)
            for name, size in GROUPS.items()
        }


def look_of(wnid: str, hierarchy: Hierarchy, *, seed: int, distinctness: float) -> Look:
    """Return the look of `wnid`.

    Args:
        wnid: a noun synset.
        hierarchy: the tree it stands in.
        seed: the world's seed.
        distinctness: mean over the groups of the share that is the concept's; every concept has
            the same, they differ in which groups.
    """
    mean = np.zeros(N_ATTRIBUTES)
    focus = np.zeros(len(GROUPS))
    height = 0.0
    for synset in hierarchy.line(wnid):
        top, height = height, hierarchy.height(synset)
        mean += math.sqrt(height - top) * _step(seed, "look", synset, N_ATTRIBUTES)
        step = math.sqrt(_settled(height) - _settled(top))
        focus += step * _step(seed, "focus", synset, len(GROUPS))
    share = _shares(FOCUS_STRENGTH * focus, distinctness)
    return Look(mean / math.sqrt(max(height, 1e-9)), np.repeat(share, SIZES))


def _step(seed: int, motion: str, synset: str, size: int) -> np.ndarray:
    return np.random.default_rng(derive_seed("world", seed, motion, synset)).standard_normal(size)


def _settled(height: float) -> float:
    """Return how far the focus has settled at `height`: early, since the tree is bushy below."""
    return 1.0 - (1.0 - height) ** FOCUS_SETTLING


def _shares(focus: np.ndarray, mean: float) -> np.ndarray:
    """Return shares that rise with `focus` within FOCUS_RANGE and have the given mean."""
    low, high = FOCUS_RANGE
    mean = min(max(mean, low + 1e-6), high - 1e-6)
    left, right = -40.0, 40.0
    for _ in range(50):
        offset = (left + right) / 2
        shares = low + (high - low) / (1 + np.exp(-(focus + offset)))
        left, right = (offset, right) if shares.mean() < mean else (left, offset)
    return shares
