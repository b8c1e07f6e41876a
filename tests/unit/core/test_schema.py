"""The config is read strictly: each trap of YAML and each typo is named."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.core.errors import InputError
from cogworks.core.schema import load_yaml, validate

ROOT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"room": {"$ref": "room.schema.yaml", "default": {}}},
}
ROOM = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/thing"}},
    "$defs": {
        "thing": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "rate": {"type": "number", "default": 0.5, "description": "The learning rate."},
                "epochs": {"type": "integer", "default": 3},
                "inner": {
                    "type": "object",
                    "default": {},
                    "additionalProperties": False,
                    "properties": {"deep": {"type": "boolean", "default": True}},
                },
                "list": {"type": "array", "items": {"$ref": "#/$defs/item"}},
            },
        },
        "item": {"type": "object", "properties": {"n": {"type": "integer", "default": 7}}},
    },
}


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    (tmp_path / "config.schema.yaml").write_text(yaml.safe_dump(ROOT))
    (tmp_path / "room.schema.yaml").write_text(yaml.safe_dump(ROOM))
    return tmp_path


def test_defaults_are_filled_in_everywhere(schemas: Path) -> None:
    config = {"room": {"a": {"epochs": 1, "list": [{}]}}}
    assert validate(config, schemas=schemas) == {
        "room": {"a": {"rate": 0.5, "epochs": 1, "inner": {"deep": True}, "list": [{"n": 7}]}}
    }
    assert config == {"room": {"a": {"epochs": 1, "list": [{}]}}}, "the input must stay as it was"
    assert validate({}, schemas=schemas) == {"room": {}}


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        ({"epoch": 1}, r"room\.a\.epoch: unknown key; did you mean epochs\?"),
        ({"zzz": 1}, r"room\.a\.zzz: unknown key; known keys: epochs, inner, list, rate"),
        ({"rate": "1e-4"}, r"room\.a\.rate: .*write 1\.0e-4, not 1e-4.*The learning rate"),
        ({"epochs": "3"}, r"room\.a\.epochs: .*remove the quotes"),
        ({"epochs": 1.5}, r"room\.a\.epochs: 1\.5 is not of type 'integer'"),
        ({"epochs": True}, r"room\.a\.epochs: True is not of type 'integer'"),
        ({"rate": float("nan")}, r"room\.a\.rate: nan is not a finite number"),
        (
            {"list": [{"when": date(2020, 1, 2)}]},
            r"list\[0\]\.when: YAML reads 2020-01-02 as a date",
        ),
        ({"list": [{"n": float("inf")}]}, r"room\.a\.list\[0\]\.n: inf is not a finite number"),
    ],
)
def test_each_mistake_is_named(schemas: Path, thing: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validate({"room": {"a": thing}}, schemas=schemas)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"room": {50: {}}}, r"room\.50: YAML reads this key as int 50; put it in quotes"),
        (
            {"room": {"a": {"inner": {True: 1}}}},
            r"room\.a\.inner\.True: YAML reads this key as bool",
        ),
        ({"room": {"a\n": {}}}, r"a key with a line break"),
        ({"room": {"a": {"list": [{"n": 1, None: 2}]}}}, r"list\[0\]\.None: YAML reads this key"),
    ],
)
def test_a_key_is_text(schemas: Path, config: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validate(config, schemas=schemas)


def test_all_mistakes_come_at_once(schemas: Path) -> None:
    with pytest.raises(InputError) as caught:
        validate({"room": {"a": {"epoch": 1}, "B": {}}, "rooms": {}}, schemas=schemas)
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3: the key 'a' is given twice"),
        ("a:\n  b: 012\n", r"line 2: YAML reads 012 as a base-60 or octal number"),
        ("time: 1:30\n", r"YAML reads 1:30 as a base-60"),
        ("a: [1\n", r"not valid YAML"),
        ("a:\n\tb: 1\n", r"not valid YAML .*line 2"),
        ("a: 1\n? [b]\n: 2\n", r"line 2: a list or mapping cannot be a key"),
    ],
)
def test_yaml_traps(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"(?s){message}") as caught:
        load_yaml(path)
    assert str(path) in str(caught.value)


def test_plain_yaml_is_read_as_usual(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    text = "a: 0\nb: 1_000\nc: 1.0e-4\nd: -3\ne: &x {f: 1}\ng:\n  <<: *x\n  f: 2\n"
    path.write_text(text)
    assert load_yaml(path) == yaml.safe_load(text)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert load_yaml(path) == {"a": 1, "b": 2}
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        load_yaml(path)
    with pytest.raises(InputError, match="gone"):
        load_yaml(tmp_path / "gone.yaml")
