"""The conda environments, checked statically: their syntax, and their pins against the lock."""

import re
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parents[3]
PYPI_NAMES = {"pytorch": "torch"}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.name)
def test_pins_follow_the_lock(path: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    environment = yaml.safe_load(path.read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    for text in environment["dependencies"]:
        MatchSpec(text)
        name, version = text.split("=")
        if name == "python":
            continue
        locked = re.findall(rf"^{PYPI_NAMES.get(name, name)}==([^ ]+)", lock, re.MULTILINE)
        assert any(f"{one}.".startswith(f"{version}.") for one in locked), f"{text}: {locked}"
