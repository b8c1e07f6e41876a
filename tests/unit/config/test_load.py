"""What the loader of the config adds to the errors of the rooms."""

from pathlib import Path

import pytest
import yaml

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
