"""DINO's changes of colour, which the thesis's recipes take (table C.1)."""

from dataclasses import replace

from cogworks.training.augmentation.recipes import Colours, Recipe

_GLOBAL = Colours(
    jitter_share=0.8,
    jitter_range=(0.4, 0.4, 0.2, 0.1),
    grey_share=0.2,
    blur_share=0.2,
    blur_sigma=(0.1, 2.0),
    solarise_share=0.2,
)
RECIPE: Recipe = {
    "global": _GLOBAL,
    "local": replace(_GLOBAL, blur_share=0.5, solarise_share=0.0),
}
