"""What is said of encoders and runs that nothing asks for."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.config.include import whole
from cogworks.plan.load import load

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "config/config.yaml"
# Of the thesis's files, two are catalogues for the others.
CATALOGUES = {"common.yaml", "sets.yaml"}
SHIPPED = [f for f in sorted((ROOT / "config").rglob("*.yaml")) if f.name not in CATALOGUES]
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}
RUN = {"dataset": "seen", "recipe": "base", "scale": "px32"}


def told(config: dict[str, Any], files: list[Path]) -> list[str]:
    """Return the first words of what is said of a config."""
    lines: list[str] = []
    load(config, files, warn=lines.append)
    return [line.partition(":")[0] for line in lines]


def on_demo(section: str, entries: dict[str, Any]) -> dict[str, Any]:
    """Return the demo's config with further entries of a section."""
    demo = whole(DEMO)
    return demo | {section: demo[section] | entries}


def test_an_encoder_in_no_evaluation_is_told() -> None:
    assert told(on_demo("encoders", {"mine": RANDOM}), [DEMO]) == ["encoders.mine"]
    assert told(whole(DEMO) | {"model": "timm:resnet18"}, [DEMO]) == ["encoders.resnet18"]


def test_a_run_without_an_encoder_is_told_once_for_its_sweep() -> None:
    sweep = {"sweep": [{"key": "seed", "values": [1, 2]}]}
    assert told(on_demo("training", {"mine": RUN | sweep}), [DEMO]) == ["training.mine"]


def test_what_a_run_starts_from_and_one_of_a_sweep_are_asked_for() -> None:
    runs = {
        "first": RUN,
        "tuned": RUN | {"recipe": "fine_tune", "start": {"run": "first"}},
        "many": RUN | {"sweep": [{"key": "seed", "values": [1, 2]}]},
    }
    config = on_demo("training", runs)
    config["encoders"] |= {"tuned": {"run": "tuned"}, "many": {"run": "many"}}
    config["analysis"] = {"a": {"encoders": ["tuned", "many_2"], "datasets": ["seen"]}}
    config["evaluations"]["levels"]["encoders"] = "all"
    assert told(config, [DEMO]) == []
    config["evaluations"]["levels"]["encoders"] = ["random", "base", "trex"]
    assert told(config, [DEMO]) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_no_shipped_config_has_any(file: Path) -> None:
    assert told(whole(file), [file]) == []


def test_an_included_file_is_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"encoders": {"theirs": RANDOM}}))
    mine = tmp_path / "mine.yaml"
    mine.write_text("include: [models.yaml]\nencoders:\n  mine: {model: timm:x, weights: random}")
    assert told(whole(mine), [mine]) == ["encoders.mine"]
