"""What tells training runs apart, and which of them make a line of a figure."""

import pytest

from cogworks.plan.load import load
from cogworks.report.ablations import ablations
from cogworks.report.recipes import properties, recipes
from cogworks.report.repeats import firsts, shared_name
from cogworks.report.roles import Roles

RUN = {"dataset": "seen", "recipe": "base_mc_pr", "scale": "px32"}
SEEN = {
    "source": {"kind": "world", "size": 32},
    "classes": {"benchmark": "cog", "part": "seen", "limit": 4},
    "max_images": 20,
    "test_images": 5,
}
CLONE = {"generator": "tiny", "like": "seen", "width": 32, "height": 32}


@pytest.fixture(scope="module")
def plan_of():
    """Return the plan of some runs, each with an encoder of its name, and of some clones."""

    def build(runs, clones=()):
        drawn = {name: CLONE | changes for name, changes in dict(clones).items()}
        tiny = {"train": {"dataset": "seen", "image_size": 32}}
        return load(
            {
                "concepts": {"cog": {"levels": {"count": 2, "size": 100, "gaps": "none"}}},
                "images": {"seen": SEEN},
                "synthesis": {"generators": {"tiny": tiny}, "clones": drawn} if drawn else {},
                "training": {
                    name: {**RUN, "validation": {"split": "none"}, **changes}
                    for name, changes in runs.items()
                },
                "encoders": {name: {"run": name} for name in runs},
            }
        )

    return build


def lines(plan, heading):
    """Return label and points of each series along one number."""
    found = ablations(plan, list(Roles(plan).groups(plan.encoders))).get(heading, [])
    return {s.label: [(point.value, point.encoder) for point in s.points] for s in found}


def crops(number, **changes):
    return {"augmentation": {"local_crops": number, **changes}}


def test_runs_of_other_crop_scales_make_another_line(plan_of):
    """Any number of the recipe tells runs apart, if it does something in both."""
    small = {"local_scale": [0.05, 0.25]}
    plan = plan_of(
        {
            "none": crops(0),
            "two": crops(2),
            "two_small": crops(2, **small),
            "eight": crops(8),
            "eight_small": crops(8, **small),
            "eight_slow": crops(8) | {"optimizer": {"lr_per_256": 0.01}},
        }
    )
    assert lines(plan, "local crops") == {
        "local scale 0.5 to 1": [(0, "none"), (2, "two"), (8, "eight")],
        "local scale 0.05 to 0.25": [(0, "none"), (2, "two_small"), (8, "eight_small")],
    }
    assert "local scale" not in properties(plan, "none")


def test_runs_that_differ_in_their_seed_are_one_point(plan_of):
    plan = plan_of(
        {
            "shallow": {"projector": {"layers": 1}},
            "again": {"projector": {"layers": 1}},
            "deep": {"projector": {"layers": 3}},
            "deep_1": {"projector": {"layers": 3}, "seed": 1},
        }
    )
    assert lines(plan, "hidden layers") == {"": [(1, "shallow"), (3, "deep")]}
    # The same seed once more is no other draw: `again` stands for itself.
    assert firsts(plan) == {n: n for n in ("shallow", "again", "deep")} | {"deep_1": "deep"}
    deep, *_ = Roles(plan).encoders(["deep", "deep_1", "again"])
    assert (deep.name, deep.label, deep.recipe["seed"]) == ("deep", "deep", "0, 1")
    apart = Roles(plan).encoders(["deep", "deep_1"], apart=True)
    assert [row.label for row in apart] == ["deep", "deep_1"]


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["deep", "deep_1"], "deep"),
        (["trex_10", "trex_11"], "trex"),
        (["base_s1", "base_s2"], "base"),
        (["t-ReX* 0", "t-ReX* 1"], "t-ReX*"),
        (["base", "again"], "base"),
        (["alone_"], "alone_"),
    ],
)
def test_runs_are_called_by_what_their_names_share(names, shared):
    assert shared_name(names) == shared


def test_a_number_that_does_nothing_tells_nothing_apart(plan_of):
    # Without a projector its width does nothing, and class weights have no memory.
    plan = plan_of(
        {
            "wide": {"recipe": "base", "loss": {"temperature": 0.1}},
            "ocm": {"recipe": "ocm"},
            "larger": {"recipe": "ocm", "loss": {"memory": 4096}},
        }
    )
    assert {"hidden width", "memory", "EMA"}.isdisjoint(properties(plan, "wide"))
    assert lines(plan, "memory") == {"": [(1024, "ocm"), (4096, "larger")]}
    told = recipes(plan, [[name] for name in plan.encoders])
    assert [entry.get("memory") for entry in told] == [None, "1024", "4096"]
    assert [entry.get("projector") for entry in told] == ["no", "yes", "yes"]


def test_runs_on_clones_have_the_real_images_for_reference(plan_of):
    plan = plan_of(
        {
            "real": {},
            "real_1": {"seed": 1},
            "other": {"optimizer": {"epochs": 3}},
            "small": {"dataset": "small"},
            "large": {"dataset": "large"},
            "deep": {"dataset": "deep"},
        },
        clones={
            "small": {"multiple": 0.1},
            "large": {"multiple": 10.0},
            "deep": {"multiple": 10.0, "steps": 5},
        },
    )
    (size,) = ablations(plan, list(Roles(plan).groups(plan.encoders)))["size"]
    assert [(p.value, p.encoder) for p in size.points] == [(0.1, "small"), (10.0, "large")]
    assert size.reference == "real"
    assert lines(plan, "steps") == {"": [(5, "deep"), (50, "large")]}
    assert lines(plan, "epochs") == {"": [(3, "other"), (14, "real")]}
