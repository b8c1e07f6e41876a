from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.images.classes import list_classes


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    """The seen table and the level table of a small benchmark."""
    seen, levels = tmp_path / "seen.parquet", tmp_path / "levels.parquet"
    pd.DataFrame({"wnid": ["n02123159", "n02123045"]}).to_parquet(seen)
    ranked = ["n02099712", "n02676566", "n02099601", "n02787622"]
    pd.DataFrame({"wnid": ranked, "level": [1, 2, 1, 2]}).to_parquet(levels)
    return [seen, levels]


def classes(fill: Any, wanted: dict[str, Any], tables: list[Path], **source: Any) -> pd.DataFrame:
    section = {"source": {"kind": "folder", "path": "x"} | source, "classes": wanted}
    found = fill({"x": section}, check=False).datasets["x"]
    return list_classes(found.classes_spec, tables, threads=1)


def test_levels_are_sorted_labelled_and_named(fill: Any, tables: list[Path]) -> None:
    wanted = {"benchmark": "cog", "part": "level", "level": 1}
    frame = classes(fill, wanted, tables[1:])
    assert list(frame["wnid"]) == ["n02099601", "n02099712"]
    assert list(frame["label"]) == [0, 1]
    assert frame["label"].dtype == "int32"
    assert list(frame["name"]) == ["golden retriever", "Labrador retriever"]


def test_all_is_the_seen_concepts_and_every_level(fill: Any, tables: list[Path]) -> None:
    frame = classes(fill, {"benchmark": "cog", "part": "all"}, tables)
    assert len(frame) == 6
    assert list(frame["wnid"]) == sorted(frame["wnid"])


def test_a_level_that_is_empty_is_an_error(fill: Any, tables: list[Path]) -> None:
    with pytest.raises(InputError, match=r"images\.x\.classes: no classes there"):
        classes(fill, {"benchmark": "cog", "part": "level", "level": 3}, tables[1:])


def test_files_lists_and_limits(fill: Any, tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("# fruit\npear\napple\n\nfig\n")
    whole = classes(fill, {"file": str(path)}, [])
    assert list(whole["wnid"]) == list(whole["name"]) == ["apple", "fig", "pear"]
    assert list(classes(fill, {"names": ["b", "a"]}, [])["wnid"]) == ["a", "b"]
    two = classes(fill, {"file": str(path), "limit": 2}, [])
    assert set(two["wnid"]) < set(whole["wnid"])
    assert list(two["label"]) == [0, 1]
    with pytest.raises(InputError, match=r"images\.x\.classes\.limit: 4 wanted of 3 classes"):
        classes(fill, {"file": str(path), "limit": 4}, [])
    with pytest.raises(InputError, match=r"images\.x\.classes\.count: expected 4 classes, found 3"):
        classes(fill, {"file": str(path), "count": 4}, [])
    path.write_text("pear\npear\n")
    with pytest.raises(InputError, match=r"names\.txt: given twice: pear"):
        classes(fill, {"file": str(path)}, [])


def test_a_limit_is_stable_when_classes_come_and_go(fill: Any) -> None:
    names = [f"c{number:02d}" for number in range(30)]
    some = set(classes(fill, {"names": names, "limit": 10}, [])["wnid"])
    more = set(classes(fill, {"names": [*names, "new"], "limit": 10}, [])["wnid"])
    assert len(some - more) <= 1
    other = set(classes(fill, {"names": names, "limit": 10, "seed": 1}, [])["wnid"])
    assert other != some


def test_the_thousand_of_imagenet_have_a_name(fill: Any) -> None:
    frame = classes(fill, {"file": "imagenet1k", "count": 1000}, [])
    assert (frame["wnid"].iloc[0], frame["name"].iloc[0]) == ("n01440764", "tench, Tinca tinca")


def test_classes_named_by_the_source(fill: Any, make_pack: Any) -> None:
    pack = make_pack([("b", "train"), ("a", "train"), ("b", "train")])
    frame = classes(fill, {"part": "source"}, [], kind="parquet", path=str(pack))
    assert list(frame["wnid"]) == ["a", "b"]
