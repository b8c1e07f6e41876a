"""The config is read strictly: each trap of YAML and each typo is named, with its line."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.config.parse import parse
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError

SGD: dict[str, Any] = {"kind": "sgd"}


def test_defaults_are_filled_in_everywhere() -> None:
    given = {"probes": {"a": SGD | {"epochs": 1}}, "concepts": {"c": {"levels": {"count": 2}}}}
    config = parse(given)
    assert config.probes["a"].epochs == 1
    assert config.probes["a"].lr.high == 100
    assert (config.concepts["c"].levels.count, config.concepts["c"].levels.size) == (2, 1000)
    assert config.concepts["c"].similarity == "lin"
    assert config.compute.device == "auto"
    assert given["probes"] == {"a": {"kind": "sgd", "epochs": 1}}, "the input must stay as it was"


def test_a_config_changes_no_more() -> None:
    config = parse({"probes": {"a": SGD}})
    with pytest.raises(ValueError, match="frozen"):
        config.probes["a"].epochs = 3


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ({"epoch": 1}, r"probes\.a\.epoch: unknown key; did you mean epochs\?"),
        ({"zzz": 1}, r"probes\.a\.zzz: unknown key; known keys: C, batch, .*weight_decay$"),
        (
            {"momentum": "1e-4"},
            r"momentum: expected number ≥ 0, < 1, not '1e-4' .*write 1\.0e-4, not 1e-4.* sgd: mom",
        ),
        ({"epochs": "3"}, r"epochs: expected whole number ≥ 1, not '3' .*remove the quotes"),
        ({"epochs": 1.5}, r"epochs: expected whole number ≥ 1, not 1\.5\."),
        ({"epochs": True}, r"epochs: expected whole number ≥ 1, not true\."),
        ({"epochs": None}, r"epochs: expected whole number ≥ 1, not null\."),
        ({"momentum": float("nan")}, r"probes\.a\.momentum: nan is not a finite number"),
        ({"momentum": date(2020, 1, 2)}, r"momentum: YAML reads 2020-01-02 as a date"),
        ({"pruning": {"epoch": 1}}, r"probes\.a\.pruning\.keep: missing; expected number > 0, < 1"),
        (
            {"shots": [1, "al"]},
            r"shots\[1\]: expected whole number ≥ 1 or all, not 'al' \(did you mean all\?\)\.",
        ),
        ({"shots": [1, 1]}, r"probes\.a\.shots: \[1, 1\] holds 1 twice"),
        ({"C": {"low": 2.0}}, r"probes\.a\.C\.high: missing; expected number > 0"),
        (
            {"search_precision": "half"},
            r"not 'half'\. sgd: precision .* rounded; weights, .* stay in float32\.$",
        ),
        ({"kind": "classifer"}, r"not 'classifer' \(did you mean classifier\?\)\."),
        (
            {"kind": "svm"},
            r"kind: expected one of sgd, lbfgs, .*classifier.*, not 'svm'\.",
        ),
    ],
)
def test_each_mistake_is_named_in_one_line(protocol: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse({"probes": {"a": SGD | protocol}})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"probes": {50: SGD}}, r"probes\.50: YAML reads this key as int 50; put it in quotes"),
        ({"probes": {"a": {True: 1}}}, r"probes\.a\.True: YAML reads this key as bool"),
        ({"probes": {"a\n": SGD}}, r"a key that is empty, or has a line break"),
        ({"probes": {"a": {"shots": [{None: 2}]}}}, r"shots\[0\]\.None: YAML reads this key"),
        ({"probes": {"a b": SGD}}, r"probes\.a b: not a valid name; .* 80 letters, digits"),
        ({"probes": {"a" * 81: SGD}}, r"probes\.a{81}: not a valid name; expected at most 80"),
        ({"probes": [SGD]}, r"probes: expected section, not \[\{'kind': 'sgd'\}\]\. Evaluation"),
        (
            {"evaluations": [{}]},
            r"evaluations: expected section, not \[\{\}\]\. What is eval",
        ),
    ],
)
def test_a_key_is_a_name(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(config)


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse({"probes": {"a": {"epoch": 1}}, "rooms": {}})
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "probes.a.kind",
        "probes.a.epoch",
        "rooms",
    ]


def test_a_mistake_has_the_file_and_line_that_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("probes:\n  a:\n    kind: sgd\n    epochs: 1.5\n")
    second.write_text("probes:\n  a:\n\n    epochs: 2.5\n  b: {}\n")
    given = {"probes": {"a": SGD | {"epochs": 2.5}, "b": {}}}
    with pytest.raises(InputError) as caught:
        parse(given, [first, second])
    lines = str(caught.value).splitlines()[1:]
    assert lines[0].endswith(f" ({second}, line 4)")
    assert lines[1].startswith("probes.b.kind: missing")
    assert lines[1].endswith(f" ({second}, line 5)")


def test_a_value_of_the_command_line_is_blamed_on_no_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("probes:\n  a:\n    kind: sgd\n    epochs: 2\n")
    given = {"probes": {"a": SGD | {"epochs": 2.5, "epoch": 3, "shots": [{"a": 1}]}}}
    with pytest.raises(InputError) as caught:
        parse(given, [file])
    assert "epochs: expected" in str(caught.value)
    assert str(file) not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3: the key 'a' is given twice"),
        ("a:\n  b: 012\n", r"line 2: YAML reads 012 as a base-60 or octal number"),
        ("time: 1:30\n", r"YAML reads 1:30 as a base-60"),
        ("b: 2\na: [1\n", r"line 3: not valid YAML: "),
        ("a:\n\tb: 1\n", r"line 2: not valid YAML: found character '\\t'"),
        ("a: 1\n? [b]\n: 2\n", r"line 2: a list or mapping cannot be a key"),
    ],
)
def test_yaml_traps(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load_yaml(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


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
