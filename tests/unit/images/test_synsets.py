"""Several of torchvision's data sets as one, with synsets as classes; and those of CoG-lite."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision import datasets

from cogworks.concepts.synset_tables import table_of
from cogworks.core.errors import InputError
from cogworks.images.build import build_manifests
from cogworks.images.classes import list_classes
from cogworks.images.decode import decode_pil
from cogworks.images.manifest import Manifest, as_rows, read_manifest
from cogworks.images.reader import ImageReader
from cogworks.images.sources.transfer import scan_transfer
from cogworks.images.sources.transfer_sets import TRANSFER_SETS

from .conftest import encode, picture, scan

CRAB, ANT, STATUE, COUGAR = "n01976957", "n02219486", "n04306847", "n02125311"
FOLDERS = {"Caltech101": "caltech101/101_ObjectCategories"}
FOLDERS["Caltech256"] = "caltech256/256_ObjectCategories"
MADE = {
    "Caltech101": ["BACKGROUND_Google", "ant", "cougar_body", "cougar_face", "garfield"],
    "Caltech256": ["022.buddha-101", "052.crab-101", "257.clutter"],
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with Caltech-101 and -256, four JPEGs a class, taken for complete."""
    monkeypatch.chdir(tmp_path)
    for name, classes in MADE.items():
        for number, one in enumerate(classes):
            folder = tmp_path / FOLDERS[name] / one
            folder.mkdir(parents=True)
            for image in range(4):
                data = encode(picture(10 * number + image), "jpeg")
                (folder / f"{number:03d}_{image:04d}.jpg").write_bytes(data)
        (tmp_path / FOLDERS[name] / MADE[name][-1] / "notes").mkdir()
        known = TRANSFER_SETS.load(name)
        real = [one for one in classes if one != "BACKGROUND_Google"]
        monkeypatch.setitem(known.__dict__, "classes", len(real))
        monkeypatch.setitem(known.__dict__, "train", 4 * len(real))
    return tmp_path


def section(root: Path, *names: str, **classes: Any) -> dict[str, Any]:
    source = {"kind": "synsets", "path": str(root), "datasets": list(names)}
    return {"source": source, "classes": classes or {"part": "source"}, "test_images": 1}


def test_classes_with_one_synset_are_one_and_those_without_are_left_out(
    root: Path, fill: Any
) -> None:
    found = fill({"x": section(root, "Caltech101")}).datasets["x"]
    frame = scan(found.source, None)
    assert frame["wnid"].value_counts().to_dict() == {COUGAR: 8, ANT: 4}
    assert set(frame["split"]) == {""}
    assert frame["id"].str.startswith("Caltech101/caltech101/101_ObjectCategories/").all()
    assert frame["id"].is_unique


def test_a_synset_of_two_sets_has_the_images_of_the_first(
    root: Path, fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the first has no image of it, as its table says that it has the class."""
    names = ("Caltech101", "Caltech256")
    both = fill({"x": section(root, *names), "y": section(root, *names[::-1])})
    first, second = (scan(both.datasets[name].source, None) for name in ("x", "y"))
    assert sorted(set(first["wnid"])) == sorted([ANT, COUGAR])
    # Caltech-256 has no cougar and no ant.
    assert sorted(set(second["wnid"])) == sorted([ANT, COUGAR, CRAB, STATUE])


def test_seen_classes_are_those_with_images(root: Path, fill: Any) -> None:
    given = section(root, "Caltech101", benchmark="cog", part="seen", with_images=True)
    found = fill({"x": given}).datasets["x"]
    assert table_of("Caltech101") in found.class_files
    wnids = root / "seen.parquet"
    import pandas as pd

    pd.DataFrame({"wnid": [ANT, CRAB, "n01440764"]}).to_parquet(wnids)
    listed = list_classes(found.classes_spec, [wnids], threads=1)
    assert listed["wnid"].tolist() == [ANT]
    outputs = {split: root / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(found.manifest_spec, [ANT], outputs, threads=1)
    manifest = read_manifest(outputs["train"])
    assert len(manifest.frame) == 3
    with pytest.raises(InputError, match=r"1 of the 2 synsets wanted .* n01440764\. Name the tab"):
        build_manifests(found.manifest_spec, ["n01440764", ANT], outputs, threads=1)


def test_a_class_that_the_table_does_not_have_is_named(
    root: Path, fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "resources" / "synsets").mkdir(parents=True)
    own = root / "resources" / "synsets" / "Caltech101.csv"
    own.write_text(f"class,wnid\nant,{ANT}\ngarfield,\n")
    found = fill({"x": section(root, "Caltech101")}).datasets["x"]
    message = r"2 classes stand in no row of resources/synsets/Caltech101.csv: cougar_body, cougar"
    with pytest.raises(InputError, match=message):
        scan(found.source, None)


def test_a_set_half_there_is_refused_with_the_numbers(root: Path) -> None:
    for path in (root / FOLDERS["Caltech256"] / "052.crab-101").glob("*_000[12].jpg"):
        path.unlink()
    message = r"3 classes, 12 training .* here have 3, 10 and 0; remove caltech256/256_Obj.* again"
    with pytest.raises(InputError, match=message):
        scan_transfer("Caltech256", root)


@pytest.mark.parametrize("online", [False, True])
def test_without_a_network_each_set_that_is_not_there_is_named(
    root: Path, fill: Any, online: bool
) -> None:
    section_ = section(root, "Caltech101", "Pets", "Food101")
    plan = fill({"x": section_}, compute={"online": online})
    line = (
        f"images.x.source: {root}: no folder oxford-iiit-pet (Pets), food-101 (Food101); name in "
        "path the folder that holds what torchvision's classes make, or set compute.online to "
        "fetch it"
    )
    assert plan.datasets["x"].missing == ([] if online else [line])


def test_a_set_without_a_table_is_refused(tmp_path: Path, fill: Any) -> None:
    from cogworks.plan import datasets as planned

    plan = fill({"x": section(tmp_path, "DTD")}, check=False)
    assert any(
        line.startswith("images.x.source.datasets: DTD has no table")
        for line in planned.problems(plan)
    )


def test_packs_of_named_classes_take_a_table(make_pack: Any, fill: Any, tmp_path: Path) -> None:
    pack = make_pack([("Ants", "train")] * 2 + [("Odd", "train")] + [("Crabs", "train")])
    table = tmp_path / "table.csv"
    table.write_text(f"class,wnid,note\nAnts,{ANT},\nCrabs,{CRAB},\nOdd,,nothing fits\n")
    source = {"kind": "parquet", "path": str(pack), "mapping": str(table)}
    given = {"source": source, "classes": {"part": "source"}, "test_images": 1}
    found = fill({"x": given}).datasets["x"]
    assert str(table) in found.source_files
    assert scan(found.source, None)["wnid"].tolist() == [CRAB, ANT, ANT]


def test_folders_of_named_classes_take_a_table(make_folder: Any, fill: Any, tmp_path: Path) -> None:
    folder = str(make_folder({"Ants": 2, "More ants": 1, "Odd": 1, "Crabs": 3}))
    table = tmp_path / "table.csv"
    rows = ["Ants", ANT], ["More ants", ANT], ["Odd", ""], ["Crabs", CRAB]
    table.write_text("class,wnid\n" + "".join(f"{name},{wnid}\n" for name, wnid in rows))
    source = {"kind": "folder", "path": folder, "mapping": str(table)}
    given = {"source": source, "classes": {"part": "source"}, "test_images": 1}
    found = fill({"x": given}).datasets["x"]
    assert found.source_files == [str(table)]
    frame = scan(found.source, None)
    assert frame["wnid"].value_counts().to_dict() == {ANT: 3, CRAB: 3}
    assert frame["id"].str.startswith("More ants/").sum() == 1
    assert set(scan(found.source, [CRAB])["wnid"]) == {CRAB}
    table.write_text(f"class,wnid\nAnts,{ANT}\nGone,{CRAB}\n")
    with pytest.raises(InputError, match=r"3 classes stand in no row of .*: Crabs, More ants, Odd"):
        scan(found.source, None)
    table.write_text("class,wnid\n" + "".join(f"{name},{wnid or CRAB}\n" for name, wnid in rows))
    (Path(folder) / "Odd").rename(tmp_path / "Odd")
    with pytest.raises(InputError, match="1 class folder missing: Odd"):
        scan(found.source, None)
    table.write_text("Ants\n")
    problems = list(fill({"x": given}, check=False).datasets["x"].problems())
    assert any("table.csv is no table of class folders" in line for line in problems)


def test_cifar_is_read_where_its_pixels_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of one file, as torchvision reads them: pixels, labels and names."""
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3072), dtype=np.uint8)
    content = {
        "train": {"data": pixels[:3], "fine_labels": [1, 0, 1]},
        "test": {"data": pixels[3:], "fine_labels": [0, 1]},
        "meta": {"fine_label_names": ["apple", "crab"]},
    }
    md5 = {}
    for name, value in content.items():
        (folder / name).write_bytes(pickle.dumps(value))
        md5[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    theirs = datasets.CIFAR100
    monkeypatch.setattr(theirs, "train_list", [["train", md5["train"]]])
    monkeypatch.setattr(theirs, "test_list", [["test", md5["test"]]])
    monkeypatch.setattr(theirs, "meta", theirs.meta | {"md5": md5["meta"]})
    known = TRANSFER_SETS.load("CIFAR100")
    for key, number in {"classes": 2, "train": 3, "test": 2}.items():
        monkeypatch.setitem(known.__dict__, key, number)
    frame = scan_transfer("CIFAR100", tmp_path)
    assert frame["wnid"].tolist() == ["crab", "apple", "crab", "apple", "crab"]
    assert frame["split"].tolist() == ["train"] * 3 + ["test"] * 2

    reader = ImageReader(Manifest(as_rows(frame), [], "", "", "", tmp_path))
    expected = [
        np.asarray(image) for split in (True, False) for image, _ in theirs(tmp_path, split)
    ]
    for index, image in enumerate(expected):
        decoded = decode_pil(reader.read_bytes(index), name="")
        assert np.array_equal(np.asarray(decoded), image)
    (folder / "test").write_bytes(pickle.dumps(content["test"]) + b" ")
    with pytest.raises(InputError, match=r"bytes with the MD5 .* was published; remove"):
        scan_transfer("CIFAR100", tmp_path)


def test_the_folders_of_real_photographs_have_their_synsets(dev_data: Path, fill: Any) -> None:
    """45 classes of Caltech-101, each with a synset of its own."""
    source = {
        "kind": "parquet",
        "path": str(dev_data / "images" / "caltech_sample.parquet"),
        "class_column": "caltech_class",
        "mapping": "resources/synsets/Caltech101.csv",
    }
    given = {"source": source, "classes": {"part": "source"}, "test_images": 10}
    found = fill({"x": given}).datasets["x"]
    frame = scan(found.source, None)
    assert len(frame) == 2244
    assert frame["wnid"].nunique() == 45
