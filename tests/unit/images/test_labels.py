"""Labels of every container: none is turned into a class that it does not name."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.packs import find_images

NAMES = ["cat", "dog", "owl"]
BAD = [
    "a\0b",
    -1,
    "-1",
    1.9,
    "1.9",
    True,
    3,
    "3",
    "cat",
    "1e0",
    "+1",
    "\u0661",
    float("nan"),
    "9" * 5000,
]


@pytest.mark.parametrize("label", [1, 1.0, "1", " 1\n", "01", b"1"])
def test_a_number_stands_for_the_class_of_its_line(label: Any) -> None:
    assert class_id(label, NAMES, "here") == "dog"


@pytest.mark.parametrize("label", [*BAD, "", " ", None, [1], {"a": 1}, b"\xff"], ids=repr)
def test_anything_else_is_an_error_that_names_the_place(label: Any) -> None:
    with pytest.raises(InputError, match=r"^here: .*class"):
        class_id(label, NAMES, "here")


@pytest.mark.parametrize(
    ("label", "wnid"),
    [("n01440764", "n01440764"), (" tabby cat ", "tabby cat"), (7, "7"), (7.0, "7"), ("07", "07")],
)
def test_without_a_list_labels_are_the_classes(label: Any, wnid: str) -> None:
    assert class_id(label, None, "here") == wnid


@pytest.mark.parametrize("label", [-1, "-1", 1.9, True, "", [1], float("inf")], ids=repr)
def test_without_a_list_they_are_looked_at_too(label: Any) -> None:
    with pytest.raises(InputError, match=r"^here: "):
        class_id(label, None, "here")


def write_samples(path: Path, members: dict[str, bytes]) -> str:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return str(path)


@pytest.fixture
def names(tmp_path: Path) -> str:
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    return str(tmp_path / "names.txt")


@pytest.mark.parametrize("label", [-1, 1.9, True, 3, [1]], ids=repr)
def test_labels_in_json_of_tar_files(listed: Any, tmp_path: Path, names: str, label: Any) -> None:
    members = {"1.jpg": b"x", "1.json": json.dumps({"label": label}).encode()}
    path = write_samples(tmp_path / "s.tar", members)
    source = {"kind": "tar", "layout": "samples", "path": path, "class_column": "label"}
    with pytest.raises(InputError, match=r"s\.tar: 1\.json: class"):
        listed(source | {"mapping": names}, None)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"1.json": b'{"wnid": "caf\xe9"}'}, r"1\.json, line 1: not UTF-8 text"),
        ({"1.cls": b"caf\xe9"}, r"1\.cls, line 1: not UTF-8 text"),
        ({"1.json": b'{"wnid": '}, r"1\.json: not valid JSON"),
        ({"1.json": b'["n01"]'}, r"1\.json: expected a JSON object with the class under 'wnid'"),
        ({"1.json": b'{"wnid": null}'}, "1 samples lack an image or a class .*: 1"),
        ({"1.cls": b" \n"}, r"1\.cls: the class is empty"),
        ({"1.json": b"[" * 100_000}, r"1\.json: not valid JSON"),
        ({"1.cls": b"\x05" + bytes(7)}, r"1\.cls: class .* holds control characters"),
        ({"1.seg.cls": b"n01"}, "1 samples lack an image or a class"),
    ],
)
def test_samples_that_name_no_class(
    listed: Any, tmp_path: Path, members: dict[str, bytes], message: str
) -> None:
    path = write_samples(tmp_path / "s.tar", {"1.jpg": b"x"} | members)
    with pytest.raises(InputError, match=rf"s\.tar.*{message}"):
        listed({"kind": "tar", "layout": "samples", "path": path}, None)


@pytest.mark.parametrize(
    "members",
    [
        {"1.JPG": b"x", "1.CLS": b"\xef\xbb\xbfdog\r\n"},
        {"1.input.jpg": b"x", "1.target.cls": b"dog"},
        {"./1.jpg": b"x", "./1.cls": b"dog", "./._1.jpg": b"?", "./._1.cls": b"?"},
        {"1.json": b'{"wnid": "dog"}', "1.cls": b"cat", "1.jpg": b"x"},
        {"1.cls": b"dog", "1.json": b'{"caption": "x"}', "1.jpg": b"x", "1.txt": b"caption"},
    ],
)
def test_samples_as_they_are_written(
    listed: Any, tmp_path: Path, members: dict[str, bytes]
) -> None:
    path = write_samples(tmp_path / "s.tar", members)
    frame = listed({"kind": "tar", "layout": "samples", "path": path}, None)
    assert list(frame[["id", "wnid"]].itertuples(index=False, name=None)) == [("s.tar/1", "dog")]


def write_pack(path: Path, labels: Any, metadata: dict[str, Any] | None = None) -> str:
    table = pa.table({"image": [b"x"] * len(labels), "label": labels})
    if metadata is not None:
        table = table.replace_schema_metadata({b"huggingface": json.dumps(metadata).encode()})
    pq.write_table(table, path)
    return str(path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pa.array([0, -1]), "class -1 stands for no class"),
        (pa.array([0.0, 1.5]), r"class 1\.5 is not a whole number"),
        (pa.array([True, False]), "class (True|False) is neither text nor a whole number"),
        (pa.array([0, None]), "is empty in row 1"),
        (pa.array([0.0, float("nan")]), "is empty in row 1"),
        (pa.array([0, 3]), "class '3' is not a number from 0 to 2"),
        (pa.array(["0", "dog"]), "class 'dog' is not a number from 0 to 2"),
        (pa.array(["0", ""]), "the class is empty"),
        (pa.array([[0], [1]]), "column label holds list<.*>, expected one class for each image"),
    ],
)
def test_labels_in_packs(
    listed: Any, tmp_path: Path, names: str, labels: pa.Array, message: str
) -> None:
    path = write_pack(tmp_path / "p.parquet", labels)
    source = {"kind": "parquet", "path": path, "class_column": "label", "mapping": names}
    with pytest.raises(InputError, match=rf"p\.parquet: .*{message}"):
        listed(source, None)


@pytest.mark.parametrize(
    "labels",
    [
        pa.array([2, 0]),
        pa.array([2, 0], pa.uint8()),
        pa.array([2.0, 0.0]),
        pa.array(["2", "0"]),
        pa.array(["2", "0"]).dictionary_encode(),
        pa.array([b"2", b"0"]),
    ],
    ids=lambda labels: str(labels.type),
)
def test_a_mapping_names_the_numbers_of_packs(
    listed: Any, tmp_path: Path, names: str, labels: pa.Array
) -> None:
    path = write_pack(tmp_path / "p.parquet", labels)
    source = {"kind": "parquet", "path": path, "class_column": "label"}
    assert list(listed(source | {"mapping": names}, None)["wnid"]) == ["owl", "cat"]
    assert list(listed(source, None)["wnid"]) == ["2", "0"]


FEATURES = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}


def test_packs_of_hugging_face_name_their_numbers(listed: Any, tmp_path: Path) -> None:
    metadata = {"info": {"features": FEATURES}}
    path = write_pack(tmp_path / "p.parquet", pa.array([2, 0, 2]), metadata)
    source = {"kind": "parquet", "path": path, "class_column": "label"}
    assert list(listed(source, None)["wnid"]) == ["owl", "cat", "owl"]
    assert list(listed(source, ["owl"])["id"]) == ["p.parquet:0", "p.parquet:2"]
    # The user's own list comes first: the thesis uses wnids, Hugging Face names.
    (tmp_path / "w.txt").write_text("n01\nn02\nn03\n")
    frame = listed(source | {"mapping": str(tmp_path / "w.txt")}, None)
    assert list(frame["wnid"]) == ["n03", "n01", "n03"]
    twice = {"info": {"features": {"label": {"names": ["crane", "crane", "owl"]}}}}
    write_pack(tmp_path / "p.parquet", pa.array([2, 0]), twice)
    with pytest.raises(InputError, match=r"names of column label .* not distinct.*source\.mapping"):
        listed(source, None)


def test_text_in_packs_that_is_not_utf8_is_named(listed: Any, tmp_path: Path) -> None:
    buffers = [None, pa.py_buffer(bytes(4) + b"\1\0\0\0\2\0\0\0"), pa.py_buffer(b"\xe9a")]
    latin = pa.Array.from_buffers(pa.string(), 2, buffers)
    path = write_pack(tmp_path / "p.parquet", latin)
    with pytest.raises(InputError, match=r"p\.parquet: column label holds text that is not UTF-8"):
        listed({"kind": "parquet", "path": path, "class_column": "label"}, None)


def test_labels_that_are_text_need_no_names(listed: Any, tmp_path: Path) -> None:
    metadata = {"info": {"features": FEATURES}}
    path = write_pack(tmp_path / "p.parquet", pa.array(["2", "x"]), metadata)
    frame = listed({"kind": "parquet", "path": path, "class_column": "label"}, None)
    assert list(frame["wnid"]) == ["2", "x"]
    pd.DataFrame({"image": [b"x"], "label": [2]}).to_parquet(path)
    frame = listed({"kind": "parquet", "path": path, "class_column": "label"}, None)
    assert list(frame["wnid"]) == ["2"]


def test_classes_that_the_source_does_not_have(listed: Any, tmp_path: Path) -> None:
    path = write_pack(tmp_path / "p.parquet", pa.array([0, 1]))
    source = {"kind": "parquet", "path": path, "class_column": "label"}
    with pytest.raises(InputError, match=r"classes here \(0, 1\) are none .* source\.mapping says"):
        listed(source, ["n01", "n02"])


def test_packs_of_which_one_has_no_names_for_its_numbers(listed: Any, tmp_path: Path) -> None:
    features = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    write_pack(tmp_path / "0.parquet", [0, 1], {"info": {"features": features}})
    write_pack(tmp_path / "1.parquet", [0, 1])
    source = {"kind": "parquet", "path": str(tmp_path), "class_column": "label"}
    with pytest.raises(
        InputError, match=r"0\.parquet holds names .*1\.parquet does not; .*mapping"
    ):
        listed(source, None)
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    mapped = listed(source | {"mapping": str(tmp_path / "names.txt")}, None)
    assert list(mapped["wnid"]) == ["cat", "dog"] * 2


@pytest.mark.parametrize("statistics", [True, False])
def test_images_that_are_named_but_not_there(tmp_path: Path, statistics: bool) -> None:
    images = pa.array([{"bytes": None, "path": "a.jpg"}, {"bytes": b"x", "path": None}] * 20)
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"image": images}), path, write_statistics=statistics)
    with pytest.raises(InputError, match=r"image\.bytes is empty in (20 of 40|8 of 16) rows"):
        find_images(path, "image")


def test_images_as_views(tmp_path: Path) -> None:
    table = pa.table({"image": pa.array([b"x", b"long enough for a view"], pa.binary_view())})
    pq.write_table(table, tmp_path / "p.parquet")
    assert find_images(tmp_path / "p.parquet", "image") == "image"


def test_a_shard_without_rows(listed: Any, tmp_path: Path) -> None:
    """Data sets that were filtered have some; writers make them with and without row groups."""
    schema = pa.schema({"image": pa.binary(), "label": pa.string()})
    pq.write_table(schema.empty_table(), tmp_path / "0.parquet")
    pq.ParquetWriter(tmp_path / "1.parquet", schema).close()
    write_pack(tmp_path / "2.parquet", ["cat", "dog"])
    assert find_images(tmp_path / "0.parquet", "image") == "image"
    assert find_images(tmp_path / "1.parquet", "image") == "image"
    source = {"kind": "parquet", "path": str(tmp_path), "class_column": "label"}
    assert list(listed(source, None)["wnid"]) == ["cat", "dog"]
