"""The digest of a rule's code: what changes it, and what does not."""

import ast
import random
import shutil
from pathlib import Path

import pytest

from cogworks.concepts.similarities import SIMILARITIES
from cogworks.core import codehash
from cogworks.core.codehash import SCRIPTS, reached, rule_code
from cogworks.core.syntax import NOTING, TELLING, Module, _defined, parse_module
from cogworks.images.sources.kinds import SOURCES
from cogworks.probes.kinds import KINDS
from cogworks.report.exhibits import EXHIBITS
from cogworks.synthesis.letters import LETTERS
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses import LOSSES

SCRIPT = '''"""Doc."""
import argparse

from cogworks.core import provenance
from pkg.passing import f
from pkg import kinds


def main() -> None:
    """Doc."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--x", help="an x")
    f(kinds.KINDS["a"]())


if __name__ == "__main__":
    main()
'''
USED = '''from cogworks.core.progress import track
from pkg import deep

LIMIT = 3


class InputError(Exception):
    """Bad input."""


def f(x: int) -> int:
    assert x, "no x"
    if x > LIMIT:
        raise InputError(f"too large: {deep.text(x)}")
    print("working")
    for part in track([x], label="parts"):
        x += deep.g(part)
    return x


def unused():
    return deep.h()
'''
KINDS_FILE = "from pkg.kind_a import A\n\nKINDS = {'a': A}\n"
KIND_A = "class A:\n    def run(self):\n        return helper()\n\n\ndef helper():\n    return 1\n"
DEEP = "def g(x):\n    return 1\n\n\ndef h():\n    return 2\n\n\ndef text(x):\n    return str(x)\n"
FILES = {
    "script.py": SCRIPT,
    "pkg/__init__.py": "",
    "pkg/used.py": USED,
    "pkg/passing.py": "from pkg.used import f\n",
    "pkg/kinds.py": KINDS_FILE,
    "pkg/kind_a.py": KIND_A,
    "pkg/deep.py": DEEP,
    "pkg/alone.py": "x = 1\n",
    "cogworks/__init__.py": "",
    "cogworks/core/__init__.py": "",
    "cogworks/core/progress.py": "def track(parts, label):\n    yield from parts\n",
}


# An entry for each script that loads entries of a registry.
ENTRIES = {
    "write_prompts": [LETTERS.module("c")],
    "train_generator": [LETTERS.module("c")],
    "index_source": [SOURCES.module("parquet")],
    "list_classes": [SOURCES.module("parquet")],
    "build_manifest": [SOURCES.module("parquet")],
    "rank_concepts": [SIMILARITIES.module("lin")],
    "train_encoder": [LOSSES.module("ocm"), RECIPES.module("dino")],
    "tune_probes": [KINDS.module("sgd")],
    "fit_probes": [KINDS.module("sgd")],
    "score_classifiers": [KINDS.module("classifier"), LOSSES.module("cosine")],
    "make_figure": [EXHIBITS.module("ablation_figure")],
    "make_table": [EXHIBITS.module("all_scores_table")],
}


def forget() -> None:
    """Drop what is kept of files that a test has edited."""
    for cached in (codehash._module, codehash._file, codehash._split, codehash.rule_code):
        cached.cache_clear()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    forget()
    return tmp_path


def edited(root: Path, name: str, old: str, new: str) -> str:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new, 1))
    forget()
    return rule_code("script", root=root)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", "f(kinds", "f(2 + kinds"),
        ("pkg/used.py", "deep.g(part)", "deep.g(part) + 1"),
        ("pkg/used.py", "LIMIT = 3", "LIMIT = 4"),
        ("pkg/used.py", "LIMIT = 3", "LIMIT = 3.0"),
        ("pkg/used.py", "x > LIMIT", "x >= LIMIT"),
        ("pkg/used.py", "track([x]", "track([x, x]"),
        ("pkg/deep.py", "return 1", "return 2"),
        ("pkg/kind_a.py", "return 1", "return 2"),
        ("pkg/kinds.py", "'a': A", "'a': A, 'b': A"),
        ("pkg/passing.py", "import f", "import unused as f"),
        ("pkg/__init__.py", "", "print(open('x').read(), file=open('y', 'w'))\n"),
        ("pkg/deep.py", "def g", "@int\ndef g"),
        ("pkg/deep.py", "def g(x)", "def g(x=1)"),
    ],
)
def test_an_edit_of_what_is_reached_changes_the_digest(
    tree: Path, name: str, old: str, new: str
) -> None:
    before = rule_code("script", root=tree)
    assert edited(tree, name, old, new) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("script.py", "Doc", "Another text"),
        ("script.py", "f(kinds", "f(  # why\n        kinds"),
        ("script.py", "an x", "another x"),
        ("pkg/used.py", "Bad input", "Input that is bad"),
        ("pkg/used.py", "too large", "larger than allowed"),
        ("pkg/used.py", "deep.text(x)", "x"),
        ("pkg/used.py", '"no x"', '"an x is needed"'),
        ("pkg/used.py", "working", "at work"),
        ("pkg/used.py", '"parts"', '"pieces"'),
        ("pkg/used.py", "x: int) -> int", "x)"),
        ("pkg/used.py", "return deep.h()", "return 7"),
        ("pkg/deep.py", "return 2", "return 3"),
        ("pkg/deep.py", "def h", "NEW = 1\n\n\ndef new():\n    return 1\n\n\ndef h"),
        ("pkg/deep.py", "def g", "if TYPE_CHECKING:\n    from pkg import alone\n\n\ndef g"),
        ("pkg/alone.py", "x = 1", "x = 2"),
        ("cogworks/core/progress.py", "yield from parts", "yield from list(parts)"),
        ("script.py", "    f(", "    provenance.record(0)\n    f("),
    ],
)
def test_what_cannot_change_a_result_leaves_the_digest(
    tree: Path, name: str, old: str, new: str
) -> None:
    before = rule_code("script", root=tree)
    assert edited(tree, name, old, new) == before


def test_an_import_inside_a_function_counts(tree: Path) -> None:
    before = edited(tree, "script.py", "    f(", "    from pkg import alone\n    f(alone.x); f(")
    assert edited(tree, "pkg/alone.py", "x = 1", "x = 2") != before


def test_a_module_that_is_handed_on_counts_as_a_whole(tree: Path) -> None:
    before = edited(tree, "script.py", "f(kinds.", "vars(kinds); f(kinds.")
    assert edited(tree, "pkg/kinds.py", "KINDS = ", "OTHER = 1\nKINDS = ") != before


def test_what_runs_on_import_counts(tree: Path) -> None:
    before = rule_code("script", root=tree)
    assert edited(tree, "pkg/deep.py", "def g", "g.x = 1\n\n\ndef g") != before


def test_the_version_of_a_library_that_shapes_numbers_counts(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = edited(
        tree, "pkg/deep.py", "def g(x):", "import torch\n\n\ndef g(x):\n    torch.ones(1)"
    )
    monkeypatch.setattr(codehash, "_version", lambda name: "0.0")
    forget()
    assert rule_code("script", root=tree) != before


REGISTRY = "class Registry:\n    def load(self, name):\n        return name\n"


def test_entries_of_a_registry_count_where_they_are_named(tree: Path) -> None:
    (tree / "cogworks/core/registry.py").write_text(REGISTRY)
    kinds = "from cogworks.core.registry import Registry\n\nKINDS = Registry('pkg', ('kind_a',))\n"
    (tree / "pkg/kinds.py").write_text(kinds)
    forget()
    with pytest.raises(ValueError, match="script: give the modules of the entries that it loads"):
        rule_code("script", root=tree)
    before = rule_code("script", "pkg.kind_a", root=tree)
    assert before != rule_code("script", "pkg.deep", root=tree)
    text = (tree / "pkg/kinds.py").read_text()
    (tree / "pkg/kinds.py").write_text(text.replace("'kind_a',", "'kind_a', 'kind_b'"))
    forget()
    assert rule_code("script", "pkg.kind_a", root=tree) == before, "a new entry"
    (tree / "pkg/kind_a.py").write_text(KIND_A.replace("return 1", "return 2"))
    forget()
    assert rule_code("script", "pkg.kind_a", root=tree) != before, "another entry"


def test_no_script_is_an_error(tree: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.py"):
        rule_code("missing", root=tree)


def test_code_that_refers_to_itself_ends(tree: Path) -> None:
    before = edited(
        tree, "pkg/deep.py", "    return 1", "    from pkg.used import f\n    return f(1)"
    )
    assert before == rule_code("script", root=tree)


def test_every_module_that_only_tells_is_there() -> None:
    for module in (*TELLING, *NOTING):
        assert SCRIPTS.joinpath(*module.split(".")).with_suffix(".py").is_file()


def test_rules_reach_their_own_room() -> None:
    memory, recipe = "cogworks.training.memory:Memory", RECIPES.module("dino")
    assert memory in reached("train_encoder", LOSSES.module("ocm"), recipe)
    assert memory not in reached("train_encoder", LOSSES.module("cosine"), recipe)
    nearest = "cogworks.probes.knn:Neighbours"
    assert nearest in reached("fit_probes", KINDS.module("knn"))
    assert nearest not in reached("fit_probes", KINDS.module("sgd"))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of scripts and library."""
    root = tmp_path_factory.mktemp("library") / "scripts"
    shutil.copytree(SCRIPTS, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


# None of these makes a file of a run that could be stale.
APART = {"preflight", "document_config", "stale", "calibrate", "rank"}
APART |= {"show_estimates", "show_usage"}


def digests(root: Path) -> dict[str, str]:
    """Return the digest of each script that makes files of a run."""
    scripts = sorted({path.stem for path in root.glob("*.py")} - APART)
    return {script: rule_code(script, *ENTRIES.get(script, ()), root=root) for script in scripts}


def with_another_statement(source: str, name: str) -> str:
    """Return a module's source after an edit of one definition, which is never run."""
    lines = source.splitlines(keepends=True)
    nodes = [n for n in ast.parse(source).body if name in _defined(n)]
    node = nodes[-1]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        last = node.body[-1]
        lines.insert(last.end_lineno or 0, " " * last.col_offset + "edited = 1\n")
    elif isinstance(node, ast.AnnAssign):
        lines.insert(node.end_lineno or 0, f"{name}: int = 1\n")
    else:
        lines.insert(node.end_lineno or 0, f"{name} = 1\n")
    return "".join(lines)


def definitions_of(root: Path) -> list[tuple[str, str]]:
    """Return module and name of every definition of the library."""
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in sorted(root.glob("cogworks/**/*.py"))
    ]
    return [(m, name) for m in modules for name in codehash._module(m, root).definitions]


def test_an_edit_of_a_definition_changes_the_scripts_that_reach_it_and_no_others(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample of all definitions, a few of each room; whatever only tells is reached by none."""
    forget()
    before = digests(library)
    reach = {script: reached(script, *ENTRIES.get(script, ()), root=library) for script in before}
    everything = definitions_of(library)
    sample = random.Random(0).sample(everything, 60)
    sample += random.Random(1).sample([d for d in everything if d[0] in TELLING], 5)
    parse, edits = codehash._module, dict[tuple[str, Path], Module]()
    monkeypatch.setattr(codehash, "_module", lambda *place: edits.get(place) or parse(*place))
    changed_any = 0
    for module, name in sample:
        path = codehash._file(module, library)
        assert path is not None
        source = with_another_statement(path.read_text(), name)
        edits[module, library] = parse_module(source, path=str(path))
        rule_code.cache_clear()
        after = digests(library)
        changed = {script for script in before if after[script] != before[script]}
        expected = {script for script in before if f"{module}:{name}" in reach[script]}
        assert changed == expected, f"{module}.{name}"
        changed_any += bool(changed)
        edits.clear()
    assert changed_any > len(sample) // 3


def test_an_unused_function_makes_nothing_stale(library: Path) -> None:
    """A new function in a module that all rules use is no reason to run one of them again."""
    forget()
    before = digests(library)
    for module in ("core/files", "core/cli", "core/errors", "training/progress"):
        path = library / "cogworks" / f"{module}.py"
        path.write_text(path.read_text() + "\n\ndef unused():\n    return 1\n")
    forget()
    assert digests(library) == before
