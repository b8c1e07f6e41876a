"""What unfinished work left on the disk, cut off or with a flipped bit."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.core.records import find_record, write_record
from cogworks.encoders.partial import DATA, PartialFeatures
from cogworks.probes.classifier import Classifier, StoredClassifier, has_classifier
from cogworks.probes.classifier import write_classifier as write_probe
from cogworks.probes.outcomes import DONE, Outcome
from cogworks.probes.study import Study
from cogworks.synthesis.shard import PartialShard
from cogworks.synthesis.tiny.state import Stage
from cogworks.synthesis.tiny.state import State as TinyState
from cogworks.training.checkpoint import STATE, load_state, save_state

from .damage import damages, same_tensors
from .table import Fault
from .test_results import sample

SECTION = "Unfinished work"
DAMAGES = damages()
Damage = Callable[[Path], Any]
AGAIN = "it counts as not done, and is done again"


def taken(
    fault: Fault, damaged: Any, read: Callable[[], Any], *, whole: Callable[[Any], bool], less: Any
) -> None:
    """Read after each damage; what is found is all that was there, or what counts as nothing."""
    for place in damaged:
        found = read()
        good = whole(found)
        assert good or found == less, f"other content passes as good: {place}"
        fault.seen("nothing where the content is as before" if good else AGAIN)


@DAMAGES
@pytest.mark.fault(SECTION, "the record of a search (JSON) {what}", how="{how}")
def test_searches(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    def study() -> Study:
        space = {"lr": (0.1, 100.0)}
        return Study(tmp_path / "all-0.json", key="k", space=space, sizes=[4, 4], seed=0)

    first = study()
    first.tell(first.ask(), [Outcome(DONE, 50.0 + n) for n in range(4)])
    taken(
        fault,
        damage(tmp_path / "all-0.json"),
        lambda: study().trials,
        whole=lambda found: found == first.trials,
        less=[],
    )
    fault.lost("that search of one cell, which begins anew and ends as it would have")


@DAMAGES
@pytest.mark.fault(SECTION, "the scores of a cell (JSON) {what}", how="{how}")
def test_scores(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "test.json"
    record = {"key": "k", "classes": ["n0", "n1"], "score": {"top1": 71.25, "log_odds": 0.5}}
    write_record(record, path)
    taken(
        fault,
        damage(path),
        lambda: find_record(path),
        whole=lambda found: found is not None and record.items() <= found.items(),
        less=None,
    )
    fault.lost("that cell's scores, which are computed again")


@DAMAGES
@pytest.mark.fault(SECTION, "the classifier of a cell (safetensors) {what}", how="{how}")
def test_cells(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "classifier.safetensors"
    fitted = StoredClassifier(Classifier(torch.ones(2, 9), torch.ones(2)), ["n0", "n1"], True, 5)
    write_probe(fitted, path, key="k")
    for _ in damage(path):
        assert not has_classifier(path, key="k")
    fault.seen(AGAIN)
    fault.lost("that cell's fit, which is done again")


class Chunks:
    """Features under way: the first two of three chunks are finished."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.x = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
        with self.open() as partial:
            for chunk in (0, 1):
                start, stop = partial.span(chunk)
                partial.write(chunk, self.x[start:stop], {5: "x.jpg: cut off"} if chunk else {})

    def open(self) -> PartialFeatures:
        return PartialFeatures(
            self.folder,
            key={"encoder": "resnet50"},
            images=lambda start, stop: f"{start}-{stop}",
            rows=12,
            chunk_rows=5,
            dim=4,
            dtype="float32",
        )

    def finished(self) -> dict[int, tuple[dict[int, str], bytes]]:
        """Return the corrupt rows and the bytes of each chunk that counts."""
        with self.open() as partial:
            found = sorted(partial.finished())
            data = np.load(self.folder / DATA, mmap_mode="r")
            return {
                chunk: (partial.corrupt([chunk]), data[slice(*partial.span(chunk))].tobytes())
                for chunk in found
            }


@damages(cuts=8, flips=30)
@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("the mark of a chunk of features (JSON)", "chunk-000001.json"),
        ("the key of chunks of features (JSON)", "key.json"),
        ("the array of chunks of features (npy)", DATA),
    ],
)
@pytest.mark.fault(SECTION, "{part} {what}", how="{how}")
def test_chunks(
    fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str, part: str, name: str
) -> None:
    whole = Chunks(tmp_path / "whole").finished()
    assert set(whole) == {0, 1}
    chunks = Chunks(tmp_path / "work")
    files = {path: path.read_bytes() for path in chunks.folder.iterdir()}
    for place in damage(chunks.folder / name):
        damaged = (chunks.folder / name).read_bytes()
        for path, content in files.items():  # the last reading has thrown some away
            path.write_bytes(damaged if path.name == name else content)
        found = chunks.finished()
        assert found.items() <= whole.items(), f"other content passes as good: {place}"
        good = found.keys() == whole.keys()
        fault.seen("nothing where the content is as before" if good else AGAIN)
    fault.lost(
        {DATA: "the chunks that are hit", "key.json": "all chunks of that array"}.get(
            name, "that chunk"
        )
    )


@DAMAGES
@pytest.mark.fault(SECTION, "a shard that is being drawn (tar) {what}", how="{how}")
def test_shards(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    path = tmp_path / "0-of-1.partial"
    samples = [(n, hashlib.sha256(bytes([n])).digest() * 20) for n in range(4)]
    with PartialShard(path, kind="jpeg") as shard:
        for index, data in samples:
            shard.add(sample(index, data), data)
        shard.flush()
    records = [sample(index, data) for index, data in samples]
    numbers = set()
    for place in damage(path):
        with PartialShard(path, kind="jpeg") as shard:
            kept = shard.kept
        found = path.read_bytes()
        images = [found[item.offset :][: item.size] for item in kept]
        assert [item.record for item in kept] == records[: len(kept)], place
        assert images == [data for _, data in samples[: len(kept)]], place
        numbers.add(len(kept))
    assert numbers >= {0, 1, 2, 3}
    fault.seen("the images before are kept, the others are drawn again")
    fault.lost("the image that is hit and those after it, which are drawn again")


def state() -> dict[str, Any]:
    torch.manual_seed(0)
    momentum = {"state": {0: {"momentum_buffer": torch.randn(30)}}, "param_groups": [{"lr": 0.1}]}
    return {"identity": "{}", "model": {"w": torch.randn(30)}, "optimizer": momentum, "step": 7}


def same_state(found: dict[str, Any]) -> bool:
    whole = state()
    buffers = [one["optimizer"]["state"].pop(0) for one in (whole, found)]
    return (
        same_tensors(whole.pop("model"), found.pop("model"))
        and same_tensors(*buffers)
        and whole == found
    )


@DAMAGES
@pytest.mark.fault(SECTION, "the state of a training (last.pt) {what}", how="{how}")
def test_trainings(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    save_state(tmp_path, state())
    fault.either(damage(tmp_path / STATE), lambda: load_state(tmp_path), same=same_state)
    fault.lost("the training's steps so far, which only their owner may throw away")


@DAMAGES
@pytest.mark.fault(SECTION, "the state of the tiny generator's training {what}", how="{how}")
def test_tiny_trainings(fault: Fault, tmp_path: Path, damage: Damage, what: str, how: str) -> None:
    stage = Stage(step=3, loss=0.5, modules={"w": torch.ones(20)}, average=[], optimizer={})
    kept = TinyState(tmp_path / "state.pt", "identity")
    kept.save({"autoencoder": stage})
    taken(
        fault,
        damage(tmp_path / "state.pt"),
        kept.load,
        whole=lambda found: (
            "autoencoder" in found
            and same_tensors(found["autoencoder"]["modules"], stage["modules"])
            and {**found["autoencoder"], "modules": 0} == {**stage, "modules": 0}
        ),
        less={},
    )
    fault.lost("the training's steps so far, which are done again")
