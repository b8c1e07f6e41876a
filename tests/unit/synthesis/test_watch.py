"""A generator that gives nothing of use stops after some images; one that varies goes on."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cogworks.core.errors import InputError
from cogworks.synthesis.draw import Drawing, Order
from cogworks.synthesis.produce import Producer, Slot
from cogworks.synthesis.shard import PartialShard
from cogworks.synthesis.specs import DrawSpec

Look = Callable[[int, Order], Drawing]


def picture(*seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def good(*seed: int) -> Drawing:
    return Drawing(picture(*seed), finite=True, flagged=False)


BLACK = np.zeros((16, 16, 3), np.uint8)
NAN = Drawing(picture(0), finite=False, flagged=False)
CONSTANT = Drawing(BLACK, finite=True, flagged=False)
FLAGGED = Drawing(BLACK, finite=True, flagged=True)


def draw(path: Path, spec: DrawSpec, look: Look, *, classes: int, each: int) -> int:
    """Fill a shard by `look`, which is given the number of the drawing; return how many it took."""
    numbers = itertools.count()

    def artist(orders: Sequence[Order]) -> list[Drawing]:
        return [look(next(numbers), order) for order in orders]

    slots = [
        Slot(label, f"n{label}", index, f"class {label}", None)
        for label in range(classes)
        for index in range(each)
    ]
    with PartialShard(path, kind="png") as shard:
        producer = Producer(slots, artist, spec, shard)
        try:
            producer.run(round_size=8, stopped=lambda: False)
        except InputError as error:
            raise InputError(f"{error} after {next(numbers)} drawings") from error
    return next(numbers)


@pytest.mark.parametrize(
    ("look", "named"),
    [
        (lambda *_: NAN, r"none of the last 64 images .*NaN.*float32.* after 64 drawings"),
        (lambda *_: CONSTANT, r"single colour.* after 64 drawings"),
        (lambda *_: FLAGGED, r"safety checker.* after 512 drawings"),
        (lambda n, _: NAN if n > 20 else good(n), r"NaN.* after 8[58] drawings"),
        (lambda *_: good(0), r"always the same picture.* after 24 drawings"),
        (
            lambda _, order: good(int(order.prompt.split()[1])),
            r"same picture for a prompt, whatever the seed.* after 24 drawings",
        ),
    ],
    ids=["nan", "constant", "flagged", "nan after a while", "one picture", "deaf to seeds"],
)
def test_a_hopeless_generator_stops_early(
    tmp_path: Path, drawing: DrawSpec, look: Look, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        draw(
            tmp_path / "s.tar",
            drawing.model_copy(update={"max_attempts": 5}),
            look,
            classes=4,
            each=1000,
        )


def test_one_picture_for_few_images(tmp_path: Path, drawing: DrawSpec) -> None:
    with pytest.raises(InputError, match="same picture whatever the prompt"):
        draw(tmp_path / "s.tar", drawing, lambda *_: good(0), classes=3, each=1)


@pytest.mark.parametrize(
    "look",
    [
        lambda n, _: NAN if n % 50 else good(n),
        lambda n, _: FLAGGED if n % 400 else good(n),
        lambda n, order: good(n % 60, int(order.prompt.split()[1])),
    ],
    ids=["mostly nan", "mostly flagged", "few pictures"],
)
def test_a_poor_generator_goes_on(tmp_path: Path, drawing: DrawSpec, look: Look) -> None:
    assert draw(tmp_path / "s.tar", drawing, look, classes=2, each=200) > 400


@pytest.mark.fault(
    "Numbers that are none",
    "a generator that gives nothing but NaN",
    how="all drawings of the VAE's from the 25th on",
)
def test_what_was_drawn_before_the_stop_is_kept(
    tmp_path: Path, drawing: DrawSpec, fault: Any
) -> None:
    def late(number: int, _: Order) -> Drawing:
        return NAN if number >= 24 else good(number)

    with fault.refused(match="nothing of use"):
        draw(tmp_path / "s.tar", drawing, late, classes=1, each=500)
    with PartialShard(tmp_path / "s.tar", kind="png") as shard:
        assert sum(placed.record.sha256 is not None for placed in shard.kept) == 24
    fault.lost("nothing: the 24 images before are kept")
