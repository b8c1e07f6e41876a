"""Paths of the config: `~` once and everywhere, and what cannot be a path."""

from pathlib import Path
from typing import Any

import pytest

from cogworks.core import place, user_paths
from cogworks.core.errors import InputError
from cogworks.plan.load import load as load_config
from cogworks.plan.plan import Plan

SOURCE = {"kind": "folder", "path": ["~/a", "b", "~"], "layout": "flat", "mapping": "~/m.txt"}


def loaded(**sections: Any) -> Plan:
    return load_config(sections)


def test_the_home_folder_is_the_same_for_preflight_and_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    found = loaded(
        concepts={"c": {"pool": "~/pool.txt", "discard": "~/d", "image_counts": "~/i.csv"}},
        images={"x": {"source": SOURCE, "classes": {"file": "~/f"}, "test_images": 1}},
        encoders={
            "folder": {"model": "hf:~/model"},
            "code": {"entry_point": "~/net.py:load", "files": ["~/w"]},
            "file": {"model": "timm:x", "checkpoint": "~/w.pth"},
        },
        training={"r": {"dataset": "x", "start": {"checkpoint": "~/s.pth"}}},
        synthesis={
            "generators": {"g": {"path": "~/sd"}},
            "clones": {"k": {"generator": "g", "like": "x", "clip": "~/clip"}},
        },
    )
    assert "~" not in str(found.config)
    home = str(tmp_path)
    assert found.config.images["x"].source.path == [f"{home}/a", "b", home]
    assert found.config.encoders["folder"].model == f"hf:{home}/model"
    assert found.encoders["code"].files == [f"{home}/net.py", f"{home}/w"]
    assert found.config.concepts["c"].seen == "imagenet1k"


@pytest.mark.parametrize(
    "path", ["$HOME/x", "a b", "it's", '"q"', "#1", "{1}", "*[a]?", "été", "a:b", "a,b", "x~", "%s"]
)
def test_other_characters_are_left_alone(path: str) -> None:
    found = loaded(encoders={"e": {"model": "timm:x", "checkpoint": path}})
    assert found.config.encoders["e"].checkpoint == path


def test_a_leading_hyphen_is_no_option() -> None:
    found = loaded(encoders={"e": {"model": "timm:x", "checkpoint": "-w.pth"}})
    assert found.config.encoders["e"].checkpoint == str(Path.cwd() / "-w.pth")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("a\nb", "line break"),
        ("a\n", "line break"),
        ("https://x.org/w.pth", "is a URL; download it"),
        ("s3://bucket/w.pth", "is a URL"),
        ("hf://owner/name/w.pth", "is a URL"),
        ("C:\\data\\w.pth", "is a Windows path"),
        ("D:/data/w.pth", "is a Windows path"),
        ("\\\\server\\w.pth", "is a Windows path"),
        ("~nobody-of-this-name/w.pth", "no such user"),
    ],
)
def test_what_can_be_no_path_is_named(path: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"encoders\.e\.checkpoint: .*{words}"):
        loaded(encoders={"e": {"model": "timm:x", "checkpoint": path}})


def test_a_bundled_file_goes_by_the_link_unless_the_user_has_one_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert user_paths.expand("resources/scenes.txt") == ".snakemake/cogworks/resources/scenes.txt"
    assert user_paths.expand("resources/mine.txt") == "resources/mine.txt"
    assert user_paths.expand("config/config.yaml") == "config/config.yaml", "no bundled file"
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "scenes.txt").write_text("a room\n")
    assert user_paths.expand("resources/scenes.txt") == "resources/scenes.txt"


def test_the_link_follows_a_workflow_that_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place.LINK.parent.mkdir()
    place.LINK.symlink_to(tmp_path / "where it was")
    assert Path(user_paths.expand("resources/scenes.txt")).samefile(
        place.ROOT / "resources" / "scenes.txt"
    )
