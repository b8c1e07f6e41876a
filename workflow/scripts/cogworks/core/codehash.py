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
    source = _Source()
    source.add(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    names = dict.fromkeys(source.imported)
    files = tuple(file for name in names for file in _module_files(name, root))
    return hashlib.sha256("".join(source.text).encode()).hexdigest(), files


class _Source:
    """One pass over a syntax tree: its text, and the names of the modules that it imports.

    What does not change behaviour is left out: docstrings, and what is imported for type checking
    only. The text is the same on every Python version that we support; that of `ast.dump` is not,
    since later versions leave out empty fields, and new fields come with each.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.imported: list[str] = []

    def add(self, value: object) -> None:
        """Append the text of a node, a list of nodes or a plain value."""
        if isinstance(value, ast.AST):
            self._add_node(value)
        elif isinstance(value, list):
            self.text.append("[")
            for child in value:
                if not _is_type_checking(child):
                    self.add(child)
                    self.text.append(",")
            self.text.append("]")
        else:
            self.text.append(repr(value))

    def _add_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self.imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            self.imported.append(node.module)
            self.imported += [f"{node.module}.{alias.name}" for alias in node.names]
        self.text.append(f"{type(node).__name__}(")
        for field in node._fields:
            child = getattr(node, field, None)
            if field == "body" and isinstance(node, DOCUMENTED):
                child = _without_docstring(node.body)
            if child is not None and child != []:
                self.text.append(f"{field}=")
                self.add(child)
        self.text.append(")")


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _is_type_checking(node: object) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    return body[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else body


@functools.cache
def _module_files(name: str, root: Path) -> tuple[Path, ...]:
    """Return the file of module `name` and those of its packages, where they are ours."""
    parts = name.split(".")
    if not (root / parts[0]).is_dir() and not (root / f"{parts[0]}.py").is_file():
        return ()
    bases = [root.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
    candidates = [
        file for base in bases for file in (base / "__init__.py", base.with_suffix(".py"))
    ]
    return tuple(file for file in candidates if file.is_file())
