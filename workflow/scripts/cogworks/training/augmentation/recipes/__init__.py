"""The augmentation recipes: one file each, named after the `recipe` of a run's `augmentation`.

Imported while the DAG is planned: standard library only, in the recipes too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cogworks.core.registry import Registry


@dataclass(frozen=True)
class Colours:
    """How often the colours and the sharpness of a crop change, and by how much.

    Attributes:
        jitter_share: of the crops, those whose colours are jittered.
        jitter_range: brightness, contrast and saturation become up to so much weaker or stronger
            (0.4: by a factor of 0.6 to 1.4), at most by 0.8; the hue turns by up to so much of a
            full turn, at most a sixth.
        grey_share: of the crops, those that become grey.
        blur_share: likewise, blurred.
        blur_sigma: least and greatest standard deviation of the blur in pixels.
        solarise_share: likewise, solarised.
    """

    jitter_share: float = 0.0
    jitter_range: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    grey_share: float = 0.0
    blur_share: float = 0.0
    blur_sigma: tuple[float, float] = (0.0, 0.0)
    solarise_share: float = 0.0

    @property
    def change(self) -> bool:
        """Whether there is any change."""
        shares = (self.jitter_share, self.grey_share, self.blur_share, self.solarise_share)
        return any(share > 0 for share in shares)


# What a recipe does to `global` and to `local` crops.
Recipe = Mapping[str, Colours]
RECIPES: Registry[Recipe] = Registry(
    "cogworks.training.augmentation.recipes",
    "RECIPE",
    (
        "dino",
        "pytorch",
    ),
)
