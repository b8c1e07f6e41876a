"""The keys that say how results are computed, and what is left of a config without them."""

from typing import Any

import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.core.how import HOW, without_how
from cogworks.core.spec import packed, unpacked
from cogworks.plan.load import load

# Linux takes no longer argument.
LONGEST = 128 * 1024


@pytest.fixture(scope="module")
def config() -> Any:
    return load(load_yaml("config/test.yaml")).config.model_dump()


def values(config: Any, parts: list[str]) -> list[Any]:
    """Return what a dotted key, in which a star stands for every name, names in a config."""
    if not parts:
        return [config]
    names = list(config) if parts[0] == "*" else [name for name in config if name == parts[0]]
    return [found for name in names for found in values(config[name], parts[1:])]


@pytest.mark.parametrize("key", HOW)
def test_each_key_is_one_of_the_config_and_goes(config: Any, key: str) -> None:
    assert values(config, key.split("."))
    assert values(without_how(config), key.split(".")) == []


def test_all_other_keys_stay(config: Any) -> None:
    left = without_how(config)
    assert left["images"]["seen"] == {
        key: value for key, value in config["images"]["seen"].items() if key != "verify"
    }
    assert {key: left[key] for key in ("concepts", "probes", "report")} == {
        key: config[key] for key in ("concepts", "probes", "report")
    }


def test_a_config_of_a_thousand_encoders_goes_into_an_argument(config: Any) -> None:
    encoder = config["encoders"]["random"]
    many = config | {"encoders": {f"m{n}": encoder | {"seed": n} for n in range(1000)}}
    assert len(packed(many)) < LONGEST < len(str(many))
    assert unpacked(packed(many)) == many
