"""Digest of the code that a rule runs.

Snakemake does not track the modules that a script imports, and tracks the script itself by its
modification time. The digest made here goes into a rule's params instead: it covers the script
and every `cogworks` module that it imports, directly or not, as normalised syntax trees. So an
edit anywhere in a rule's own code makes its outputs stale; a comment, a docstring, a new line
break, a touch or a fresh clone does not. It is blind to dynamic imports and to data files: there
are none of the former, and the latter are declared as inputs.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]


def rule_code(script: str, *, root: Path = SCRIPTS) -> str:
    """Return the digest (16 hex digits) of `<root>/<script>.py` and the local modules it imports.

    Raises:
        FileNotFoundError: there is no such script.
    """
    start = root / f"{script}.py"
    seen: dict[str, str] = {}
    queue = [start]
    while queue:
        path = queue.pop()
        name = str(path.relative_to(root))
        if name not in seen:
            seen[name], imported = _read_module(path, root)
            queue.extend(imported)
    text = "\n".join(f"{name} {seen[name]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def _read_module(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    """Return the digest of one module's syntax and the local files that it imports."""
    tree = _Normalise().visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    text = "".join(_serialise(tree))
    return hashlib.sha256(text.encode()).hexdigest(), tuple(_imports(tree, root))


class _Normalise(ast.NodeTransformer):
    """Drops what does not change behaviour: docstrings and imports made for type checking only."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            assert isinstance(body, list)
            if body and isinstance(body[0], ast.Expr) and _is_text(body[0].value):
                node.body = body[1:]
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _serialise(value: object) -> Iterator[str]:
    """Yield a text of the tree that is the same on every Python version that we support.

    `ast.dump` is not: later versions leave out empty fields, and new fields come with each.
    """
    if isinstance(value, ast.AST):
        yield f"{type(value).__name__}("
        for field, child in ast.iter_fields(value):
            if child is not None and child != []:
                yield f"{field}="
                yield from _serialise(child)
        yield ")"
    elif isinstance(value, list):
        yield "["
        for child in value:
            yield from _serialise(child)
            yield ","
        yield "]"
    else:
        yield repr(value)


def _imports(tree: ast.AST, root: Path) -> Iterator[Path]:
    """Yield the files under `root` that the module's import statements execute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module_files(alias.name, root)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from _module_files(node.module, root)
            for alias in node.names:
                yield from _module_files(f"{node.module}.{alias.name}", root)


def _module_files(name: str, root: Path) -> Iterator[Path]:
    """Yield the file of module `name` and of its packages, where they are ours."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:end])
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                yield candidate
