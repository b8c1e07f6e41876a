"""The order of batches, redraws and interruptions must not show in a shard."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from cogworks.synthesis.draw import Drawing, Order, image_seed
from cogworks.synthesis.produce import Producer, Slot
from cogworks.synthesis.shard import PartialShard, read_shard
from cogworks.synthesis.specs import DrawSpec

SLOTS = [
    Slot(label, wnid, index, f"prompt {wnid}", None)
    for label, (wnid, count) in enumerate([("n1", 7), ("n2", 1), ("n3", 9)])
    for index in range(count)
]
# What the false artist does to single attempts, by (wnid, index, attempt).
FAULTS = {
    ("n1", 0, 0): "nsfw",
    ("n1", 3, 0): "non_finite",
    ("n1", 3, 1): "constant",
    ("n3", 4, 0): "constant",
    ("n3", 4, 1): "constant",
    ("n3", 4, 2): "constant",
}
# Attempts that look like an attempt of another image.
COPIES = {
    ("n1", 2, 0): ("n1", 0, 1),  # of an image that is itself drawn again
    ("n1", 5, 0): ("n1", 3, 0),  # of an attempt that does not count: no duplicate
    ("n1", 6, 0): ("n1", 1, 0),
    ("n1", 6, 1): ("n1", 1, 0),
    ("n1", 6, 2): ("n1", 4, 0),
    ("n3", 0, 0): ("n1", 1, 0),  # of another class: no duplicate
}
REJECTED = {
    ("n1", 0): ["nsfw"],
    ("n1", 2): ["duplicate"],
    ("n1", 3): ["non_finite", "constant"],
    ("n1", 6): ["duplicate"] * 3,
    ("n3", 4): ["constant"] * 3,
}
ATTEMPTS = {
    image_seed(0, slot.wnid, slot.index, attempt): (slot.wnid, slot.index, attempt)
    for slot in SLOTS
    for attempt in range(3)
}


def false_artist(orders: Sequence[Order]) -> list[Drawing]:
    return [false_drawing(order) for order in orders]


def false_drawing(order: Order) -> Drawing:
    attempt = ATTEMPTS[order.seed]
    assert order.prompt == f"prompt {attempt[0]}"
    fault = FAULTS.get(attempt)
    look = COPIES.get(attempt, attempt)
    rng = np.random.default_rng([int(look[0][1:]), *look[1:]])
    pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    if fault in ("constant", "nsfw"):
        pixels[:] = 0
    return Drawing(pixels, finite=fault != "non_finite", flagged=fault == "nsfw")


def fill(
    path: Path,
    spec: DrawSpec,
    *,
    round_size: int = 4,
    stopped: Callable[[], bool] = lambda: False,
) -> bool:
    with PartialShard(path, kind="png") as shard:
        producer = Producer(SLOTS, false_artist, spec, shard)
        finished = producer.run(round_size=round_size, stopped=stopped)
        if finished:
            shard.seal()
    return finished


def test_the_first_attempt_that_will_do_counts(tmp_path: Path, drawing: DrawSpec) -> None:
    assert fill(tmp_path / "s.tar", drawing)
    records = [placed.record for placed in read_shard(tmp_path / "s.tar")]
    assert [(item.wnid, item.index) for item in records] == [(s.wnid, s.index) for s in SLOTS]
    for item in records:
        rejected = REJECTED.get((item.wnid, item.index), [])
        assert item.rejected == rejected
        given_up = len(rejected) == drawing.max_attempts
        assert (item.sha256 is None) == given_up
        attempt = len(rejected) - given_up
        assert item.seed == image_seed(0, item.wnid, item.index, attempt)


@pytest.mark.parametrize("round_size", [1, 2, 3, 5, 100])
def test_rounds_do_not_show(tmp_path: Path, drawing: DrawSpec, round_size: int) -> None:
    fill(tmp_path / "a.tar", drawing)
    fill(tmp_path / "b.tar", drawing, round_size=round_size)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


@pytest.mark.parametrize("rounds", [0, 1, 2, 3, 4])
def test_a_stop_does_not_show(tmp_path: Path, drawing: DrawSpec, rounds: int) -> None:
    fill(tmp_path / "a.tar", drawing)
    flags = iter([False] * rounds + [True])
    assert not fill(tmp_path / "b.tar", drawing, round_size=3, stopped=lambda: next(flags))
    assert fill(tmp_path / "b.tar", drawing, round_size=5)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_a_kill_at_any_byte_does_not_show(tmp_path: Path, drawing: DrawSpec) -> None:
    fill(tmp_path / "a.tar", drawing)
    whole = (tmp_path / "a.tar").read_bytes()
    for length in range(0, len(whole), 2777):
        (tmp_path / "b.tar").write_bytes(whole[:length])
        assert fill(tmp_path / "b.tar", drawing)
        assert (tmp_path / "b.tar").read_bytes() == whole, length


def test_samples_of_another_prompt_are_not_kept(tmp_path: Path, drawing: DrawSpec) -> None:
    fill(tmp_path / "a.tar", drawing)
    with PartialShard(tmp_path / "a.tar", kind="png") as shard:
        other = [SLOTS[0], Slot(0, "n1", 1, "another prompt", None), *SLOTS[2:]]
        assert Producer(other, false_artist, drawing, shard).done == 1


def test_without_a_search_for_duplicates_there_are_none(tmp_path: Path, drawing: DrawSpec) -> None:
    fill(tmp_path / "a.tar", drawing.model_copy(update={"duplicate_distance": None}))
    records = [placed.record for placed in read_shard(tmp_path / "a.tar")]
    assert not [item for item in records if "duplicate" in item.rejected]


def test_a_smaller_clone_is_the_beginning_of_a_larger_one(
    tmp_path: Path, drawing: DrawSpec
) -> None:
    fill(tmp_path / "a.tar", drawing)
    small = [slot for slot in SLOTS if slot.index < 3]
    with PartialShard(tmp_path / "b.tar", kind="png") as shard:
        Producer(small, false_artist, drawing, shard).run(round_size=4, stopped=lambda: False)
        shard.seal()
    large = {placed.record.key: placed.record for placed in read_shard(tmp_path / "a.tar")}
    for placed in read_shard(tmp_path / "b.tar"):
        assert large[placed.record.key] == placed.record
