"""What a synset looks like: a random walk down its line of hypernyms.

Two independent Brownian motions run down the tree of `hierarchy`, with steps that belong to the
synsets passed, so that relatives share all steps down to their common ancestor:

- the *look*, a vector of 177 standardised attributes. The correlation of two concepts' looks
  is the share of their ways that they have in common: their Lin similarity;
- the *focus*, which says for each group of attributes (outline, colour, ...) how much of it
  belongs to the concept; the rest varies freely from instance to instance. It settles high up in
  the tree, so that a family of concepts is told apart by the same groups of attributes.

All concepts are equally distinct: they differ in the groups of attributes on which they spend what
is theirs, in the drawing as in the pattern of its surface, which is the larger part of a look.

Nothing here knows of seen concepts or of levels. An encoder trained on some concepts learns to
attend to what tells those apart, and to overlook the rest. That helps the less, the further another
concept is from them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cogworks.core.seeds import derive_seed
from cogworks.images.world.hierarchy import Hierarchy

# Frequencies (periods across the image) of the surface pattern, lowest first: half a plane.
_WAVES = sorted(
    ((i, j) for i in range(5) for j in range(-4, 5) if i > 0 or j > 0),
    key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, wave),
)[:24]
# Each part of the pattern has coarse and fine waves, so that all are equally easy to see.
PATTERN_PARTS = [f"pattern_{part}" for part in range(6)]
PATTERN_WAVES = [
    wave for part in range(len(PATTERN_PARTS)) for wave in _WAVES[part :: len(PATTERN_PARTS)]
]
DRAWING = {
    "contour": 6,
    "lobes": 6,
    "parts": 4,
    "weave": 3,
    "contrast": 2,
    "colour": 3,
    "second_colour": 3,
    "ground": 4,
    "rim": 2,
}
# For each wave its cosine and its sine, in light and in two hues.
PATTERN = dict.fromkeys(PATTERN_PARTS, 6 * len(PATTERN_WAVES) // len(PATTERN_PARTS))
GROUPS = DRAWING | PATTERN
SIZES = np.array(list(GROUPS.values()))
OFFSETS = dict(zip(GROUPS, np.concatenate([[0], np.cumsum(SIZES)[:-1]]).tolist(), strict=True))
N_ATTRIBUTES = int(SIZES.sum())

FOCUS_STRENGTH = 3.0
FOCUS_SETTLING = 6.0
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

    def instances(self, rngs: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
        """Draw an instance from each generator: attributes (B, n), float32, by group.

        Over all concepts each attribute is standard normal.
        """
        own = np.stack([rng.standard_normal(N_ATTRIBUTES, dtype=np.float32) for rng in rngs])
        common = (np.sqrt(self.share) * self.mean).astype(np.float32)
        values = common + np.sqrt(1 - self.share).astype(np.float32) * own
        return {
            name: values[:, OFFSETS[name] : OFFSETS[name] + size] for name, size in GROUPS.items()
        }


def look_of(wnid: str, hierarchy: Hierarchy, *, seed: int, distinctness: float) -> Look:
    """Return the look of `wnid`.

    Args:
        wnid: a noun synset.
        hierarchy: the tree it stands in.
        seed: the world's seed.
        distinctness: the share that is the concept's, as the mean over the groups of the drawing
            and over those of the pattern.
    """
    mean = np.zeros(N_ATTRIBUTES)
    focus = np.zeros(len(GROUPS))
    height = 0.0
    for synset in hierarchy.line(wnid):
        top, height = height, hierarchy.height(synset)
        mean += math.sqrt(height - top) * _step(seed, "look", synset, N_ATTRIBUTES)
        step = math.sqrt(_settled(height) - _settled(top))
        focus += step * _step(seed, "focus", synset, len(GROUPS))
    drawing, pattern = np.split(FOCUS_STRENGTH * focus, [len(DRAWING)])
    share = np.concatenate([_shares(drawing, distinctness), _shares(pattern, distinctness)])
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
