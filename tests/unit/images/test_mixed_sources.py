"""Sources that mix their classes: read once, kept on disk, and read again class by class."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cogworks.core.errors import InputError
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images import class_rows, source_index
from cogworks.images.build import build_manifests
from cogworks.images.class_rows import ClassRows, class_rows_writer
from cogworks.images.classes import list_classes
from cogworks.images.manifest import write_manifest
from cogworks.images.source_index import SourceIndex, index_images
from cogworks.images.sources import listing
from cogworks.images.sources.scan import list_images

CLASSES = ["cat", "a dog", "élan", "bee"]
IMAGES = 60


def class_of(number: int) -> str:
    """Bees are few, all in the first half."""
    return "bee" if number in (3, 20, 21, 28) else CLASSES[(number + number // 7) % 3]


def samples(root: Path) -> Iterator[tuple[str, Path, int, int, str]]:
    """Tars of samples of all classes."""
    for start in range(0, IMAGES, 20):
        path = root / f"{start:03d}.tar"
        with tarfile.open(path, "w") as archive:
            for number in range(start, start + 20):
                for name, data in {"cls": class_of(number).encode(), "jpg": bytes(number)}.items():
                    info = tarfile.TarInfo(f"{number}.{name}")
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
        with tarfile.open(path) as archive:
            for member in archive.getmembers()[1::2]:
                number = member.name.removesuffix(".jpg")
                place = path, member.offset_data, member.size
                yield f"{path.name}/{number}", *place, class_of(int(number))


def packs(root: Path) -> Iterator[tuple[str, Path, int, int, str]]:
    """Packs of all classes."""
    for start in range(0, IMAGES, 30):
        path, numbers = root / f"{start:03d}.parquet", range(start, start + 30)
        wnids = list(map(class_of, numbers))
        pd.DataFrame({"image": [b"x"] * 30, "wnid": wnids}).to_parquet(path, row_group_size=7)
        for row, number in enumerate(numbers):
            yield f"{path.name}:{row}", path, row, -1, class_of(number)


def flat(root: Path) -> Iterator[tuple[str, Path, int, int, str]]:
    """A folder of all images, and their list beside it."""
    lines = ["file,label"]
    for number in reversed(range(IMAGES)):
        path = root / "deep" / f"{number} of {IMAGES}.JPEG"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(number))
        lines.append(f"{path.stem},{class_of(number)}")
        yield f"deep/{path.name}", path, 0, number, class_of(number)
    root.with_name("list.csv").write_text("\n".join(lines), encoding="utf-8-sig")


MADE = {"samples": samples, "packs": packs, "flat": flat}


@pytest.fixture(params=list(MADE))
def mixed(request: Any, fill: Any, tmp_path: Path) -> Any:
    """Return a data set of a mixed source, and its images as a data frame."""
    root = tmp_path / "images"
    root.mkdir()
    rows = pd.DataFrame(
        MADE[request.param](root), columns=["id", "path", "locator", "size", "wnid"]
    )
    rows["path"] = rows["path"].map(str)
    rows["container"] = {"samples": "tar", "packs": "parquet", "flat": "file"}[request.param]
    source = {
        "samples": {"kind": "tar", "layout": "samples"},
        "packs": {"kind": "parquet"},
        "flat": {"kind": "folder", "layout": "flat", "mapping": str(tmp_path / "list.csv")},
    }[request.param] | {"path": str(root)}
    classes = {"part": "source"} if request.param != "flat" else {"names": CLASSES}
    section = {"source": source, "classes": classes, "test_images": 2, "max_images": 9}
    return fill({"x": section}).datasets["x"], rows


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 25 rows, row groups of four, and a few images at a time."""
    monkeypatch.setattr(class_rows, "RUN", 25)
    monkeypatch.setattr(class_rows, "GROUP", 4)
    monkeypatch.setattr(source_index, "ROWS", 11)
    monkeypatch.setattr(listing, "ROWS", 9)


@pytest.mark.parametrize("wanted", [CLASSES, ["bee", "cat"]])
@pytest.mark.parametrize("indexed", [False, True])
def test_manifests_are_those_of_the_plain_way(
    mixed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: bool, wanted: list[str]
) -> None:
    """With an index, the source is not read again, neither for its classes nor its images."""
    dataset, rows = mixed
    indices = [tmp_path / "index.parquet"] * indexed
    if indexed:
        index_images(list_images(dataset.source, None, threads=1), indices[0])
        monkeypatch.setattr("cogworks.images.sources.scan.list_images", None)
        if dataset.scanned:
            found = list_classes(dataset.classes_spec, [], threads=1, index=indices[0])
            assert found["wnid"].tolist() == sorted(CLASSES)
    wnids = sorted(wanted)
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(dataset.manifest_spec, wnids, outputs, threads=1, indices=indices)

    order = [shuffle_by_hash(rows["id"][rows["wnid"] == wnid], "images", 0)[:9] for wnid in wnids]
    parts = {"test": [ids[:2] for ids in order], "train": [ids[2:] for ids in order], "val": []}
    for split, path in outputs.items():
        chosen = rows[rows["id"].isin([image for ids in parts[split] for image in ids])]
        facts: dict[str, Any] = {"dataset": "x", "split": split, "classes": wnids}
        plain = write_manifest(chosen, tmp_path / "plain.parquet", **facts)
        assert path.read_bytes() == plain.path.read_bytes()
        assert len(plain) == len(chosen) == sum(map(len, parts[split]))
        assert bool(len(plain)) == (split != "val")


def test_classes_of_which_there_is_none_are_an_error(mixed: Any, tmp_path: Path) -> None:
    dataset, _ = mixed
    index_images(list_images(dataset.source, None, threads=1), tmp_path / "index.parquet")
    for indices in ([], [tmp_path / "index.parquet"]):
        with pytest.raises(InputError, match=r"images: the classes here \(a dog, bee, cat, élan\)"):
            build_manifests(dataset.manifest_spec, ["n01"], {}, threads=1, indices=indices)


def frames(ids: list[str]) -> Iterator[pd.DataFrame]:
    """Seven images at a time, of two classes in turn."""
    for start in range(0, len(ids), 7):
        some = range(start, min(start + 7, len(ids)))
        yield listing.listing(
            (ids[n], f"{start}.parquet", "parquet", n - start, -1, "ab"[n % 2], "") for n in some
        )


def test_ids_that_repeat_in_other_classes_are_named_with_their_places(tmp_path: Path) -> None:
    ids = [str(number) for number in range(40)]
    ids[30], ids[11], ids[39] = "5", "4", "4"
    path = tmp_path / "index.parquet"
    message = (
        "2 image ids are given twice: 4, 5; 4 is in 0.parquet at 4, 7.parquet at 4 and 1 more "
        r"\(rows of packs"
    )
    with pytest.raises(InputError, match=message):
        index_images(frames(ids), path)
    assert not list(tmp_path.iterdir())


def test_ids_of_one_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_index, "_marks", lambda ids: np.zeros(len(ids), np.uint64))
    ids = [str(number) for number in range(40)]
    index_images(frames(ids), tmp_path / "index.parquet")
    assert SourceIndex(tmp_path / "index.parquet").counts == {"a": 20, "b": 20}
    with pytest.raises(
        InputError, match=r"1 image ids are given twice: 7; 7 is in 7\.parquet at 0"
    ):
        index_images(frames([*ids, "7"]), tmp_path / "index.parquet")


@pytest.mark.parametrize("run", [1, 10, 1000])
@pytest.mark.parametrize("group", [1, 3, 1000])
def test_rows_of_a_class_come_in_the_order_in_which_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: int, group: int
) -> None:
    """Also of a class whose name is longer than those of which Parquet keeps the first and last."""
    monkeypatch.setattr(class_rows, "RUN", run)
    monkeypatch.setattr(class_rows, "GROUP", group)
    names = ["a", "b" * 5000, "é", "d", "e"]
    drawn = np.random.default_rng(0).choice(names[:4], 50)
    schema = pa.schema([("key", pa.string()), ("row", pa.int64())])
    with class_rows_writer(tmp_path / "x.parquet", schema, key="key") as writer:
        writer.facts["more"] = [1]
        for start in range(0, 50, 7):
            part = drawn[start : start + 7].tolist()
            writer.add(pa.table([part, range(start, start + len(part))], schema=schema))
    rows = ClassRows(tmp_path / "x.parquet", key="key")
    assert rows.facts == {"more": [1]}
    assert rows.counts == pd.Series(drawn).value_counts().to_dict()
    expected = {name: np.flatnonzero(drawn == name).tolist() for name in names}
    for name in [*names, "a"]:
        assert rows.of([name])["row"].to_pylist() == expected[name]
    both = rows.of(["a", "b" * 5000])
    assert sorted(both["row"].to_pylist()) == sorted(expected["a"] + expected["b" * 5000])
    assert sum(map(len, rows.pieces())) == 50


def test_a_source_that_mixes_its_classes_is_listed_once(fill: Any) -> None:
    tars = {"kind": "tar", "layout": "samples", "path": "data/tars"}
    packs = {"kind": "parquet", "path": "data/packs"}
    levels = {"classes": {"benchmark": "cog", "part": "levels"}, "test_images": 1}
    own = {"classes": {"part": "source"}, "test_images": 1}
    plan = fill(
        {
            "own": {"source": tars, **own},
            "cog": {"source": packs, **levels},
            "more": {"source": packs, **own, "classes": {"names": ["a"]}},
            "other": {"source": packs | {"class_column": "label"}, **own},
            "folders": {
                "source": {"kind": "folder", "path": "data"},
                "classes": {"names": ["a"]},
                "test_images": 1,
            },
            "divided": {"source": tars | {"split_file": "s.json"}, "classes": own["classes"]},
            "world": {"source": {"kind": "world"}, "max_images": 9, **levels},
        }
    )
    names = {name: found.indices for name, found in plan.datasets.items()}
    assert len(plan.source_of) == 3
    assert names["own"] == plan.datasets["own"].class_indices
    assert names["cog_l1"] == names["cog_l2"] == names["cog_l3"] == names["more"]
    assert len({*names["own"], *names["more"], *names["other"]}) == 3
    for name in ("own", "cog_l1"):
        (index,) = names[name]
        assert plan.source_of[index.split("/")[2]].spec.source == plan.datasets[name].source
    assert plan.datasets["cog_l1"].class_indices == []
    for name in ("folders", "divided", "world_l1"):
        assert names[name] == plan.datasets[name].class_indices == []
