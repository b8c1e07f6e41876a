"""Crops and flips alone, as PyTorch's example for ImageNet has them."""

from cogworks.training.augmentation.recipes import Colours, Recipe

RECIPE: Recipe = {"global": Colours(), "local": Colours()}
