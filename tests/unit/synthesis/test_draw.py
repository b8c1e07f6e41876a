"""An image is a function of its prompt and its seed, whatever is drawn beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.synthesis import quality
from cogworks.synthesis.draw import Artist, Order, image_seed
from cogworks.synthesis.pipeline import load_pipeline
from cogworks.synthesis.specs import DrawSpec

ORDERS = [Order(f"animal number {number}", number) for number in range(7)]


@pytest.fixture(scope="module")
def pipe(pipeline_folder: Path) -> Any:
    return load_pipeline(pipeline_folder, device=torch.device("cpu"))


@pytest.mark.parametrize("scheduler", [None, "euler_ancestral"])
def test_neighbours_do_not_show(
    pipeline_folder: Path, drawing: DrawSpec, scheduler: str | None
) -> None:
    pipe = load_pipeline(pipeline_folder, device=torch.device("cpu"), scheduler=scheduler)
    artist = Artist(pipe, drawing)
    together = artist.draw(ORDERS)
    backwards = artist.draw(ORDERS[::-1])[::-1]
    alone = [artist.draw([order])[0] for order in ORDERS]
    for first, second, third in zip(together, backwards, alone, strict=True):
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.pixels, third.pixels)


def test_prompt_seed_and_guidance_show(pipe: Any, drawing: DrawSpec) -> None:
    def pixels(order: Order, **change: Any) -> bytes:
        return Artist(pipe, drawing.model_copy(update=change)).draw([order])[0].pixels.tobytes()

    order = Order("tabby cat", 1)
    images = [
        pixels(order),
        pixels(Order("fire coal", 1)),
        pixels(Order("tabby cat", 2)),
        pixels(order, guidance=7.5),
        pixels(order, guidance=1.0),
        pixels(order, negative_prompt="dog"),
        pixels(order, steps=3),
    ]
    assert len(set(images)) == len(images)


def test_guidance_of_one_skips_half_of_the_work(pipe: Any, drawing: DrawSpec) -> None:
    rows: list[int] = []
    handle = pipe.unet.register_forward_pre_hook(lambda _, args: rows.append(len(args[0])))
    for guidance in (0.0, 1.0, 2.0):
        Artist(pipe, drawing.model_copy(update={"guidance": guidance})).draw(ORDERS[:2])
    handle.remove()
    calls = drawing.steps + 1  # PNDM takes one more
    batch = drawing.padded_batch
    assert rows == [batch] * 2 * calls + [2 * batch] * calls


def row_of(value: float, row: int) -> Callable[..., torch.Tensor]:
    """Return a hook that puts `value` into one place of a row of a module's output."""

    def spoil(_: Any, __: Any, output: torch.Tensor) -> torch.Tensor:
        spoiled = output.clone()
        spoiled[row, 0, 0, 0] = value
        return spoiled

    return spoil


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.fault(
    "Numbers that are none",
    "an image of the VAE's that is NaN or infinite",
    how="one such number in the VAE's output for one image of a batch",
)
def test_what_the_clamp_hides_is_noticed(
    pipe: Any, drawing: DrawSpec, fault: Any, value: float
) -> None:
    artist = Artist(pipe, drawing)
    handle = pipe.vae.decoder.register_forward_hook(row_of(value, 1))
    images = artist.draw(ORDERS[:3])
    handle.remove()
    assert [image.finite for image in images] == [True, False, True]
    fault.seen(f"counted as `{quality.fault(images[1])}`, and drawn again from another seed")
    assert all(image.finite for image in artist.draw(ORDERS[:3]))
    fault.lost("nothing but that attempt: the others of the batch are kept")


def test_slices_of_a_batch_keep_their_places(pipe: Any, drawing: DrawSpec) -> None:
    calls: list[int] = []

    def spoil(*args: Any) -> torch.Tensor:
        calls.append(1)
        return row_of(torch.inf if len(calls) == 2 else 0.0, 0)(*args)

    handle = pipe.vae.decoder.register_forward_hook(spoil)
    pipe.vae.enable_slicing()
    images = Artist(pipe, drawing).draw(ORDERS[:3])
    pipe.vae.disable_slicing()
    handle.remove()
    assert len(calls) == drawing.padded_batch
    assert [image.finite for image in images] == [True, False, True]


def test_a_latent_that_is_infinite_is_noticed(pipe: Any, drawing: DrawSpec) -> None:
    def overflow(_: Any, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        latents = inputs[0].clone()
        latents[0] = torch.inf
        return (latents,)

    # A decoder that makes numbers of infinities all the same.
    before = pipe.vae.decoder.register_forward_pre_hook(overflow)
    after = pipe.vae.decoder.register_forward_hook(lambda _, __, out: torch.nan_to_num(out, 0.1))
    images = Artist(pipe, drawing).draw(ORDERS[:2])
    before.remove()
    after.remove()
    assert [image.finite for image in images] == [False, True]


def test_another_size_than_asked_for_is_refused(pipe: Any, drawing: DrawSpec) -> None:
    handle = pipe.vae.decoder.register_forward_hook(lambda _, __, out: out[..., :8, :])
    with pytest.raises(InputError, match="draws 16 x 8 pixels where 16 x 16 are asked for"):
        Artist(pipe, drawing).draw(ORDERS[:1])
    handle.remove()
    with pytest.raises(InputError, match=r"cannot draw with these settings: .*divisible by"):
        Artist(pipe, drawing.model_copy(update={"width": 20})).draw(ORDERS[:1])


def test_no_negative_prompt_is_the_pipelines_own(pipe: Any, drawing: DrawSpec) -> None:
    """SDXL has zeros for no text, and latent consistency models know no negative prompt."""
    given: list[Any] = []
    whole = type(pipe).__call__

    def call(*args: Any, **options: Any) -> Any:
        given.append(options.get("negative_prompt"))
        return whole(*args, **options)

    with mock.patch.object(type(pipe), "__call__", call):
        Artist(pipe, drawing).draw(ORDERS[:1])
        Artist(pipe, drawing.model_copy(update={"negative_prompt": "dog"})).draw(ORDERS[:1])
    assert given == [None, ["dog"] * drawing.padded_batch]


def test_seeds_differ_by_class_number_and_attempt() -> None:
    seeds = {
        image_seed(root, wnid, index, attempt)
        for root in (0, 1)
        for wnid in ("n1", "n2")
        for index in range(50)
        for attempt in range(3)
    }
    assert len(seeds) == 2 * 2 * 50 * 3
    assert max(seeds) < 2**63
