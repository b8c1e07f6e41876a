"""Paths by name."""

from pathlib import Path

import pytest

from cogworks.config.named_paths import resolved
from cogworks.core.errors import InputError
from cogworks.plan.load import load

PHOTOS = {"source": {"kind": "folder", "train_path": "<photos>/train", "test_path": "<photos>/val"}}


def test_a_name_at_the_front_stands_for_its_path() -> None:
    config = {
        "paths": {"a": "/data/a", "b": "~/b", "idle": "x"},
        "x": {"one": "<a>", "two": ["<a>/t", "<b>/<a>", "t/<a>", "<a>b", "<>", 3], "<a>": None},
    }
    assert resolved(config) == {
        "x": {
            "one": "/data/a",
            "two": ["/data/a/t", "~/b/<a>", "t/<a>", "<a>b", "<>", 3],
            "<a>": None,
        }
    }


def test_an_unknown_name_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("paths: {photos: /data}\nx:\n  y: [<photos>, <fotos>/1]\n")
    config = {"paths": {"photos": "/data"}, "x": {"y": ["<photos>", "<fotos>/1"]}}
    with pytest.raises(InputError) as caught:
        load(config, [path])
    (line,) = str(caught.value).splitlines()[1:]
    assert line == f"x.y[1]: 'fotos' is not a path's name; known: photos ({path}, line 3)"


def test_a_bad_section_is_told_by_its_type() -> None:
    for paths in (["a"], {"a": 3}):
        with pytest.raises(InputError, match=r"paths.*: expected "):
            load({"paths": paths})


def test_a_config_with_names_is_the_config_with_paths() -> None:
    classes = {"classes": {"wnids": ["n01440764"]}}
    named = {"paths": {"photos": "p"}, "images": {"x": PHOTOS | classes}}
    source = {"kind": "folder", "train_path": "p/train", "test_path": "p/val"}
    plain = {"images": {"x": {"source": source} | classes}}
    assert load(named).config == load(plain).config
