"""What the demo lacks for exhibits of chapter 5: the keys that are named give them."""

import copy
import functools

import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.plan.load import load
from cogworks.report import thesis
from cogworks.report.planned import Exhibits
from cogworks.report.targets import Targets

from .conftest import REPOSITORY

PETS = {
    "images": {
        "pets": {
            "source": {"kind": "torchvision", "dataset": "Pets", "path": "data"},
            "classes": {"part": "source"},
        }
    },
    "probes": {"small": {"kind": "lbfgs"}},
}


@functools.cache
def demo():
    return load_yaml(REPOSITORY / "config" / "config.yaml")


def targets(*changes):
    """The targets of the demo; lists of a change are added to those that are there."""
    config = copy.deepcopy(demo())
    for change in changes:
        add(config, change)
    return Targets(Exhibits(load(config)))


def add(section, change):
    for key, value in change.items():
        if isinstance(value, dict):
            add(section.setdefault(key, {}), value)
        elif isinstance(value, list):
            section[key] = [*section.get(key, []), *value]
        else:
            section[key] = value


def like(section, name, key, value):
    """A copy of an entry of the demo with another value of a key."""
    return demo()[section][name] | {key: value}


LEVELS = {"evaluations": {"levels": {"encoders": ["sd_c", "sd_c_g2"]}}}
TWICE = {
    "synthesis": {
        "clones": {"twice": demo()["synthesis"]["clones"]["clone_c"] | {"multiple": 0.5}}
    },
    "training": {"sd_twice": like("training", "sd_c", "dataset", "twice")},
    "encoders": {"sd_twice": {"run": "sd_twice"}},
}


@pytest.mark.parametrize(
    ("name", "text", "change"),
    [
        ("table 5.4", "sd_c or another encoder on a clone in evaluations.levels.encoders", LEVELS),
        (
            "figure 5.5",
            "sd_c_g2 and sd_c, which differ in guidance alone, in evaluations.levels.encoders",
            LEVELS,
        ),
        (
            "figure 5.6",
            "an encoder on a clone (such as sd_c) in analysis.features.encoders",
            {"analysis": {"features": {"encoders": ["sd_c"]}}},
        ),
        (
            "table 5.3",
            "transfer sets in images (such as Pets, with source.kind: torchvision), and an "
            "evaluation of them with an encoder on a clone (such as sd_c)",
            PETS
            | {
                "evaluations": {
                    "transfer": {"encoders": ["sd_c"], "datasets": ["pets"], "protocols": ["small"]}
                }
            },
        ),
        (
            "table 5.1",
            "a run like sd_c with augmentation.recipe: dino, and its encoder in "
            "evaluations.own_classifiers.encoders",
            {
                "training": {
                    "sd_dino": like("training", "sd_c", "augmentation", {"recipe": "dino"})
                },
                "encoders": {"sd_dino": {"run": "sd_dino"}},
                "evaluations": {"own_classifiers": {"encoders": ["sd_dino"]}},
            },
        ),
        (
            "figure 5.2",
            "2 more scores of real_10 and sd_c_g2: of test sets (evaluations.NAME.test_sets), "
            "small or long-tailed transfer sets, or levels",
            {"evaluations": {"own_classifiers": {"test_sets": ["seen", "cog"]}}},
        ),
    ],
)
def test_the_key_that_is_named_gives_the_exhibit(name, text, change):
    entry = thesis.BY_NAME[name]
    without = targets()
    assert not without.numbered[entry]
    assert without.lacks(entry) == text
    assert targets(change).numbered[entry]


def test_what_is_named_comes_step_by_step():
    """As for figure 5.4: first clones, then their evaluation."""
    entry = thesis.BY_NAME["figure 5.4"]
    assert targets().lacks(entry) == (
        "clones in synthesis.clones that differ in multiple alone, each with a run of the same "
        "recipe and an encoder"
    )
    found = targets(TWICE)
    assert not found.numbered[entry]
    assert found.lacks(entry) == (
        "sd_c and sd_twice, which differ in size alone, in evaluations.levels.encoders"
    )
    levels = {"evaluations": {"levels": {"encoders": ["sd_c", "sd_twice"]}}}
    assert targets(TWICE, levels).numbered[entry]


def test_transfer_sets_without_an_encoder_on_a_clone_are_named():
    entry = thesis.BY_NAME["table 5.3"]
    assert targets(PETS).lacks(entry) == (
        "an evaluation of pets with an encoder on a clone (such as sd_c)"
    )
    transfer = {"encoders": ["random"], "datasets": ["pets"], "protocols": ["small"]}
    found = targets(PETS, {"evaluations": {"transfer": transfer}})
    text = "sd_c or another encoder on a clone in evaluations.transfer.encoders"
    assert found.lacks(entry) == text


def test_without_clones_what_such_an_exhibit_takes_is_told():
    config = load_yaml(REPOSITORY / "config" / "photographs.yaml")
    found = Targets(Exhibits(load(config)))
    for name in ("table 5.3", "figure 5.4", "figure 5.6"):
        entry = thesis.BY_NAME[name]
        assert found.lacks(entry) == entry.wants
