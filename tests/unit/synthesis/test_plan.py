"""The synthesis section of a config: defaults, slices for the rules, and its errors."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cogworks.config import synthesis as sections
from cogworks.config.parse import parse
from cogworks.core import place
from cogworks.core.paths import pattern
from cogworks.plan import clones, sizes
from cogworks.plan.generators import Given
from cogworks.plan.plan import Plan
from cogworks.synthesis.specs import DrawSpec, JudgeSpec, MergeSpec, PromptSpec

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


def planned(config: dict[str, Any]) -> Plan:
    plan: Plan = Plan(parse(config))
    return plan


def filled(**clone: Any) -> Plan:
    """Return the plan of the config with some keys of the clone `clone` changed."""
    config = copy.deepcopy(CONFIG)
    config["synthesis"]["clones"]["clone"] |= clone
    return planned(config)


def given(**keys: Any) -> Given:
    """Return the generator `sd14` with these keys."""
    config = copy.deepcopy(CONFIG)
    config["synthesis"]["generators"]["sd14"] = keys
    return planned(config).given_generators["sd14"]


def test_defaults_are_those_of_version_1_4() -> None:
    spec = filled().clones["places"].draw_spec
    assert (spec.width, spec.height, spec.steps, spec.guidance) == (512, 384, 50, 7.5)
    assert spec.scheduler is None
    assert not spec.safety_checker
    assert filled().clone_problems == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"generator": "sd"}, r"generator: 'sd' is not a generator; known: sd14, tiny"),
        ({"prompt": "c, x"}, r"prompt: 'c, x' has the unknown letter x"),
        ({"width": 500}, r"width: 500 is not divisible by 8; take 496 or 504"),
        ({"like": None}, r"clone: give exactly one of like and classes"),
        ({"classes": "w.txt"}, r"clone: give exactly one of like and classes"),
        ({"like": None, "classes": "w.txt"}, r"images_per_class: needed with classes"),
        ({"like": "places"}, r"like: 'places' is a clone itself"),
        ({"like": "none"}, r"like: 'none' is not a data set; known: seen"),
    ],
)
def test_errors_name_their_key(change: dict[str, Any], named: str) -> None:
    (problem,) = filled(**change).clone_problems
    assert problem.startswith("synthesis.clones.clone")
    assert re.search(named, problem)


def test_a_generator_is_given_or_trained() -> None:
    config = copy.deepcopy(CONFIG)
    config["synthesis"]["generators"]["both"] = {"path": "x", "train": {"dataset": "seen"}}
    config["synthesis"]["generators"]["none"] = {}
    assert [problem.split(":")[0] for problem in planned(config).clone_problems] == [
        "synthesis.generators.both",
        "synthesis.generators.none",
    ]


def test_how_is_no_part_of_what() -> None:
    base = filled().clones["clone"]
    for change in ({"batch_size": 1}, {"n_shards": 7}, {"shortfall": "error"}, {"multiple": 3}):
        other = filled(**change).clones["clone"]
        assert other.draw_spec == base.draw_spec, change
        assert other.prompt_spec == base.prompt_spec, change
    for change in ({"guidance": 2}, {"padded_batch": 4}, {"seed": 1}, {"precision": "bfloat16"}):
        changed = filled(**change).clones["clone"]
        assert changed.draw_spec != base.draw_spec, change
        assert (changed.prompt_spec != base.prompt_spec) == ("seed" in change), change


def test_every_key_of_a_clone_is_in_a_spec_or_says_how() -> None:
    specs = (PromptSpec, DrawSpec, MergeSpec, JudgeSpec)
    what = {key for spec in specs for key in spec.model_fields} - {"name", "drawing"}
    assert sections.Clone.model_fields.keys() - what == {"batch_size", "n_shards"}
    assert what <= sections.Clone.model_fields.keys()


def test_scenes_are_an_input_where_they_are_used() -> None:
    plan, scenes = filled(), place.found("resources/scenes.txt")
    seen = "results/images/seen/train.parquet"
    assert plan.clones["clone"].prompt_files == [seen]
    assert plan.clones["clone"].prompt_spec.scenes is None
    assert plan.clones["places"].prompt_files == [seen, scenes]
    assert plan.clones["places"].prompt_spec.scenes == scenes
    tiny = plan.trained_generators["tiny"]
    assert tiny.manifest == seen
    assert tiny.files == [tiny.spec.scenes] == [scenes]


def test_classes_of_a_benchmark_are_described_by_its_wordnet() -> None:
    config = copy.deepcopy(CONFIG)
    config["concepts"] = {"cog": {"wordnet": "wn"}}
    config["images"]["seen"] = WORLD | {"classes": {"benchmark": "cog", "part": "seen"}}
    config["synthesis"]["clones"]["clone"]["wordnet"] = "own"
    plan = planned(config)
    assert plan.clones["places"].prompt_spec.wordnet == "wn"
    assert plan.clones["clone"].prompt_spec.wordnet == "own"
    assert plan.trained_generators["tiny"].spec.wordnet == "wn"
    assert filled().clones["places"].prompt_spec.wordnet is None


def test_rules_match_their_own_generators_only() -> None:
    trained = pattern(filled().trained_generators)
    assert re.fullmatch(trained, "tiny")
    assert not re.fullmatch(trained, "sd14")
    assert not re.fullmatch(pattern([]), "")
    assert not re.fullmatch(pattern([]), "tiny")


def test_files_of_a_given_generator(tmp_path: Path) -> None:
    absent = given(path="models/stable-diffusion-v1-4")
    assert absent.files == ["models/stable-diffusion-v1-4/model_index.json"]
    (line,) = clones.missing(absent.plan)
    assert line.startswith("synthesis.generators.sd14.path: models/stable-diffusion-v1-4: no such")
    assert "compute.online" in line
    (tmp_path / "unet").mkdir()
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    (tmp_path / "unet" / "config.json").write_text("{}")
    files = [str(tmp_path / name) for name in ("model_index.json", "unet/config.json")]
    assert given(path=str(tmp_path)).files == files
    assert clones.missing(given(path=str(tmp_path)).plan) == []
    # A download that broke off must not keep the graph from being planned.
    (tmp_path / "model_index.json").write_text("<html>sign in</html>")
    assert given(path=str(tmp_path)).files == files[:1]


def test_a_path_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(CONFIG["synthesis"]["generators"]["sd14"], "path", "~/sd")
    files = {"classes": "~/wnids.txt", "scenes": "~/scenes.txt"}

    def plan() -> Plan:
        return filled(**files, like=None, images_per_class=3, prompt="c inside b")

    assert len(clones.missing(plan())) == 3
    for name in ("wnids.txt", "scenes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "sd").mkdir()
    (tmp_path / "sd" / "model_index.json").write_text('{"_class_name": "X"}')
    assert clones.missing(plan()) == []
    generator = plan().generators["sd14"]
    assert generator.files == [str(tmp_path / "sd" / "model_index.json")]
    clone = plan().clones["clone"]
    assert clone.class_source == str(tmp_path / "wnids.txt")
    assert clone.prompt_spec.scenes == str(tmp_path / "scenes.txt")


def test_captions_tell_clones_apart() -> None:
    assert filled(guidance=2.0).sheets["seen"].spec.captions == [
        "c · guidance 2",
        "c, h inside b · guidance 7.5",
    ]
    same = filled(prompt="c, h inside b").sheets["seen"].spec.captions
    assert same[0] == "clone: c, h inside b · guidance 7.5"


def test_sheets_show_a_data_set_beside_its_clones() -> None:
    plan = filled(like=None, classes="wnids.txt", images_per_class=2)
    assert list(plan.sheets) == ["seen"]
    assert plan.sheets["seen"].inputs == {
        "real": "results/images/seen/train.parquet",
        "classes": "results/images/seen/classes.parquet",
        "clones": ["results/synthesis/places/manifest.parquet"],
    }


def multiples(*found: float, **keys: Any) -> Plan:
    """Return the plan of clones that differ in `multiple`, and in guidance from `clone`."""
    config = copy.deepcopy(CONFIG)
    section = config["synthesis"]["clones"]["clone"] | {"guidance": 2, "n_shards": 2} | keys
    for multiple in found:
        config["synthesis"]["clones"][f"x{multiple:g}"] = section | {"multiple": multiple}
    return planned(config)


def test_clones_that_differ_in_multiple_alone_are_drawn_once() -> None:
    plan = multiples(1, 2.5, 0.5)
    assert {name: len(found.clones) for name, found in plan.drawings.items()} == {
        "clone": 1,
        "places": 1,
        "x1": 3,
    }
    drawing = plan.drawings["x1"]
    assert (drawing.multiple, drawing.numbers) == (2.5, range(6))
    parts = [drawing.part_spec(number) for number in drawing.numbers]
    assert [(part.start, part.end) for part in parts[::2]] == [(0, 1), (1, 2), (2, 2.5)]
    assert sum(map(drawing.share, drawing.numbers)) == pytest.approx(1)
    tables = {plan.clones[name].class_table for name in ("x1", "x2.5", "x0.5")}
    assert tables == {"results/synthesis/x1/classes.parquet"}
    for name, shards in (("x0.5", 2), ("x1", 2), ("x2.5", 6)):
        found = plan.clones[name].merge_inputs["shards"]
        assert len(found) == 2 * shards
        assert {Path(path).parent.name for path in found} == {"x1"}


def test_a_larger_multiple_leaves_what_is_drawn() -> None:
    smaller, larger = (multiples(1, most).drawings["x1"] for most in (2, 5))
    for number in smaller.numbers:
        assert larger.part_spec(number) == smaller.part_spec(number)
        assert larger.part_inputs(number) == smaller.part_inputs(number)


def test_a_shard_waits_for_the_one_before_with_its_classes() -> None:
    drawing = multiples(3).drawings["x3"]
    assert [drawing.part_inputs(number).get("before") for number in (1, 2, 5)] == [
        None,
        "results/synthesis/x3/shard-00000.parquet",
        "results/synthesis/x3/shard-00003.parquet",
    ]
    free = multiples(3, duplicate_distance=None).drawings["x3"]
    assert all("before" not in free.part_inputs(number) for number in free.numbers)


def test_clones_of_one_drawing_agree_on_its_shards() -> None:
    config = multiples(1, 3).config.model_dump(exclude_unset=True)
    config["synthesis"]["clones"]["x3"]["n_shards"] = 5
    (problem,) = planned(config).clone_problems
    assert problem.startswith("synthesis.clones.x3.n_shards: 5, but x1 has 2")


def test_the_disk_holds_shared_images_once() -> None:
    def drawn(*found: float) -> int:
        made = sizes.artifacts(multiples(*found))
        return sum(one.bytes for one in made if "shard" in one.path)

    assert drawn(1, 2, 5) == pytest.approx(drawn(5), abs=20) != 0


def test_shards_come_with_their_tables() -> None:
    assert filled(n_shards=2).clones["clone"].merge_inputs == {
        "shards": [
            "results/synthesis/clone/shard-00000.tar",
            "results/synthesis/clone/shard-00001.tar",
            "results/synthesis/clone/shard-00000.parquet",
            "results/synthesis/clone/shard-00001.parquet",
        ],
        "classes": "results/synthesis/clone/classes.parquet",
    }
