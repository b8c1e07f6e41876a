"""The config's documentation follows its schema, and names every key."""

from pathlib import Path
from typing import Any

import yaml

from cogworks.config.document import document, editor_schema
from cogworks.config.examples import EXAMPLES
from cogworks.config.parse import parse
from cogworks.config.root import Config
from cogworks.config.yaml_file import load_yaml
from cogworks.plan import recipes
from cogworks.plan.load import load as load_config

ROOT = Path(__file__).resolve().parents[3]
TEXT = document(recipes.tables())


def test_the_readme_of_the_config_is_what_the_schema_says() -> None:
    assert (ROOT / "config/README.md").read_text() == TEXT, "run `make docs`"
    assert (ROOT / "config/schema.json").read_text() == editor_schema(), "run `make docs`"


def test_every_key_of_every_config_is_documented() -> None:
    for path in sorted((ROOT / "config").rglob("*.yaml")):
        for key in _keys(load_yaml(path).get("concepts", {}), "concepts.NAME"):
            assert f"`{key}`" in TEXT, f"{path.name}: {key}"


def test_every_section_has_an_example_of_its_own() -> None:
    assert list(EXAMPLES) == list(Config.model_fields)
    for section, text in EXAMPLES.items():
        given = yaml.safe_load(text)
        assert list(given) == [section]
        assert parse(given) != Config()
        assert text.rstrip() in TEXT


def test_the_examples_together_are_one_config(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("".join(EXAMPLES.values()))
    (tmp_path / "my-paths.yaml").touch()
    given = load_yaml(path)
    assert list(given) == list(EXAMPLES)
    assert load_config(given, [path]).encoders.keys() >= {"trex", "ocm_2048", "ocm_4096"}


def test_the_meaning_of_a_key_is_short() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    meanings = [row.rpartition(" | ")[2].partition(" Applies only ")[0] for row in rows]
    assert len(meanings) > 200
    assert [text for text in meanings if len(text.split()) > 70] == []


def test_every_recipe_and_scale_has_a_row_with_what_it_sets() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    for table in recipes.tables().values():
        for name, _, _ in table:
            assert any(row.startswith(f"| `{name}` | ") for row in rows), name
    (trex,) = (row for row in rows if row.startswith("| `trex` | "))
    assert trex.endswith(
        "| `as trex_3_ocm, augmentation.global_scale: [0.25, 1.0], "
        "augmentation.local_scale: [0.05, 0.25]` |"
    )


def _keys(value: dict[str, Any], prefix: str) -> set[str]:
    """Return the dotted keys below the named things of a section, two levels deep."""
    return {
        f"{prefix}.{key}" + (f".{inner}" if isinstance(sub, dict) else "")
        for thing in value.values()
        for key, sub in thing.items()
        for inner in (sub if isinstance(sub, dict) else [""])
    }
