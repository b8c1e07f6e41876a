"""Images drawn on a GPU: near the CPU's, and the same whatever is drawn beside them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cogworks.synthesis.draw import Artist, Order
from cogworks.synthesis.pipeline import load_pipeline
from cogworks.synthesis.specs import DrawSpec

ORDERS = [Order(f"animal number {number}", number) for number in range(7)]


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_neighbours_do_not_show(
    pipeline_folder: Path, drawing: DrawSpec, precision: str, cuda: torch.device
) -> None:
    def artist(device: torch.device, precision: str) -> Artist:
        return Artist(load_pipeline(pipeline_folder, device=device, precision=precision), drawing)

    there = artist(cuda, precision)
    together = there.draw(ORDERS)
    backwards = there.draw(ORDERS[::-1])[::-1]
    alone = [there.draw([order])[0] for order in ORDERS]
    again = artist(cuda, precision).draw(ORDERS)
    here = artist(torch.device("cpu"), precision).draw(ORDERS)
    for first, *others in zip(together, backwards, alone, again, strict=True):
        assert first.finite
        assert all(np.array_equal(first.pixels, other.pixels) for other in others)
    # In the same precision, by which the noise differs.
    away = [
        np.abs(ours.pixels.astype(int) - theirs.pixels).mean()
        for ours, theirs in zip(together, here, strict=True)
    ]
    assert max(away) < {"float32": 1, "float16": 3, "bfloat16": 12}[precision]
