"""A module's definitions as text that changes exactly when their behaviour can change.

The text of a definition is its syntax tree without anything that only informs people: docstrings,
annotations of functions, prints, messages of errors and asserts, help texts, labels of progress. It
is the same on every supported version of Python, unlike that of `ast.dump`: later versions leave
out empty fields, and each adds new ones.

Imported while the DAG is planned: standard library only.
"""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# A name as it is written, from the variable on: ("np", "linalg", "norm").
Chain = tuple[str, ...]
# What is imported: the dotted name behind each name that the import binds.
Imports = dict[str, str]
# The functions of these modules only show something to people; they pass on their first argument.
TELLING = ("cogworks.core.progress", "cogworks.training.progress", "cogworks.training.board")
# Statements that call these modules note who ran a job, end it with its run, clear up after killed
# ones, or warn: they are left out.
NOTING = tuple(f"cogworks.core.{name}" for name in ("provenance", "leader", "leftovers", "warn"))
_PRINTED_TO = {"stderr", "stdout"}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Definition:
    """A function, class or variable of a module, or all that runs on its import.

    Attributes:
        digest: SHA-256 (hex) of its text.
        uses: the names that it reads.
        imports: what its own import statements bind.
    """

    digest: str
    uses: frozenset[Chain]
    imports: Imports


@dataclass(frozen=True)
class Module:
    """A module's parts.

    Attributes:
        definitions: by name; names that are bound by more than plain definitions are not here.
        always: what runs whenever the module is imported: all other statements.
        imports: what import statements at the top bind, those for type checking apart.
    """

    definitions: dict[str, Definition]
    always: Definition
    imports: Imports = field(default_factory=dict)


def parse_module(source: str, *, path: str) -> Module:
    """Return the parts of a module's source; `path` is named in a SyntaxError."""
    imports: Imports = {}
    groups: dict[str, list[ast.stmt]] = {}
    always: list[ast.stmt] = []
    for statement in _without_docstring(ast.parse(source, filename=path).body):
        if _is_type_checking(statement):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports |= bound_by(statement)
            continue
        names = list(_defined(statement))
        for name in names:
            groups.setdefault(name, []).append(statement)
        if not names:
            always.append(statement)
            for node in ast.walk(statement):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    imports |= bound_by(node)
    definitions = {name: _define(body, imports) for name, body in groups.items()}
    return Module(definitions, _define(always, imports), imports)


def bound_by(statement: ast.Import | ast.ImportFrom) -> Imports:
    """Return what an import statement binds."""
    if isinstance(statement, ast.ImportFrom):
        if not statement.module or statement.level:
            return {}
        return {a.asname or a.name: f"{statement.module}.{a.name}" for a in statement.names}
    found = {}
    for alias in statement.names:
        top = alias.name.split(".")[0]
        found[alias.asname or top] = alias.name if alias.asname else top
    return found


def is_telling(target: str) -> bool:
    """Whether a dotted name is one of the modules that only inform, or is inside one."""
    modules = (*TELLING, *NOTING)
    return any(target == module or target.startswith(f"{module}.") for module in modules)


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines and does nothing else with."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        yield from (part.id for part in parts if isinstance(part, ast.Name))


def _define(statements: Sequence[ast.stmt], imports: Imports) -> Definition:
    writer = _Writer(imports)
    for statement in statements:
        writer.add(statement)
    digest = hashlib.sha256("".join(writer.text).encode()).hexdigest()
    return Definition(digest, frozenset(writer.uses), writer.imports)


class _Writer:
    """One pass over a syntax tree: its text, the names that it reads, and what it imports."""

    def __init__(self, imports: Imports) -> None:
        self._outer = imports
        self.text: list[str] = []
        self.uses: set[Chain] = set()
        self.imports: Imports = {}

    def add(self, value: object) -> None:
        """Append the text of a node, a list of nodes or a plain value."""
        if isinstance(value, ast.AST):
            self._add_node(value)
        elif isinstance(value, list):
            self.text.append("[")
            for child in value:
                if not (_is_type_checking(child) or _is_printed(child) or self._is_noted(child)):
                    self.add(child)
                    self.text.append(",")
            self.text.append("]")
        else:
            self.text.append(repr(value))

    def _add_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imports |= bound_by(node)
            return
        chain = _chain(node)
        if chain:
            self._add_name(chain, node)
            return
        self.text.append(f"{type(node).__name__}(")
        for name, child in self._fields(node):
            if child is not None and child != []:
                self.text.append(f"{name}=")
                self.add(child)
        self.text.append(")")

    def _add_name(self, chain: Chain, node: ast.AST) -> None:
        context = type(getattr(node, "ctx", None)).__name__
        if len(chain) > 1 or context == "Load":
            self.uses.add(chain)
        self.text.append(f"{'.'.join(chain)}:{context}")

    def _fields(self, node: ast.AST) -> Iterator[tuple[str, object]]:
        """Yield the fields of a node that can change what the code does."""
        for name in node._fields:
            child = getattr(node, name, None)
            if name == "body" and isinstance(node, _DOCUMENTED):
                child = _without_docstring(node.body)
            elif isinstance(node, ast.Call):
                child = self._arguments(node, name, child)
            elif _is_untold(node, name):
                child = None
            yield name, child

    def _arguments(self, call: ast.Call, name: str, child: object) -> object:
        """Return a field of a call without the arguments that only inform."""
        if name == "func":
            return child
        chain = _chain(call.func) or ("",)
        if is_telling(self._target(chain)):
            return call.args[:1] if name == "args" else None
        if chain[-1].endswith("Error") or chain[-1] == "Registry":
            return None  # A message; or entries, of which the rule names those that it loads.
        if name == "keywords" and chain[-1] == "add_argument":
            return [keyword for keyword in call.keywords if keyword.arg != "help"]
        return child

    def _is_noted(self, node: object) -> bool:
        """Whether a statement only calls a function of a module of `NOTING`."""
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            return False
        chain = _chain(node.value.func)
        return bool(chain) and any(self._target(chain).startswith(f"{name}.") for name in NOTING)

    def _target(self, chain: Chain) -> str:
        """Return the dotted name behind a name."""
        imports = self._outer | self.imports
        return ".".join((imports.get(chain[0], chain[0]), *chain[1:]))


def _chain(node: ast.AST) -> Chain:
    """Return the name that a node reads, with its attributes; empty if it is not a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(names))


def _is_untold(node: ast.AST, name: str) -> bool:
    """Whether a field of a node is an annotation of a function, or the message of an assert."""
    if isinstance(node, ast.arg):
        return name == "annotation"
    if isinstance(node, ast.Assert):
        return name == "msg"
    return isinstance(node, _FUNCTIONS) and name == "returns"


def _is_printed(node: object) -> bool:
    """Whether a statement prints to the terminal or warns."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    chain = _chain(node.value.func)
    if chain == ("print",):
        files = [keyword.value for keyword in node.value.keywords if keyword.arg == "file"]
        return all((_chain(file) or ("",))[-1] in _PRINTED_TO for file in files)
    return chain == ("warnings", "warn")


def _is_type_checking(node: object) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    return body[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else body
