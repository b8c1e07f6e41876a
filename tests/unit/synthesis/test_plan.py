"""The synthesis section of a config: defaults, slices for the rules, and its errors."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.core import place
from cogworks.core.paths import pattern
from cogworks.synthesis import plan

WORLD = {
    "source": {"kind": "world"},
    "classes": {"wnids": ["n02086910", "n02120079"]},
    "max_images": 10,
    "test_images": 2,
}
CONFIG: dict[str, Any] = {
    "images": {"seen": WORLD},
    "synthesis": {
        "generators": {
            "sd14": {"path": "models/stable-diffusion-v1-4"},
            "tiny": {"train": {"dataset": "seen"}},
        },
        "clones": {
            "clone": {"generator": "tiny", "like": "seen", "width": 32, "height": 32},
            "places": {"generator": "sd14", "like": "seen", "prompt": "c, h inside b"},
        },
    },
}


def filled(**clone: Any) -> dict[str, Any]:
    config = copy.deepcopy(CONFIG)
    config["synthesis"]["clones"]["clone"] |= clone
    return parse(config).model_dump()


def test_defaults_are_those_of_version_1_4() -> None:
    section = plan.clone(filled(), "places")
    expected = {"width": 512, "height": 384, "steps": 50, "guidance": 7.5, "scheduler": None}
    assert section.items() >= (expected | {"safety_checker": False}).items()
    assert plan.check(filled()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"generator": "sd"}, r"generator: 'sd' is no generator; known: sd14, tiny"),
        ({"prompt": "c, x"}, r"prompt: 'c, x' has the unknown letter x"),
        ({"width": 500}, r"width: 500 is not divisible by 8; take 496 or 504"),
        ({"like": None}, r"clone: give exactly one of like and classes"),
        ({"classes": "w.txt"}, r"clone: give exactly one of like and classes"),
        ({"like": None, "classes": "w.txt"}, r"images_per_class: needed with classes"),
        ({"like": "places"}, r"like: 'places' is a clone itself"),
        ({"like": "none"}, r"like: 'none' is no data set; known: seen"),
    ],
)
def test_errors_name_their_key(change: dict[str, Any], named: str) -> None:
    (problem,) = plan.check(filled(**change))
    assert problem.startswith("synthesis.clones.clone")
    assert re.search(named, problem)


def test_a_generator_is_given_or_trained() -> None:
    config = copy.deepcopy(CONFIG)
    config["synthesis"]["generators"]["both"] = {"path": "x", "train": {"dataset": "seen"}}
    config["synthesis"]["generators"]["none"] = {}
    problems = plan.check(parse(config).model_dump())
    assert [problem.split(":")[0] for problem in problems] == [
        "synthesis.generators.both",
        "synthesis.generators.none",
    ]


def test_how_is_no_part_of_what() -> None:
    base = filled()
    for change in ({"batch_size": 1}, {"n_shards": 7}, {"shortfall": "error"}, {"multiple": 3}):
        changed = filled(**change)
        assert plan.drawing_spec(changed, "clone") == plan.drawing_spec(base, "clone"), change
    for change in ({"guidance": 2}, {"padded_batch": 4}, {"seed": 1}, {"precision": "bfloat16"}):
        changed = filled(**change)
        assert plan.drawing_spec(changed, "clone") != plan.drawing_spec(base, "clone"), change
        if "seed" not in change:
            assert plan.prompt_spec(changed, "clone") == plan.prompt_spec(base, "clone"), change


def test_scenes_are_an_input_where_they_are_used() -> None:
    assert plan.clone_scenes(filled(), "clone") == []
    assert plan.clone_scenes(filled(), "places") == [place.found("resources/scenes.txt")]
    assert plan.generator_scenes(filled(), "tiny") == [place.found("resources/scenes.txt")]


def test_rules_match_their_own_generators_only() -> None:
    config = filled()
    assert re.fullmatch(pattern(plan.trained(config)), "tiny")
    assert not re.fullmatch(pattern(plan.trained(config)), "sd14")
    assert not re.fullmatch(pattern([]), "")
    assert not re.fullmatch(pattern([]), "tiny")


def test_files_of_a_given_generator(tmp_path: Path) -> None:
    config = filled()
    section = config["synthesis"]["generators"]["sd14"]
    assert plan.generator_files(config, "sd14") == [f"{section['path']}/model_index.json"]
    (line,) = plan.missing_paths(config)
    assert line.startswith("synthesis.generators.sd14.path")
    assert section["path"] in line
    assert "compute.online" in line
    (tmp_path / "unet").mkdir()
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    (tmp_path / "unet" / "config.json").write_text("{}")
    section["path"] = str(tmp_path)
    files = [str(tmp_path / name) for name in ("model_index.json", "unet/config.json")]
    assert plan.generator_files(config, "sd14") == files
    assert plan.missing_paths(config) == []
    # A download that broke off must not keep the graph from being planned.
    (tmp_path / "model_index.json").write_text("<html>sign in</html>")
    assert plan.generator_files(config, "sd14") == files[:1]


def test_a_path_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(CONFIG["synthesis"]["generators"]["sd14"], "path", "~/sd")
    files = {"classes": "~/wnids.txt", "scenes": "~/scenes.txt"}
    config = filled(**files, like=None, images_per_class=3, prompt="c inside b")
    assert len(plan.missing_paths(config)) == 3
    for name in ("wnids.txt", "scenes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "sd").mkdir()
    (tmp_path / "sd" / "model_index.json").write_text('{"_class_name": "X"}')
    assert plan.missing_paths(config) == []
    assert plan.generator_files(config, "sd14") == [str(tmp_path / "sd" / "model_index.json")]
    assert plan.class_source(config, "clone") == str(tmp_path / "wnids.txt")
    assert plan.clone_scenes(config, "clone") == [str(tmp_path / "scenes.txt")]


def test_captions_tell_clones_apart() -> None:
    assert plan.sheet_spec(filled(guidance=2.0), "seen")["captions"] == [
        "c · guidance 2",
        "c, h inside b · guidance 7.5",
    ]
    same = plan.sheet_spec(filled(prompt="c, h inside b"), "seen")["captions"]
    assert same[0] == "clone: c, h inside b · guidance 7.5"
