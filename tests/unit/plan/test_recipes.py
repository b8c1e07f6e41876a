import re

import pytest
from pydantic import ValidationError

from cogworks.config import training as config
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.plan import recipes
from cogworks.plan.recipes import Book, numbers
from cogworks.training import specs


def test_recipes_differ_as_named() -> None:
    base = numbers("imagenet", "base")
    assert base.augmentation.local_crops == 0
    assert not base.projector.enabled
    assert base.loss.kind == "cosine"
    assert numbers("imagenet", "base_9x_batch").optimizer.batch == 9 * 256
    long = numbers("imagenet", "base_800_epochs")
    assert long.optimizer.epochs == 800
    assert long.augmentation.global_scale == [0.05, 1.0]
    assert long.augmentation.local_crops == 0
    mlp = numbers("imagenet", "sl_mlp")
    assert (mlp.loss.kind, mlp.projector.normalize_input) == ("softmax", False)
    assert mlp.projector.layers == 1
    look = numbers("imagenet", "look")
    assert (look.loss.kind, look.loss.memory, look.loss.k) == ("look", 65536, 200)
    assert look.projector == numbers("imagenet", "trex_1").projector
    assert numbers("imagenet", "trex_1") == numbers("imagenet", "base_mc_pr")
    assert numbers("imagenet", "trex_star") == numbers("imagenet", "trex_1_ocm")
    for size in (2048, 4096, 8192, 16384, 32768, 65536, 131072):
        assert numbers("imagenet", f"memory_{size}").loss.memory == size
    assert numbers("imagenet", "ema_0").loss.ema_momentum == 0


def test_a_scale_keeps_the_recipe() -> None:
    base, trex = numbers("px64", "base"), numbers("px64", "trex")
    assert base.augmentation.local_crops == 0
    assert trex.projector.layers == 3
    assert base.backbone.name == "small_resnet"
    assert numbers("px32", "trex").augmentation.global_size == 32
    assert numbers("px32", "trex").backbone.image_size == 32


@pytest.mark.parametrize("recipe", recipes.names("recipes"))
@pytest.mark.parametrize("scale", recipes.names("scales"))
def test_every_recipe_is_whole_at_every_scale(scale: str, recipe: str) -> None:
    """Every number is there, of its type, within the bounds that the config has for it."""
    found = numbers(scale, recipe).model_dump()
    del found["backbone"]["image_size"]
    assert config.Numbers.model_validate(found).model_dump() == found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"optimizer": {"epochs": 0}}, "optimizer.epochs"),
        ({"optimizer": {"epoch": 3}}, "optimizer.epoch"),
        ({"loss": {"kind": "cosin"}}, "loss.kind"),
        ({"seed": 3}, "seed"),
    ],
)
def test_what_a_recipe_sets_is_checked(changes: dict[str, object], problem: str) -> None:
    book = load_yaml(recipes.BOOK)
    book["recipes"]["base"]["set"] = changes
    with pytest.raises(ValidationError, match=rf"recipes.base.set.{re.escape(problem)}\n"):
        Book.model_validate(book)


def test_a_training_gets_every_number_of_the_config() -> None:
    def keys(numbers: type) -> dict[str, set[str]]:
        groups = {name: field.annotation for name, field in numbers.model_fields.items()}
        return {name: set(getattr(group, "model_fields", ())) for name, group in groups.items()}

    given = keys(specs.Numbers)
    given["backbone"].remove("image_size")  # that of the crops
    assert given == keys(config.Numbers)


@pytest.mark.parametrize(
    ("scale", "recipe", "problem"),
    [
        ("big", "base", "'big' is not one of the scales; known: imagenet, px64, px32"),
        ("px64", "bas", "'bas' is not one of the recipes; known: base, base_9x_batch, "),
    ],
)
def test_an_unknown_name_is_an_error(scale: str, recipe: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        numbers(scale, recipe)
