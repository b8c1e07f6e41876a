"""What the loader of the config adds to the errors of the rooms."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.config.include import merge
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.plan.load import load as load_config

WORLD = {
    "source": {"kind": "world"},
    "classes": {"benchmark": "cog", "part": "seen"},
    "max_images": 9,
    "test_images": 2,
}
BASE = {
    "concepts": {"cog": {}},
    "images": {"seen": WORLD},
    "training": {"base": {"dataset": "seen"}},
    "encoders": {"random": {"model": "cogworks:small_resnet", "weights": "random"}},
    "probes": {"linear": {"kind": "sgd"}},
}


@pytest.mark.parametrize(
    ("changes", "close"),
    [
        (
            {
                "evaluations": {
                    "e0": {"encoders": ["randm"], "datasets": ["seen"], "protocols": ["linear"]}
                }
            },
            1,
        ),
        (
            {
                "evaluations": {
                    "e0": {"encoders": "all", "datasets": ["sen"], "protocols": ["linear"]}
                }
            },
            1,
        ),
        (
            {
                "evaluations": {
                    "e0": {"encoders": "all", "datasets": ["seen"], "protocols": ["liner"]}
                }
            },
            1,
        ),
        ({"encoders": {"mine": {"run": "basse"}}}, 1),
        ({"training": {"base": {"dataset": "seeen"}}}, 1),
        ({"images": {"seen": WORLD | {"classes": {"benchmark": "cogg", "part": "seen"}}}}, 1),
        ({"analysis": {"a": {"encoders": ["rendom"], "datasets": ["seen"]}}}, 1),
        ({"report": {"samples": ["sseen"]}}, 1),
        ({"report": {"labels": {"randon": "a random one"}}}, 1),
        ({"report": {"published_as": {"senn": "in1k"}}}, 1),
        ({"encoders": {"mine": {"run": "zzz"}}}, 0),
    ],
)
def test_an_unknown_name_is_shown_with_the_one_that_is_most_like_it(
    changes: dict[str, object], close: int
) -> None:
    with pytest.raises(InputError) as caught:
        load_config(BASE | changes)
    lines = str(caught.value).splitlines()[1:]
    assert lines
    assert str(caught.value).count("did you mean") == close * len(lines), lines


def test_a_file_that_stands_on_another_one_is_named_where_it_is_read_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    for given in (
        {"evaluations": {"e0": {"encoders": ["e"], "datasets": ["in1k"], "protocols": ["linear"]}}},
        {"images": {"in1k": {"source": {"path": "x"}}}},
    ):
        mine.write_text(yaml.safe_dump(given))
        with pytest.raises(InputError, match=r"Only .*mine\.yaml was read.*--configfile config/"):
            load_config(given, [mine])
        with pytest.raises(InputError) as caught:
            load_config(given, [mine, mine])
        assert "was read" not in str(caught.value)


def test_a_name_that_nothing_defines_is_told_with_file_and_line(tmp_path: Path) -> None:
    """That of a list with its own line; one of the command line is in no file."""
    base, mine = tmp_path / "base.yaml", tmp_path / "mine.yaml"
    base.write_text(yaml.safe_dump(BASE))
    mine.write_text(
        "encoders:\n"
        "  v.1: {run: basse}\n"
        "evaluations:\n"
        "  e0:\n"
        "    encoders: [random,\n"
        "      randm]\n"
        "    datasets: [sen]\n"
        "    protocols: [linear]\n"
        "report:\n"
        "  labels: {randm: x}\n"
    )
    given = merge(BASE, load_yaml(mine))
    given["training"] = {"base": {"dataset": "seeen"}}
    with pytest.raises(InputError) as caught:
        load_config(given, [base, mine])
    _, *lines = str(caught.value).splitlines()
    assert [(line.partition(":")[0], line.partition("?")[2]) for line in lines] == [
        ("training.base.dataset", ""),
        ("encoders.v.1.run", f" ({mine}, line 2)"),
        ("evaluations.e0.encoders", f" ({mine}, line 6)"),
        ("evaluations.e0.datasets", f" ({mine}, line 7)"),
    ]


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ({"shots": [1, 5]}, None),
        (
            {"shots": [1, 6, "all"]},
            "probes.linear.shots: 6 training images of each class, but images.seen has at most 7, "
            "of which 2 validate",
        ),
        ({"per_class": 7}, None),
        (
            {"per_class": 8},
            "probes.linear.per_class: 8 training images of each class, but images.seen has at "
            "most 7",
        ),
        ({"per_class": 4, "shots": [4]}, "at most 4, of which 1 validate"),
    ],
)
def test_more_images_of_a_class_than_there_can_be_are_refused(protocol, words) -> None:
    config = BASE | {
        "probes": {"linear": {"kind": "sgd", "validation": 0.3} | protocol},
        "evaluations": {
            name: {"encoders": "all", "datasets": ["seen"], "protocols": ["linear"]}
            for name in ("e0", "e1")
        },
    }
    if words is None:
        load_config(config)
        return
    with pytest.raises(InputError) as caught:
        load_config(config)
    assert str(caught.value).count(words) == 1


BASE_CLONES = {
    "generators": {"tiny": {"train": {"dataset": "seen"}}},
    "clones": {"clone": {"generator": "tiny", "like": "seen"}},
}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("report.title", "x" * 10_001, "a text of 10001 characters; expected at most 10000"),
        ("report.title", "\ud800", "half of a pair of characters"),
        ("encoders.random.options.a", ["\ud800"], "half of a pair of characters"),
        ("encoders. ", {}, "a key that is empty"),
        ("concepts.cog.wordnet", "/x" * 2048, "is too long for a path"),
        ("concepts.cog.discard", "é" * 128, "a name has at most 255 bytes"),
        ("concepts.cog.levels.count", 10**18, "concepts.cog.levels.count: expected whole number"),
        (
            "images.seen.source",
            {"kind": "tar", "path": "{0..99999999999}.tar"},
            "stands for 100000000000 files; expected at most 1000000",
        ),
        ("synthesis.clones.clone.multiple", 1e300, "synthesis.clones.clone.multiple: expected"),
        ("synthesis.clones.clone.n_shards", 10**9, "synthesis.clones.clone.n_shards: expected"),
        (
            "synthesis.clones.clone",
            BASE_CLONES["clones"]["clone"] | {"multiple": 50.0, "n_shards": 10_000},
            "are 500000 tar files; expected at most 100000",
        ),
        (
            "training.base.sweep",
            [{"key": f"k{axis}", "values": list(range(50))} for axis in range(6)],
            "stands for 15625000000 runs; expected at most 1000",
        ),
        (
            "encoders.random.options",
            {"channels": "wide"},
            "encoders.random.model: small_resnet: option channels: input should be a valid list",
        ),
        ("encoders.random.model", "cogworks:resnet", "is not an architecture of cogworks; known:"),
        (
            "training.base.backbone",
            {"library": "cogworks", "name": "small_resnet", "options": {"width": 3}},
            "training.base.backbone: small_resnet: unknown option width",
        ),
        ("encoders", 0.5, "encoders: expected section, not 0.5"),
    ],
)
def test_a_value_that_no_run_could_take_is_refused(key: str, value: object, words: str) -> None:
    config = copy.deepcopy(BASE | {"synthesis": BASE_CLONES, "model": "timm:resnet50"})
    section: Any = config
    *outer, last = key.split(".")
    for part in outer:
        section = section.setdefault(part, {})
    section[last] = value
    with pytest.raises(InputError) as caught:
        load_config(config)
    assert words in str(caught.value)


def test_classes_of_a_benchmark_that_is_missing_are_an_error() -> None:
    """What the classes are of a data set with errors is not asked for."""
    evaluation = {"encoders": "all", "datasets": ["seen"], "protocols": ["own"]}
    config = BASE | {
        "concepts": {},
        "probes": {"own": {"kind": "classifier"}},
        "encoders": {"ResNet50": {"registry": "ResNet50"}},
        "evaluations": {"e0": evaluation},
    }
    with pytest.raises(InputError, match=r"images\.seen\.classes\.benchmark: 'cog' is not a bench"):
        load_config(config)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        (f"seed: {'1' * 5000}", "line 1: a number of 5000 digits"),
    ],
)
def test_a_file_that_no_person_wrote_is_refused_in_words(
    text: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        load_yaml(file)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"probes": {"linear": {"kind": "knn", "epochs": 3, "zzz": 1}}, "rooms": {}},
            {
                "probes.linear.zzz": "unknown key",
                "rooms": "unknown key",
                "probes.linear.epochs": "does nothing here",
            },
        ),
        # What stands below a misspelt key is there.
        (
            {"trainin": {"a": {"dataset": "seeen"}}, "encoders": {"a": {"run": "a"}}},
            {"trainin": "did you mean training?", "training.a.dataset": "did you mean seen?"},
        ),
        # An unknown key below an unknown one, and one that is there besides.
        (
            {"probess": {"b": {"kind": "knn", "kk": 1}}, "probes": {"p": {"kind": "sgd", "k": 9}}},
            {"probess": "did you mean probes?", "probes.p.k": "does nothing here"},
        ),
        (
            {"encoders": {"e": {"model": "cogworks:small_resnet", "weight": "random", "rn": 3}}},
            {"encoders.e.weight": "did you mean weights?", "encoders.e.rn": "did you mean run?"},
        ),
    ],
)
def test_what_is_wrong_beside_unknown_keys_is_told_at_once(
    changes: dict[str, Any], told: dict[str, str]
) -> None:
    given = {key: section for key, section in BASE.items() if key != "training"} | changes
    before = copy.deepcopy(given)
    with pytest.raises(InputError) as caught:
        load_config(given)
    heading, *lines = str(caught.value).splitlines()
    found = {line.partition(":")[0]: line for line in lines}
    assert heading == "the config has errors:"
    for key, words in told.items():
        assert words in found[key]
    assert given == before
