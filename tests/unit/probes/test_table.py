import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, sha256_file, write_parquet
from cogworks.encoders.store import write_index
from cogworks.images.manifest import as_rows
from cogworks.probes import batches
from cogworks.probes import table as tables
from cogworks.probes.pools import group_classes, read_levels
from cogworks.probes.specs import Draw, Level

CPU = torch.device("cpu")
CHUNK_BYTES = tables.CHUNK_BYTES


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "CHUNK_BYTES", 7 * 12 * 4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_table_holds_the_file_in_float32(store: Any, dtype: str, normalize: bool) -> None:
    store.toy(n_classes=3, train=9, dtype=dtype)
    table = store.source("toy", "train", normalize=normalize).load(CPU)
    x = torch.from_numpy(np.load(store.path("toy", "train")[0]).astype(np.float32))
    assert table.x.dtype == torch.float32
    assert torch.equal(
        table.x, torch.nn.functional.normalize(x.double(), dim=1).float() if normalize else x
    )
    assert table.y.tolist() == np.repeat([0, 1, 2], 9).tolist()
    assert table.classes == ["n00000000", "n00000001", "n00000002"]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_reading_takes_little_beside_the_features(
    store: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is taken on the way stays with the process, beside the features."""
    monkeypatch.setattr(tables, "CHUNK_BYTES", CHUNK_BYTES)
    fill, peaks = tables._fill, []

    def watched(*arguments: Any, **keys: Any) -> None:
        tracemalloc.start()
        fill(*arguments, **keys)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    monkeypatch.setattr(tables, "_fill", watched)
    store.toy(n_classes=2, train=1000, dim=1024, dtype=dtype)
    table = store.source("toy", "train").load(CPU)
    assert table.x.nbytes == 2000 * 1024 * 4
    # Of features in float16 a chunk is held twice as they are and as float32.
    assert 2**18 < peaks[0] < 4 * 2**20


def test_a_pool_throws_classes_together_and_labels_them_anew(store: Any) -> None:
    store.toy("a", n_classes=4, train=5, first=0, seed=1)
    store.toy("b", n_classes=4, train=3, first=10, seed=2)
    group = Draw(number=2, classes=5, seed=0)
    source = store.source(["a", "b"], "train", normalize=False, group=group)
    table = source.load(CPU)
    everything = ["n0000000" + c for c in "0123"] + ["n0000001" + c for c in "0123"]
    assert len(table.classes) == 5
    assert table.classes == sorted(table.classes) == group_classes(group, everything, None)
    for label, wnid in enumerate(table.classes):
        dataset, own = ("a", int(wnid[-1])) if wnid[-2] == "0" else ("b", int(wnid[-1]))
        count = 5 if dataset == "a" else 3
        x = np.load(store.path(dataset, "train")[0])[own * count :][:count]
        np.testing.assert_array_equal(table.x[table.y == label].numpy(), x)
    third = Draw(number=3, classes=5, seed=0)
    other = store.source(["a", "b"], "train", normalize=False, group=third)
    assert other.classes != source.classes
    assert other.digest != source.digest


def test_groups_by_level_come_from_the_level_table(store: Any, tmp_path: Any) -> None:
    import pandas as pd

    store.toy("a", n_classes=4, first=0)
    frame = pd.DataFrame({"wnid": [f"n0000000{i}" for i in range(4)], "level": [2, 1, 2, 1]})
    write_parquet(frame, tmp_path / "levels.parquet")
    levels = read_levels(tmp_path / "levels.parquet")
    group = Level(number=2, benchmark="w2v")
    source = store.source("a", "train", group=group, levels=levels)
    assert source.classes == ["n00000000", "n00000002"]
    with pytest.raises(InputError, match="level 3 of w2v holds 0 classes"):
        group_classes(Level(number=3, benchmark="w2v"), source.classes, levels)
    with pytest.raises(InputError, match="first n00000002"):
        group_classes(group, ["n00000000"], levels)


def test_a_pool_of_too_few_classes_is_refused() -> None:
    group = Draw(number=1, classes=5, seed=0)
    with pytest.raises(InputError, match=r"pool\.classes: 5 are asked for.*hold 4"):
        group_classes(group, list("abcd"), None)


def test_features_with_a_nan_are_refused_by_name(store: Any) -> None:
    store.toy(n_classes=3, train=9)
    path, index, _ = store.path("toy", "train")
    x = np.load(path)
    x[4, 2] = np.nan
    np.save(path, x)
    facts = read_metadata(index) | {"sha256": sha256_file(path)}
    write_index(as_rows(read_parquet(index)), index, metadata=facts)
    with pytest.raises(InputError, match=f"{re.escape(str(path))}.*NaN"):
        store.source("toy", "train").load(CPU)


def test_features_of_the_wrong_length_are_refused_by_name(store: Any) -> None:
    store.toy(n_classes=3, train=9)
    path = store.path("toy", "train")[0]
    np.save(path, np.load(path)[:-1])
    with pytest.raises(InputError, match=re.escape(str(path))):
        store.source("toy", "train").load(CPU)


def test_features_of_another_manifest_are_refused_by_name(store: Any) -> None:
    store.toy(n_classes=3, train=9)
    index = store.path("toy", "train")[1]
    kept = index.read_bytes()
    store.toy(n_classes=3, train=10)
    index.write_bytes(kept)
    with pytest.raises(InputError, match=f"{re.escape(str(index))}.*manifest"):
        store.source("toy", "train").load(CPU)


def test_features_of_another_encoder_version_are_refused_by_name(store: Any) -> None:
    store.toy("a", version="v1")
    store.toy("b", version="v2")
    with pytest.raises(InputError, match=r"b/test\.npy.*version v2.*a/train\.npy.*version v1"):
        store.source("a", "train").require_same_encoder(store.source("b", "test"))


def test_the_digest_is_that_of_the_labels_too(store: Any) -> None:
    """Moved labels and the same rows: nothing that was made for the old ones may be kept."""
    x = np.random.default_rng(0).standard_normal((12, 5))
    digests = []
    for labels, classes in (
        ([0] * 6 + [1] * 6, None),
        ([0] * 5 + [1] * 7, None),
        ([0] * 6 + [1] * 6, ["a", "c"]),
        ([0] * 6 + [1] * 6, ["n00000000", "n00000001", "n00000002"]),
    ):
        store.write("toy", "train", x, np.array(labels), classes=classes)
        digests.append(store.source("toy", "train").digest)
        again = store.source("toy", "train").digest
        assert again == digests[-1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize("size", [1e-30, 1e-8, 1e25])
def test_features_of_any_size_are_scaled_to_length_1(store: Any, size: float) -> None:
    x = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32) * np.float32(size)
    x[3] = 0
    store.write("toy", "train", x, np.repeat([0, 1], 4))
    lengths = store.source("toy", "train").load(CPU).x.norm(dim=1)
    assert lengths.tolist() == pytest.approx([1, 1, 1, 0, 1, 1, 1, 1])


def test_features_go_to_a_gpu_where_they_fit_into_what_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another job's memory is not free; what torch keeps without a use is."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (700, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 200)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 100)
    share = batches.RESIDENT_SHARE
    assert batches.fits(int(share * 800), torch.device("cuda"))
    assert not batches.fits(int(share * 800) + 2, torch.device("cuda"))
    assert batches.fits(10**15, torch.device("cpu"))
