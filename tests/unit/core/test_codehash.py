"""The digest of a rule's code: what changes it, and what does not."""

from pathlib import Path

import pytest

from cogworks.core.codehash import _module_files, _read_module, rule_code

SCRIPT = '"""Doc."""\nfrom pkg.used import f\n\n\ndef main() -> None:\n    """Doc."""\n    f()\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "used.py").write_text("from pkg import deep\n\ndef f():\n    return deep.g()\n")
    (package / "deep.py").write_text("def g():\n    return 1\n")
    (package / "unused.py").write_text("x = 1\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def edited(root: Path, name: str, text: str) -> str:
    (root / name).write_text(text)
    _read_module.cache_clear()
    _module_files.cache_clear()
    return rule_code("script", root=root)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("script.py", SCRIPT.replace("f()", "f(); f()")),
        ("pkg/used.py", "from pkg import deep\n\ndef f():\n    return deep.g() + 1\n"),
        ("pkg/deep.py", "def g():\n    return 2\n"),
        ("pkg/deep.py", "def g():\n    return 1.0\n"),
        ("pkg/__init__.py", "side_effect = 1\n"),
    ],
)
def test_an_edit_of_own_code_changes_the_digest(tree: Path, name: str, text: str) -> None:
    before = rule_code("script", root=tree)
    assert edited(tree, name, text) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("script.py", SCRIPT.replace("Doc", "Another text")),
        ("script.py", "# a comment\n" + SCRIPT.replace("f()", "(\n        f()\n    )  # why")),
        ("pkg/deep.py", 'def g():\n    """New docstring."""\n    # why\n    return 1\n'),
        ("pkg/unused.py", "x = 2\n"),
        (
            "pkg/deep.py",
            "if TYPE_CHECKING:\n    from pkg import unused\n\ndef g():\n    return 1\n",
        ),
    ],
)
def test_what_does_not_run_leaves_the_digest(tree: Path, name: str, text: str) -> None:
    before = rule_code("script", root=tree)
    assert edited(tree, name, text) == before


def test_an_import_inside_a_function_counts(tree: Path) -> None:
    lazy = SCRIPT.replace("    f()", "    from pkg import unused\n    f(unused.x)")
    before = edited(tree, "script.py", lazy)
    assert edited(tree, "pkg/unused.py", "x = 2\n") != before


def test_no_script_is_an_error(tree: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.py"):
        rule_code("missing", root=tree)
