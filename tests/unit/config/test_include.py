"""Config files that include others: order, errors with their lines, and what Snakemake merges."""

from pathlib import Path

import pytest
import yaml

from cogworks.config.include import layers, merge, merged, replaced_lists
from cogworks.core.errors import InputError
from cogworks.plan.load import load


@pytest.fixture
def write(tmp_path):
    """Write config files below a folder by their names, and return their paths."""

    def write(**texts: str) -> list[Path]:
        paths = [tmp_path / f"{name.replace('__', '/')}.yaml" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return paths

    return write


def as_snakemake(*paths: Path, over: dict | None = None) -> dict:
    """Return the files merged as Snakemake does, which knows no include, and the command line."""
    config: dict = {}
    for path in paths:
        config = merge(config, yaml.safe_load(path.read_text()) or {})
    return merge(config, over or {})


def test_what_is_included_lies_below_and_in_order(write) -> None:
    top, *_ = write(
        top="include: [sub/a.yaml, b.yaml]\nx: {top: 1}\n",
        sub__a="include: [../common.yaml]\nx: {a: 1, b: a, top: a}\nlist: [1, 2]\n",
        b="include: [common.yaml]\nx: {b: 2, top: b}\n",
        common="x: {a: 0, b: 0, common: 0}\n",
    )
    read = layers([top])
    assert [layer.file.name for layer in read] == ["common.yaml", "a.yaml", "b.yaml", "top.yaml"]
    assert [layer.given for layer in read] == [False, False, False, True]
    expected = {"x": {"a": 1, "b": 2, "top": 1, "common": 0}, "list": [1, 2]}
    assert merged(read, as_snakemake(top)) == expected
    over = {"x": {"b": 3}, "list": [], "y": 1}
    assert merged(read, as_snakemake(top, over=over)) == {
        "x": {"a": 1, "b": 3, "top": 1, "common": 0},
        "list": [],
        "y": 1,
    }


def test_a_later_file_lies_over_what_an_earlier_one_includes(write) -> None:
    first, second, common, other = write(
        first="include: [common.yaml]\nx: {first: 1}\n",
        second="include: [other.yaml]\nx: {a: 2}\n",
        common="x: {a: 0, first: 0, b: 0}\nlist: [1]\n",
        other="x: {b: 1, first: 2}\nlist: [1, 2, 3]\n",
    )
    read = layers([first, second])
    assert merged(read, as_snakemake(first, second)) == {
        "x": {"a": 2, "first": 2, "b": 1},
        "list": [1, 2, 3],
    }
    assert list(replaced_lists(read)) == [
        f"list: the list in {other} (3 entries) replaces that in {common} (1 entries)"
    ]


def test_a_file_that_the_user_names_lies_where_the_user_names_it(write) -> None:
    top, common = write(top="include: [common.yaml]\nx: 1\n", common="x: 0\n")
    assert merged(layers([top, common]), as_snakemake(top, common)) == {"x": 0}
    assert merged(layers([common, top]), as_snakemake(common, top)) == {"x": 1}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            {"a": "x: 1\ninclude:\n- b.yaml\n- gone.yaml\n", "b": ""},
            r"a\.yaml, line 4: include\[1\]: .*gone\.yaml does not exist",
        ),
        (
            {"a": "\ninclude: b.yaml\n", "b": ""},
            r"a\.yaml, line 2: include: expected a list of config files, not 'b\.yaml'",
        ),
        ({"a": "include: [3]\n"}, r"a\.yaml, line 1: include\[0\]: expected a config file, not 3"),
        (
            {"a": "include: [b.yaml]\n", "b": "x: 1\n\ninclude: [a.yaml]\n"},
            r"b\.yaml, line 3: include\[0\]: \S+a\.yaml would include itself: \S+a\.yaml -> \S+b",
        ),
        (
            {"a": "include: [b.yaml]\n", "b": "x: 1\nx: 2\n"},
            r"b\.yaml, line 2: the key 'x' is given twice",
        ),
        (
            {"a": "include: [b.yaml]\n", "b": "[1]\n"},
            r"b\.yaml: expected a mapping of sections, not \[1\]",
        ),
    ],
)
def test_errors_have_file_and_line(write, texts: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        layers(write(**texts)[:1])


def test_an_error_in_an_included_file_names_it(write) -> None:
    top, below = write(
        top="include: [below.yaml]\nprobes: {p: {kind: sgd}}\n",
        below="probes:\n  p:\n    epochs: 1.5\n",
    )
    with pytest.raises(InputError, match=r"probes\.p\.epochs: .* \(.*below\.yaml, line 3\)"):
        load(as_snakemake(top), [top])
    assert below.is_file()


def test_only_a_file_can_include(write) -> None:
    (top,) = write(top="probes: {}\n")
    with pytest.raises(InputError, match="include: only a config file can include others"):
        load(as_snakemake(top, over={"include": ["x.yaml"]}), [top])


def test_a_config_in_several_files_means_the_same(write) -> None:
    whole, top, *_ = write(
        whole="concepts: {c: {}}\nprobes: {p: {kind: sgd, epochs: 3}}\n",
        top="include: [below.yaml]\nprobes: {p: {epochs: 3}}\n",
        below="concepts: {c: {}}\nprobes: {p: {kind: sgd, epochs: 2}}\n",
    )
    warnings: list[str] = []
    one, two = (load(as_snakemake(p), [p], warn=warnings.append).config for p in (whole, top))
    assert one == two
    assert not warnings
