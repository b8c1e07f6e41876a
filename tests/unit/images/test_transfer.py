"""The lists of the transfer sets: read here, and by torchvision's classes from the same files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from torchvision import datasets

from cogworks.core.codehash import reached
from cogworks.core.errors import InputError
from cogworks.images.sources import transfer
from cogworks.images.sources.transfer import download_transfer
from cogworks.images.sources.transfer_sets import TRANSFER_SETS

from .conftest import encode, picture


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(picture(len(path.name))))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def entries(name: str, root: Path, split: str) -> list[tuple[str, str]]:
    """(absolute path, class) of one split, sorted."""
    found = TRANSFER_SETS.load(name).read(root)
    return sorted((str(root / path), wnid) for path, wnid, part in found if part == split)


def theirs(*parts: Any, classes: list[str] | None = None) -> list[tuple[str, str]]:
    """The same of torchvision's data sets, from their file lists."""
    rows = []
    for part in parts:
        names = classes or part.classes
        files = getattr(part, "_image_files", None) or part._images
        rows += [(str(file), names[label]) for file, label in zip(files, part._labels, strict=True)]
    return sorted(rows)


def make_aircraft(root: Path) -> None:
    data = root / "fgvc-aircraft-2013b" / "data"
    write(data / "variants.txt", "A 330-200\nDC-3\n")
    write(data / "images_variant_trainval.txt", "001 A 330-200\n002 DC-3\n")
    write(data / "images_variant_test.txt", "003 DC-3\n")
    for image in ("001", "002", "003"):
        touch(data / "images" / f"{image}.jpg")


def test_aircraft(tmp_path: Path) -> None:
    make_aircraft(tmp_path)
    for split, part in (("train", "trainval"), ("test", "test")):
        expected = theirs(datasets.FGVCAircraft(tmp_path, split=part))
        assert entries("Aircraft", tmp_path, split) == expected


def test_cars(tmp_path: Path) -> None:
    base = tmp_path / "stanford_cars"
    (base / "devkit").mkdir(parents=True)
    names = np.array(["Audi A1 2010", "BMW X 2011", "VW Up 2012"], dtype=object)
    scipy.io.savemat(base / "devkit" / "cars_meta.mat", {"class_names": names})
    kinds = [("class", "O"), ("fname", "O")]
    for folder, file, rows in (
        ("cars_train", "devkit/cars_train_annos.mat", [(3, "1.jpg"), (1, "2.jpg")]),
        ("cars_test", "cars_test_annos_withlabels.mat", [(2, "1.jpg"), (3, "2.jpg")]),
    ):
        scipy.io.savemat(base / file, {"annotations": np.array(rows, dtype=kinds)})
        for _, name in rows:
            touch(base / folder / name)
    for split in ("train", "test"):
        theirs_ = datasets.StanfordCars(tmp_path, split=split)
        expected = sorted((file, theirs_.classes[label]) for file, label in theirs_._samples)
        assert entries("Cars196", tmp_path, split) == expected


def test_dtd(tmp_path: Path) -> None:
    data = tmp_path / "dtd" / "dtd"
    for part, lines in (
        ("train1", "dotted/dotted_1.jpg\nlined/lined_1.jpg\n"),
        ("val1", "dotted/dotted_2.jpg\nlined/lined_2.jpg\n"),
        ("test1", "lined/lined_3.jpg\ndotted/dotted_3.jpg\n"),
    ):
        write(data / "labels" / f"{part}.txt", lines)
        for line in lines.split():
            touch(data / "images" / line)
    parts = [datasets.DTD(tmp_path, split=split) for split in ("train", "val", "test")]
    assert entries("DTD", tmp_path, "train") == theirs(*parts[:2])
    assert entries("DTD", tmp_path, "test") == theirs(parts[2])


def test_eurosat(tmp_path: Path) -> None:
    for name in ("Forest/Forest_1", "Forest/Forest_2", "River/River_1"):
        touch(tmp_path / "eurosat" / "2750" / f"{name}.jpg")
    whole = datasets.EuroSAT(tmp_path)
    expected = sorted((file, whole.classes[label]) for file, label in whole.samples)
    assert entries("EuroSAT", tmp_path, "") == expected


def test_flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path / "flowers-102"
    base.mkdir()
    scipy.io.savemat(base / "imagelabels.mat", {"labels": np.array([[2, 1, 102, 2, 1, 7]])})
    ids = {"trnid": [[1, 3]], "valid": [[5, 2]], "tstid": [[6, 4]]}
    scipy.io.savemat(base / "setid.mat", {key: np.array(value) for key, value in ids.items()})
    for number in range(1, 7):
        touch(base / "jpg" / f"image_{number:05d}.jpg")
    monkeypatch.setattr(datasets.Flowers102, "_check_integrity", lambda self: True)
    parts = [datasets.Flowers102(tmp_path, split=split) for split in ("train", "val", "test")]
    numbers = [f"{number:03d}" for number in range(1, 103)]
    assert entries("Flowers", tmp_path, "train") == theirs(*parts[:2], classes=numbers)
    assert entries("Flowers", tmp_path, "test") == theirs(parts[2], classes=numbers)


def test_pets(tmp_path: Path) -> None:
    base = tmp_path / "oxford-iiit-pet"
    write(base / "annotations" / "trainval.txt", "Abyssinian_1 1 1 1\ngreat_dane_1 2 2 1\n")
    write(base / "annotations" / "test.txt", "great_dane_2 2 2 1\nAbyssinian_2 1 1 1\n")
    for name in ("Abyssinian_1", "great_dane_1", "great_dane_2", "Abyssinian_2"):
        touch(base / "images" / f"{name}.jpg")
    for split, part in (("train", "trainval"), ("test", "test")):
        expected = theirs(
            datasets.OxfordIIITPet(tmp_path, split=part), classes=["Abyssinian", "great_dane"]
        )
        assert entries("Pets", tmp_path, split) == expected


def test_food(tmp_path: Path) -> None:
    base = tmp_path / "food-101"
    lists = {
        "train": {"apple_pie": ["apple_pie/1"], "beignets": ["beignets/2"]},
        "test": {"apple_pie": ["apple_pie/3"], "beignets": ["beignets/4"]},
    }
    for split, classes in lists.items():
        write(base / "meta" / f"{split}.json", json.dumps(classes))
        lines = [line for images in classes.values() for line in images]
        write(base / "meta" / f"{split}.txt", "\n".join(lines))
        for line in lines:
            touch(base / "images" / f"{line}.jpg")
    for split in ("train", "test"):
        part = datasets.Food101(tmp_path, split=split)
        classes = sorted(lists[split])
        assert entries("Food101", tmp_path, split) == theirs(part, classes=classes)


def test_sun(tmp_path: Path) -> None:
    base = tmp_path / "SUN397"
    write(base / "ClassName.txt", "/a/abbey\n/a/apse/indoor\n")
    write(
        tmp_path / "Partitions" / "Training_01.txt",
        "/a/abbey/sun_1.jpg\n/a/apse/indoor/sun_2.jpg\n",
    )
    write(
        tmp_path / "Partitions" / "Testing_01.txt", "/a/apse/indoor/sun_3.jpg\n/a/abbey/sun_4.jpg\n"
    )
    for name in ("a/abbey/sun_1", "a/apse/indoor/sun_2", "a/apse/indoor/sun_3", "a/abbey/sun_4"):
        touch(base / f"{name}.jpg")
    found = [entries("SUN397", tmp_path, split) for split in ("train", "test")]
    assert [len(part) for part in found] == [2, 2]
    assert sorted(found[0] + found[1]) == theirs(datasets.SUN397(tmp_path))


@pytest.mark.parametrize("year", ["2018", "2019"])
def test_inaturalist(tmp_path: Path, year: str) -> None:
    rows = {"train": [(7, "Plantae/0/x.jpg", 0), (9, "Aves/1/y.jpg", 1)]}
    rows["val"] = [(3, "Aves/1/z.jpg", 1)]
    for part, images in rows.items():
        content = {
            "images": [
                {"id": i, "file_name": f"train_val{year}/{name}"} for i, name, _ in images[::-1]
            ],
            "annotations": [{"image_id": i, "category_id": label} for i, _, label in images],
        }
        write(tmp_path / f"{part}{year}.json", json.dumps(content))
        for _, name, _ in images:
            touch(tmp_path / year / name)
    found = {split: entries(f"iNat{year}", tmp_path, split) for split in ("train", "test")}
    assert [len(part) for part in found.values()] == [2, 1]
    whole = datasets.INaturalist(tmp_path, version=year)
    expected = [
        (str(tmp_path / year / whole.all_categories[label] / name), f"{label:04d}")
        for label, name in whole.index
    ]
    assert sorted(found["train"] + found["test"]) == sorted(expected)


def test_an_incomplete_copy_is_refused_with_the_numbers(tmp_path: Path) -> None:
    make_aircraft(tmp_path)
    with pytest.raises(InputError, match="should have 100 classes, 6667 training and 3333 test"):
        transfer.scan_transfer("Aircraft", tmp_path)


def test_a_listed_image_that_is_missing_is_named(tmp_path: Path) -> None:
    make_aircraft(tmp_path)
    (tmp_path / "fgvc-aircraft-2013b" / "data" / "images" / "002.jpg").unlink()
    rows = list(TRANSFER_SETS.load("Aircraft").read(tmp_path))
    with pytest.raises(InputError, match=r"1 of 3 listed images are not there, .*/002\.jpg"):
        transfer.list_entries(tmp_path, rows)


@pytest.mark.parametrize("name", sorted(TRANSFER_SETS))
def test_an_empty_root_is_an_error_that_names_a_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        transfer.scan_transfer(name, tmp_path)


def test_the_table_agrees_with_the_protocol() -> None:
    loaded = {name: TRANSFER_SETS.load(name) for name in TRANSFER_SETS}
    totals = {name: known.train + known.test for name, known in loaded.items()}
    assert totals["Flowers"] == 8189
    assert totals["DTD"] == 5640
    assert totals["Cars196"] == 16185
    assert totals["iNat2018"] == 437513 + 24426


@pytest.mark.parametrize("name", ["Cars196", "SUN397", "iNat2018", "iNat2019"])
def test_what_torchvision_does_not_fetch_is_said_before_anything_is(
    tmp_path: Path, name: str, fill: Any
) -> None:
    source = {"kind": "torchvision", "dataset": name, "path": str(tmp_path)}
    section = {"source": source, "classes": {"part": "source"}}
    found = fill({"x": section}, compute={"online": True}).datasets["x"]
    known = TRANSFER_SETS.load(name).by_hand
    assert len(found.missing) == len(known.files)
    for line, file in zip(found.missing, known.files, strict=True):
        assert line.startswith(f"images.x.source: {tmp_path}: {file} is not there")
        assert known.advice in line
    with pytest.raises(InputError, match="is not there"):
        download_transfer(name, tmp_path)
    for file in known.files:
        write(tmp_path / file, "")
    assert found.missing == []


@pytest.mark.parametrize(("name", "folder"), [("SUN397", "SUN397"), ("iNat2018", "2018")])
def test_lists_alone_in_torchvisions_folder_would_keep_it_from_fetching(
    tmp_path: Path, name: str, folder: str
) -> None:
    for file in TRANSFER_SETS.load(name).by_hand.files:
        write(tmp_path / folder / file, "")
    with pytest.raises(InputError, match="holds no images, and torchvision fetches none"):
        download_transfer(name, tmp_path)


def test_cars_that_are_there_need_no_network(tmp_path: Path) -> None:
    for file in TRANSFER_SETS.load("Cars196").by_hand.files:
        write(tmp_path / file, "")
    download_transfer("Cars196", tmp_path)


def test_the_code_of_a_set_is_part_of_its_own_data_sets_alone(fill: Any) -> None:
    entry = {f"{TRANSFER_SETS.module(name)}:TRANSFER_SET": name for name in TRANSFER_SETS}
    for name in TRANSFER_SETS:
        source = {"kind": "torchvision", "dataset": name, "path": "x"}
        section = {"source": source, "classes": {"part": "source"}}
        modules = fill({"x": section}, check=False).datasets["x"].source_modules
        for script in ("list_classes", "build_manifest"):
            found = reached(script, *modules)
            assert [entry[place] for place in found if place in entry] == [name]
