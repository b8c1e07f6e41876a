"""An image is a function of its prompt and its seed, whatever is drawn beside it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.synthesis.draw import Artist, Order, image_seed
from cogworks.synthesis.pipeline import load_pipeline

ORDERS = [Order(f"animal number {number}", number) for number in range(7)]


@pytest.fixture(scope="module")
def pipe(pipeline_folder: Path) -> Any:
    return load_pipeline(pipeline_folder, device=torch.device("cpu"))


@pytest.mark.parametrize("scheduler", [None, "euler_ancestral"])
def test_neighbours_do_not_show(
    pipeline_folder: Path, drawing: dict[str, Any], scheduler: str | None
) -> None:
    pipe = load_pipeline(pipeline_folder, device=torch.device("cpu"), scheduler=scheduler)
    artist = Artist(pipe, drawing)
    together = artist.draw(ORDERS)
    backwards = artist.draw(ORDERS[::-1])[::-1]
    alone = [artist.draw([order])[0] for order in ORDERS]
    for first, second, third in zip(together, backwards, alone, strict=True):
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.pixels, third.pixels)


def test_prompt_seed_and_guidance_show(pipe: Any, drawing: dict[str, Any]) -> None:
    def pixels(order: Order, **change: Any) -> bytes:
        return Artist(pipe, drawing | change).draw([order])[0].pixels.tobytes()

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


def test_guidance_of_one_skips_half_of_the_work(pipe: Any, drawing: dict[str, Any]) -> None:
    rows: list[int] = []
    handle = pipe.unet.register_forward_pre_hook(lambda _, args: rows.append(len(args[0])))
    for guidance in (0.0, 1.0, 2.0):
        Artist(pipe, drawing | {"guidance": guidance}).draw(ORDERS[:2])
    handle.remove()
    calls = drawing["steps"] + 1  # PNDM takes one more
    batch = drawing["padded_batch"]
    assert rows == [batch] * 2 * calls + [2 * batch] * calls


def test_a_broken_decoder_is_noticed(pipe: Any, drawing: dict[str, Any]) -> None:
    artist = Artist(pipe, drawing)
    bias = pipe.vae.decoder.layers[-1].bias.data
    kept = bias.clone()
    bias.fill_(torch.nan)
    images = artist.draw(ORDERS[:2])
    bias.copy_(kept)
    assert [image.finite for image in images] == [False, False]
    assert artist.draw(ORDERS[:1])[0].finite


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
