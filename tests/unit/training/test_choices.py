import numpy as np
import pytest
import torch
from torchvision.transforms import RandomResizedCrop

from cogworks.training.augmentation.choices import (
    UNIFORMS,
    Choices,
    CropKind,
    choose,
    crop_kinds,
    draw_choices,
)
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.specs import Augmentation

DINO, PYTORCH = RECIPES.load("dino"), RECIPES.load("pytorch")
GLOBAL = CropKind("global", 2, 24, (0.4, 1.0), DINO["global"])
LOCAL = CropKind("local", 3, 12, (0.05, 0.4), DINO["local"])


def draw(epoch: int = 0, indices: list[int] | None = None, seed: int = 0) -> list[Choices]:
    indices = [5, 9, 2] if indices is None else indices
    return draw_choices(
        [GLOBAL, LOCAL],
        seed=seed,
        epoch=epoch,
        indices=np.array(indices),
        heights=np.full(len(indices), 30),
        widths=np.full(len(indices), 40),
    )


def many(kind: CropKind, count: int, height: int = 375, width: int = 500) -> Choices:
    uniforms = np.random.default_rng(0).random((count, 1, UNIFORMS))
    return choose(uniforms, kind, np.full(count, height), np.full(count, width))


def row(choices: Choices, index: int) -> list[np.ndarray]:
    return [value[index] for name, value in vars(choices).items() if name != "image"]


def test_an_image_has_its_crops_whatever_its_company() -> None:
    together, alone = draw(), draw(indices=[2])
    for kind, (many_, one) in zip((GLOBAL, LOCAL), zip(together, alone, strict=True), strict=True):
        for crop in range(kind.count):
            for a, b in zip(row(many_, crop * 3 + 2), row(one, crop), strict=True):
                assert np.array_equal(a, b)


def test_epochs_seeds_images_and_crops_differ() -> None:
    boxes = [draw()[1].box, draw(epoch=1)[1].box, draw(seed=1)[1].box]
    assert not np.array_equal(boxes[0], boxes[1])
    assert not np.array_equal(boxes[0], boxes[2])
    factors = draw()[0].factors[draw()[0].order[:, 0] >= 0]
    assert len(np.unique(factors[:, 0])) == len(factors)
    assert np.array_equal(draw()[1].box, draw()[1].box)


def test_order_of_crops() -> None:
    first, second = draw()
    assert first.image.tolist() == [0, 1, 2] * 2
    assert second.image.tolist() == [0, 1, 2] * 3


@pytest.mark.parametrize("scale", [(0.05, 0.4), (0.4, 1.0)])
@pytest.mark.parametrize(("height", "width"), [(375, 500), (500, 200), (20, 300)])
def test_boxes_have_torchvisions_distribution(
    scale: tuple[float, float], height: int, width: int
) -> None:
    count = 4000
    ours = many(CropKind("global", 1, 24, scale, DINO["global"]), count, height, width).box
    torch.manual_seed(0)
    image = torch.empty(3, height, width)
    theirs = np.array(
        [RandomResizedCrop.get_params(image, list(scale), [3 / 4, 4 / 3]) for _ in range(count)]
    )
    assert (ours[:, :2] >= 0).all()
    assert (ours[:, 0] + ours[:, 2] <= height).all()
    assert (ours[:, 1] + ours[:, 3] <= width).all()
    for measure in (lambda b: b, lambda b: b[:, 2:] ** 2.0, lambda b: (b[:, 2] * b[:, 3])[:, None]):
        a, b = measure(ours), measure(theirs)
        error = np.sqrt((a.var(0) + b.var(0)) / count)
        assert (np.abs(a.mean(0) - b.mean(0)) <= 4.5 * error + 1e-9).all()


def test_shares_and_ranges_of_dino() -> None:
    count = 20000
    for kind, blur, solarise in ((GLOBAL, 0.2, 0.2), (LOCAL, 0.5, 0.0)):
        choices = many(kind, count)
        jittered = choices.order[:, 0] >= 0
        for found, expected in (
            (choices.flip, 0.5),
            (jittered, 0.8),
            (choices.grey, 0.2),
            (choices.sigma > 0, blur),
            (choices.solarise, solarise),
        ):
            assert found.mean() == pytest.approx(expected, abs=0.015)
        factors = choices.factors[jittered]
        middle, reach = np.array([1, 1, 1, 0]), np.array([0.4, 0.4, 0.2, 0.1])
        np.testing.assert_allclose(factors.mean(0), middle, atol=0.01)
        np.testing.assert_allclose(factors.min(0), middle - reach, atol=0.001)
        np.testing.assert_allclose(factors.max(0), middle + reach, atol=0.001)
        np.testing.assert_allclose(factors.std(0), reach / np.sqrt(3), rtol=0.02)
        assert (choices.factors[~jittered] == middle).all()
        orders, counts = np.unique(choices.order[jittered], axis=0, return_counts=True)
        assert len(orders) == 24
        assert counts.min() > 0.8 * counts.mean()
        sigma = choices.sigma[choices.sigma > 0]
        assert sigma.min() == pytest.approx(0.1, abs=0.01)
        assert sigma.max() == pytest.approx(2.0, abs=0.01)
        assert sigma.mean() == pytest.approx(1.05, abs=0.03)


def test_pytorch_recipe_only_cuts_and_flips() -> None:
    choices = many(CropKind("global", 1, 24, (0.08, 1.0), PYTORCH["global"]), 500)
    assert (choices.order == -1).all()
    for changed in (choices.grey, choices.sigma, choices.solarise):
        assert not changed.any()
    assert 0.4 < choices.flip.mean() < 0.6


def test_kinds_of_a_spec() -> None:
    spec = Augmentation(
        recipe="pytorch",
        implementation="fast",
        global_crops=1,
        global_size=24,
        global_scale=[0.4, 1.0],
        local_crops=0,
        local_size=12,
        local_scale=[0.05, 0.4],
        mean=[0.5, 0.5, 0.5],
        std=[0.2, 0.2, 0.2],
    )
    assert crop_kinds(spec) == [CropKind("global", 1, 24, (0.4, 1.0), PYTORCH["global"])]
    both = crop_kinds(spec.model_copy(update={"recipe": "dino", "local_crops": 8}))
    assert both[1] == CropKind("local", 8, 12, (0.05, 0.4), DINO["local"])


def test_recipes_say_whether_colours_change() -> None:
    assert all(colours.change for colours in DINO.values())
    assert not any(colours.change for colours in PYTORCH.values())
