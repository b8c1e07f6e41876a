"""Features to files: order, shards, resumption, what is refused."""

import copy
import dataclasses
import itertools
import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torchvision import transforms

from cogworks.core.errors import InputError
from cogworks.encoders import extract as extraction
from cogworks.encoders import forward
from cogworks.encoders.extract import extract, shard_rows
from cogworks.encoders.forward import Lane, devices, make_runners
from cogworks.encoders.loader import BatchLoader
from cogworks.encoders.merge import merge
from cogworks.encoders.registry import load_encoder
from cogworks.encoders.specs import EncoderSpec
from cogworks.encoders.store import read_features
from cogworks.images.manifest import Manifest, as_rows
from cogworks.networks.pixels import make_decoder, normalise

CPU = torch.device("cpu")
Images = Callable[..., Manifest]
Spec = Callable[..., EncoderSpec]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two batches of two images, so that twenty images make five."""
    monkeypatch.setattr(extraction, "CHUNK_BATCHES", 2)


def run(manifest: Manifest, spec: EncoderSpec, stem: Path, **options: Any) -> bool:
    return extract(
        manifest,
        spec,
        npy=stem.with_suffix(".npy"),
        index=stem.with_suffix(".parquet"),
        device=CPU,
        **options,
    )


def contents(stem: Path) -> tuple[bytes, bytes]:
    return stem.with_suffix(".npy").read_bytes(), stem.with_suffix(".parquet").read_bytes()


def read(stem: Path, **options: Any) -> Any:
    return read_features(stem.with_suffix(".npy"), stem.with_suffix(".parquet"), **options)


def test_features_are_those_of_the_plain_loop(
    tmp_path: Path, manifest_of: Images, spec_of: Spec
) -> None:
    manifest, spec = manifest_of(21), spec_of()
    assert run(manifest, spec, tmp_path / "a")
    features = read(tmp_path / "a", manifest=manifest.digest)
    encoder = load_encoder(spec, device="cpu")
    prepare = transforms.Compose(
        [
            transforms.Resize(16, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(16),
            transforms.ToTensor(),
            transforms.Normalize(encoder.image.mean, encoder.image.std),
        ]
    )
    images = torch.stack([prepare(Image.open(path)) for path in manifest.frame["path"]])
    with torch.no_grad():
        expected = encoder.module(images).numpy()
    assert np.allclose(features.x, expected, atol=1e-5)
    assert features.ids.tolist() == manifest.frame["id"].tolist()
    assert features.labels.tolist() == manifest.frame["label"].tolist()
    assert features.classes == ["n0", "n1"]
    assert features.metadata["encoder"] == "mine"
    assert features.metadata["version"] == encoder.version
    assert not (tmp_path / "a.work").exists()


@pytest.mark.parametrize("threads", [2, 5])
def test_workers_do_not_change_a_byte(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, threads: int
) -> None:
    manifest = manifest_of(21)
    run(manifest, spec_of(), tmp_path / "a")
    run(manifest, spec_of(), tmp_path / "b", threads=threads)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("shards", [1, 2, 5, 7])
@pytest.mark.parametrize("corrupt", [(), (0, 6, 20)])
def test_shards_join_to_the_bytes_of_one_job(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, shards: int, corrupt: tuple[int, ...]
) -> None:
    manifest, spec = manifest_of(21, on_corrupt="drop", corrupt=corrupt), spec_of()
    run(manifest, spec, tmp_path / "whole")
    stems = [tmp_path / f"part{shard}" for shard in range(shards)]
    for shard, stem in enumerate(stems):
        run(manifest, spec, stem, shard=shard, shards=shards)
    parts = [(stem.with_suffix(".npy"), stem.with_suffix(".parquet")) for stem in stems]
    merge(parts[::-1], npy=tmp_path / "joined.npy", index=tmp_path / "joined.parquet")
    assert contents(tmp_path / "joined") == contents(tmp_path / "whole")
    assert len(read(tmp_path / "joined").x) == 21 - len(corrupt)


VIT = """
from torchvision.models import VisionTransformer
from torch import nn

def load():
    net = VisionTransformer(16, 8, 2, 2, 24, 48)
    net.heads = nn.Identity()
    return net, 24
"""


def test_features_by_onednn_are_those_of_the_plain_network_in_any_shards_and_runs(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    monkeypatch: pytest.MonkeyPatch,
    products_by_onednn: list[int],
) -> None:
    (tmp_path / "vit.py").write_text(VIT)
    keys = {"image_size": 16, "batch_size": 2, "decoder": "pil"}
    spec = spec_of(entry_point=f"{tmp_path / 'vit.py'}:load", **keys)
    manifest = manifest_of(21)
    encoder = load_encoder(spec, device="cpu")
    assert not products_by_onednn
    run(manifest, spec, tmp_path / "whole")
    # A batch's two layers of attention and of the perceptron, in each of the two blocks.
    assert products_by_onednn == 11 * 2 * [72, 24, 48, 24]

    decode = make_decoder(decoder="pil", size=16, resize=16, interpolation="bicubic")
    pixels = [decode(Path(path).read_bytes(), path) for path in manifest.frame["path"]]
    image = encoder.image
    scaled = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        plain = encoder.module(transforms.Normalize(image.mean, image.std)(scaled)).numpy()
    assert np.allclose(read(tmp_path / "whole").x, plain, atol=1e-5)

    stems = [tmp_path / f"part{shard}" for shard in range(3)]
    for shard, stem in enumerate(stems):
        run(manifest, spec, stem, shard=shard, shards=3, threads=shard + 1)
    parts = [(stem.with_suffix(".npy"), stem.with_suffix(".parquet")) for stem in stems]
    merge(parts, npy=tmp_path / "joined.npy", index=tmp_path / "joined.parquet")
    assert contents(tmp_path / "joined") == contents(tmp_path / "whole")
    with monkeypatch.context() as patch:
        crash_after(patch, 2)
        with pytest.raises(StopError):
            run(manifest, spec, tmp_path / "again")
    run(manifest, spec, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "whole")


class Windows(nn.Module):
    """Layers and attention in windows, cut out by reshaping: (B, 3, 16, 16) to (B, 24)."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, 4)
        self.wide, self.narrow = nn.Linear(12, 24), nn.Linear(24, 12)
        self.attention = nn.MultiheadAttention(24, 2, batch_first=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.patches(images).permute(0, 2, 3, 1)
        windows = x.reshape(-1, 2, 2, 2, 2, 12).transpose(2, 3).reshape(-1, 4, 12)
        # Reshaped before and after, as in a Swin.
        wide = functional.gelu(self.wide(windows).reshape(-1, 2, 2, 24)).reshape(-1, 4, 24)
        wide = wide + self.attention(wide, wide, wide, need_weights=False)[0]
        return self.wide(windows + self.narrow(wide)).reshape(len(images), -1, 24).mean(1)


@pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")
def test_a_compiled_network_by_onednn_is_the_plain_one(spec_of: Spec, onednn: None) -> None:
    torch.manual_seed(0)
    net = Windows().eval().requires_grad_(False)
    encoder = dataclasses.replace(load_encoder(spec_of(), device="cpu"), module=copy.deepcopy(net))
    (runner,) = make_runners(encoder, [CPU], precision="float32", dtype="float32", compiled=True)
    pixels = torch.randint(0, 256, (6, 16, 16, 3), dtype=torch.uint8)
    found = runner.finish(runner.start(pixels))
    with torch.profiler.profile() as profile:
        assert np.array_equal(runner.finish(runner.start(pixels)), found)
    products = [event.name for event in profile.events() if "linear" in event.name]
    assert products == 5 * ["mkldnn::_linear_pointwise"]
    mean, std = torch.tensor(encoder.image.mean), torch.tensor(encoder.image.std)
    assert np.allclose(found, net(normalise(pixels, mean, std)), atol=1e-5)


def test_several_devices_do_not_change_a_byte(manifest_of: Images, spec_of: Spec) -> None:
    manifest = manifest_of(11)
    decode = make_decoder(decoder="pil", size=16, resize=16, interpolation="bicubic")
    spans = [(row, min(row + 2, 11)) for row in range(0, 11, 2)]

    def features(count: int) -> list[np.ndarray]:
        encoder = load_encoder(spec_of(), device="cpu")
        lane = Lane(
            make_runners(
                encoder, [CPU] * count, precision="float32", dtype="float32", compiled=False
            )
        )
        batches = BatchLoader(manifest, decode, size=16, threads=1).batches(spans)
        encoded = itertools.chain(*map(lane.put, batches), lane.rest())
        return [part for _, part in encoded]

    for one, three in zip(features(1), features(3), strict=True):
        assert np.array_equal(one, three)
    assert devices(CPU, 4) == [CPU]


def test_shard_rows_cover_everything_once() -> None:
    for rows in (0, 1, 4, 5, 41):
        for shards in (1, 2, 3, 12):
            spans = [
                shard_rows(rows, chunk_rows=4, shard=shard, shards=shards)
                for shard in range(shards)
            ]
            assert spans[0][0] == 0
            assert spans[-1][1] == rows
            assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))
            assert all(start % 4 == 0 for start, stop in spans if start < stop)


class StopError(Exception):
    """A crash at a moment of our choice."""


def crash_after(monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    """Let the process die when it is about to write one more chunk than `chunks`."""
    write, count = extraction.PartialFeatures.write, [0]

    def dying(self: Any, *args: Any) -> None:
        if count[0] == chunks:
            raise StopError
        count[0] += 1
        write(self, *args)

    monkeypatch.setattr(extraction.PartialFeatures, "write", dying)


def count_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the first rows of the batches that are decoded from now on."""
    submit, rows = BatchLoader._submit, []

    def counting(self: Any, decoders: Any, start: int, stop: int) -> Any:
        rows.append(start)
        return submit(self, decoders, start, stop)

    monkeypatch.setattr(BatchLoader, "_submit", counting)
    return rows


@pytest.mark.parametrize("chunks", [0, 1, 3, 5])
def test_resumed_after_a_crash(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    monkeypatch: pytest.MonkeyPatch,
    chunks: int,
) -> None:
    manifest, spec = manifest_of(21, on_corrupt="drop", corrupt=(3,)), spec_of()
    run(manifest, spec, tmp_path / "whole")
    with monkeypatch.context() as patch:
        crash_after(patch, chunks)
        with pytest.raises(StopError):
            run(manifest, spec, tmp_path / "a")
    assert not (tmp_path / "a.npy").exists()
    with monkeypatch.context() as patch:
        rows = count_batches(patch)
        assert run(manifest, spec, tmp_path / "a")
    assert min(rows) == 4 * chunks
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


def test_a_torn_chunk_is_made_again(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, spec = manifest_of(21), spec_of()
    run(manifest, spec, tmp_path / "whole")
    with monkeypatch.context() as patch:
        crash_after(patch, 4)
        with pytest.raises(StopError):
            run(manifest, spec, tmp_path / "a")
    with open(tmp_path / "a.work/features.npy", "r+b") as handle:
        handle.seek(128 + 5 * 16 * 4)
        handle.write(b"\x7f" * 8)
    with monkeypatch.context() as patch:
        rows = count_batches(patch)
        run(manifest, spec, tmp_path / "a")
    assert sorted(rows)[:3] == [4, 6, 16]
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


def test_a_signal_stops_after_the_batch_and_the_next_run_goes_on(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, spec = manifest_of(21), spec_of()
    run(manifest, spec, tmp_path / "whole")
    write = extraction.PartialFeatures.write

    def signalling(self: Any, chunk: int, *args: Any) -> None:
        write(self, chunk, *args)
        if chunk == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(extraction.PartialFeatures, "write", signalling)
        assert not run(manifest, spec, tmp_path / "a")
    marks = sorted(path.name for path in (tmp_path / "a.work").glob("chunk-*.json"))
    assert marks == ["chunk-000000.json", "chunk-000001.json"]
    assert run(manifest, spec, tmp_path / "a")
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


@pytest.mark.parametrize("change", [{"seed": 1}, {"batch_size": 4}, {"decoder": "fast"}])
def test_chunks_of_something_else_are_not_reused(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    manifest = manifest_of(21)
    with monkeypatch.context() as patch:
        crash_after(patch, 2)
        with pytest.raises(StopError):
            run(manifest, spec_of(), tmp_path / "a")
    run(manifest, spec_of(**change), tmp_path / "a")
    run(manifest, spec_of(**change), tmp_path / "whole")
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


def test_two_processes_do_not_write_the_same_file(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, spec = manifest_of(9), spec_of()
    write = extraction.PartialFeatures.write

    def meddling(self: Any, *args: Any) -> None:
        with pytest.raises(
            InputError, match=rf"process {os.getpid()} on .* still writing these features"
        ):
            run(manifest, spec, tmp_path / "a")
        write(self, *args)

    monkeypatch.setattr(extraction.PartialFeatures, "write", meddling)
    assert run(manifest, spec, tmp_path / "a")


def test_full_disk_is_told_before_the_work_starts(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"the features need .* GB and the disk has"):
        run(manifest_of(9), spec_of(), tmp_path / "a")


def test_corrupt_images_are_counted_in_the_index(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, capfd: pytest.CaptureFixture[str]
) -> None:
    manifest, spec = manifest_of(21, on_corrupt="drop", corrupt=(4, 9)), spec_of()
    run(manifest, spec, tmp_path / "a")
    features = read(tmp_path / "a")
    lost = ["image-0004", "image-0009"]
    assert features.metadata["dropped"] == lost
    kept = manifest.frame[~manifest.frame["id"].isin(lost)]
    assert features.ids.tolist() == kept["id"].tolist()
    assert "2 corrupt images were left out" in capfd.readouterr().err
    # The others are those of the whole set: nothing has moved to another batch.
    whole = manifest_of(21)
    run(whole, spec, tmp_path / "whole")
    rows = (~whole.frame["id"].isin(lost)).to_numpy()
    assert np.array_equal(features.x, read(tmp_path / "whole").x[rows])


def test_corrupt_image_stops_by_default(tmp_path: Path, manifest_of: Images, spec_of: Spec) -> None:
    with pytest.raises(InputError, match=r"1 images cannot be decoded(.|\n)*0011\.png"):
        run(manifest_of(21, corrupt=(11,)), spec_of(), tmp_path / "a")
    assert not (tmp_path / "a.npy").exists()


def test_all_corrupt_images_are_told_and_dropping_them_computes_nothing_again(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict, spec = manifest_of(21, corrupt=(3, 11, 20)), spec_of()
    for _ in range(2):
        with pytest.raises(InputError, match="3 images cannot be decoded") as error:
            run(strict, spec, tmp_path / "a")
        assert all(f"{number:04d}.png" in str(error.value) for number in (3, 11, 20))
        assert "on_corrupt: drop for set" in str(error.value)
    lenient = manifest_of(21, on_corrupt="drop", corrupt=(3, 11, 20))
    with monkeypatch.context() as patch:
        rows = count_batches(patch)
        assert run(lenient, spec, tmp_path / "a")
    assert not rows
    assert run(lenient, spec, tmp_path / "whole")
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


@pytest.mark.parametrize("on_corrupt", ["error", "drop"])
def test_mended_images_are_encoded_and_nothing_else(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    monkeypatch: pytest.MonkeyPatch,
    on_corrupt: str,
) -> None:
    spec = spec_of()
    with pytest.raises(InputError):
        run(manifest_of(21, corrupt=(11,)), spec, tmp_path / "a")
    mended = manifest_of(21, on_corrupt=on_corrupt)
    with monkeypatch.context() as patch:
        rows = count_batches(patch)
        assert run(mended, spec, tmp_path / "a")
    # Odd numbers are of the second class: number 11 is row 16, of the fifth chunk.
    assert rows == [16, 18]
    run(mended, spec, tmp_path / "whole")
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "expected"),
    [("path", [4, 6]), ("size", [4, 6]), ("label", []), ("shorter", [16, 18])],
)
def test_chunks_outlive_changes_of_other_images(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    expected: list[int],
) -> None:
    manifest, spec = manifest_of(21), spec_of()
    with monkeypatch.context() as patch:
        patch.setattr(extraction._Job, "publish", lambda job: None)
        run(manifest, spec, tmp_path / "a")
    frame = manifest.frame.copy()
    if change == "shorter":
        frame = frame.iloc[:19]
    elif change == "label":
        frame.loc[20, ["label", "wnid"]] = [0, "n0"]
    else:
        frame.loc[5, change] = {"path": frame.loc[0, "path"], "size": 7}[change]
    changed = dataclasses.replace(manifest, rows=as_rows(frame), digest="other")
    with monkeypatch.context() as patch:
        rows = count_batches(patch)
        assert run(changed, spec, tmp_path / "a")
    assert rows == expected
    run(changed, spec, tmp_path / "whole")
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


def test_where_no_image_can_be_decoded_little_is_tried(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = count_batches(monkeypatch)
    # The first four rows, one chunk.
    with pytest.raises(InputError, match="4 images cannot be decoded"):
        run(manifest_of(61, corrupt=(0, 2, 4, 6)), spec_of(), tmp_path / "a")
    assert max(rows) < 40
    everything = manifest_of(9, corrupt=tuple(range(9)), on_corrupt="drop")
    with pytest.raises(InputError, match="none of its 9 images can be decoded"):
        run(everything, spec_of(), tmp_path / "b")


def test_shards_that_were_resumed_drop_the_same_images(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, spec = manifest_of(21, on_corrupt="drop", corrupt=(0, 6, 20)), spec_of()
    run(manifest, spec, tmp_path / "whole")
    stems = [tmp_path / f"part{shard}" for shard in range(2)]
    for shard, stem in enumerate(stems):
        with monkeypatch.context() as patch:
            crash_after(patch, 1)
            with pytest.raises(StopError):
                run(manifest, spec, stem, shard=shard, shards=2)
        run(manifest, spec, stem, shard=shard, shards=2)
    parts = [(stem.with_suffix(".npy"), stem.with_suffix(".parquet")) for stem in stems]
    merge(parts, npy=tmp_path / "joined.npy", index=tmp_path / "joined.parquet")
    assert contents(tmp_path / "joined") == contents(tmp_path / "whole")


def test_progress_counts_images(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, capfd: pytest.CaptureFixture[str]
) -> None:
    run(manifest_of(21), spec_of(), tmp_path / "a")
    assert re.search(r"mine on set/train: 21/21 images, [\d.]+ images/s", capfd.readouterr().err)


NETS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(float(factor)))
    def forward(self, images):
        return images.mean((2, 3)) * self.factor

def large(): return Net(1e6), 3
def nan(): return Net(float("nan")), 3
def tiny(): return Net(1e-8), 3
def constant(): return Net(0), 3
def usual(): return Net(1), 3
"""


@pytest.mark.parametrize(
    ("function", "dtype", "kind"), [("nan", "float32", "NaN"), ("large", "float16", "infinite")]
)
@pytest.mark.fault(
    "Numbers that are none", "features that are {kind}", how="a network of such weights"
)
def test_features_that_are_no_numbers_are_refused(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    fault: Any,
    function: str,
    dtype: str,
    kind: str,
) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    spec = spec_of(
        entry_point=f"{tmp_path}/nets.py:{function}", image_size=8, dtype=dtype, batch_size=2
    )
    with fault.refused(match=rf"encoder mine for image image-0000 are {kind}"):
        run(manifest_of(9), spec, tmp_path / "a")
    assert not (tmp_path / "a.npy").exists()
    fault.lost("nothing: no file is written")


@pytest.mark.parametrize(("function", "warned"), [("tiny", 1), ("constant", 1), ("usual", 0)])
def test_features_that_tell_no_images_apart_are_told(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Spec,
    capfd: pytest.CaptureFixture[str],
    function: str,
    warned: int,
) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    spec = spec_of(entry_point=f"{tmp_path}/nets.py:{function}", image_size=8, batch_size=2)
    assert run(manifest_of(21, corrupt=(4,), on_corrupt="drop"), spec, tmp_path / "a")
    told = capfd.readouterr().err
    assert told.count("warning: the features of encoder mine are at most") == warned


def test_half_precision_storage(tmp_path: Path, manifest_of: Images, spec_of: Spec) -> None:
    manifest = manifest_of(9)
    run(manifest, spec_of(), tmp_path / "full")
    run(manifest, spec_of(dtype="float16"), tmp_path / "half")
    half, full = read(tmp_path / "half").x, read(tmp_path / "full").x
    assert half.dtype == np.float16
    assert np.array_equal(half, full.astype(np.float16))


def test_bfloat16_is_close(tmp_path: Path, manifest_of: Images, spec_of: Spec) -> None:
    manifest = manifest_of(9)
    run(manifest, spec_of(), tmp_path / "full")
    run(manifest, spec_of(precision="bfloat16"), tmp_path / "brain")
    brain, full = read(tmp_path / "brain").x, read(tmp_path / "full").x
    assert brain.dtype == np.float32
    cosine = (brain * full).sum(1) / np.linalg.norm(brain, axis=1) / np.linalg.norm(full, axis=1)
    assert cosine.min() > 0.999


def test_empty_split(tmp_path: Path, manifest_of: Images, spec_of: Spec) -> None:
    from cogworks.images.manifest import write_manifest

    some = manifest_of(2)
    frame = some.frame.iloc[:0].drop(columns="label")
    empty = write_manifest(
        frame, tmp_path / "empty.parquet", dataset="set", split="train", classes=["n0", "n1"]
    )
    assert run(empty, spec_of(), tmp_path / "a")
    assert read(tmp_path / "a").x.shape == (0, 16)


def test_work_folder_names_its_key(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = manifest_of(9)
    with monkeypatch.context() as patch:
        crash_after(patch, 1)
        with pytest.raises(StopError):
            run(manifest, spec_of(), tmp_path / "a")
    key = json.loads((tmp_path / "a.work/key.json").read_text())
    assert key["start"] == 0
    assert {"version", "code", "torch", "device", "compute"} <= key.keys()


def test_padding_for_a_compiled_network_leaves_no_trace(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []

    def compile_nothing(net: Any, device: torch.device) -> Callable[..., torch.Tensor]:
        def run_and_record(pixels: torch.Tensor) -> torch.Tensor:
            shapes.append(len(pixels))
            return net(pixels)

        return run_and_record

    monkeypatch.setattr(forward, "_compile", compile_nothing)
    manifest = manifest_of(9)
    run(manifest, spec_of(batch_size=4), tmp_path / "eager")
    run(manifest, spec_of(batch_size=4, compile=True), tmp_path / "compiled")
    assert shapes == [4, 4, 4]
    assert np.allclose(read(tmp_path / "eager").x, read(tmp_path / "compiled").x, atol=1e-6)


def test_compiling_without_a_compiler_is_explained(
    tmp_path: Path, manifest_of: Images, spec_of: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match=r"compile: true needs a C\+\+ compiler"):
        run(manifest_of(3), spec_of(compile=True), tmp_path / "a")
