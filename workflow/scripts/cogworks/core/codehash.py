"""Digest of the code that a rule runs.

Snakemake does not track the modules that a script imports, and tracks the script itself by its
modification time. The digest made here goes into a rule's params instead. It follows definitions:
it starts at the script and follows the names that each definition uses, through every `cogworks`
module. So an edit of a function makes exactly those rules stale that can reach it; a comment, a
docstring, a message, a new function, a touch or a fresh clone changes nothing. The digest cannot
see dynamic imports or data files. The former are entries of registries, which a rule names beside
its script; the latter are declared as inputs.

The digest includes the versions, major and minor, of libraries that shape numbers, if the rule's
code reaches them. A patch release is assumed to change no result.
"""

import functools
import hashlib
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from cogworks.core.place import ROOT
from cogworks.core.syntax import Chain, Definition, Module, is_telling, parse_module

SCRIPTS = ROOT / "workflow" / "scripts"
# Where the library is: beside the scripts in a checkout.
LIBRARY = Path(__file__).resolve().parents[2]
# Import name of each library whose version can change a result -> distribution.
SHAPING = {
    "PIL": "pillow",
    "diffusers": "diffusers",
    "numpy": "numpy",
    "optuna": "optuna",
    "scipy": "scipy",
    "simplejpeg": "simplejpeg",
    "sklearn": "scikit-learn",
    "timm": "timm",
    "torch": "torch",
    "torchvision": "torchvision",
    "transformers": "transformers",
}
# What a definition uses: a module of ours and a name in it, None for all that the module holds.
Place = tuple[str, str | None]
# The name under which a module's statements that always run are kept.
ALWAYS = ""
# What a script reaches that loads entries.
REGISTRY = ("cogworks.core.registry", "Registry")
# What each digest that was asked for stands for: script, entries, root. See `cogworks.stale.code`.
given: dict[str, tuple[str, tuple[str, ...], Path]] = {}


@functools.cache
def rule_code(script: str, *entries: str, root: Path = SCRIPTS) -> str:
    """Return the digest (16 hex digits) of what `<root>/<script>.py` reaches.

    Args:
        script: its name.
        entries: modules of the entries of registries that it loads (`Registry.module`).
        root: the folder of scripts and modules.

    Raises:
        FileNotFoundError: the script does not exist.
        ValueError: it loads entries of a registry, but none is given.
    """
    reached, libraries = _reach(script, root, entries)
    if REGISTRY in reached and not entries:
        raise ValueError(f"{script}: give the modules of the entries that it loads")
    lines = [f"{name} {_version(name)}" for name in sorted(libraries) if name in SHAPING]
    text = "\n".join([*sorted(reached.values()), *lines])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    given[digest] = script, entries, root
    return digest


def definitions(script: str, *entries: str, root: Path = SCRIPTS) -> dict[str, str]:
    """Return a digest of each definition that a script reaches, and the versions of libraries.

    Returns:
        `module.name` -> 12 hex digits, `module` for what runs on its import, library -> version.
        Where two digests of `rule_code` differ, some of these do.
    """
    lines, libraries = _reach(script, root, entries)
    found = {
        f"{module}.{name}" if name != ALWAYS else module: hashlib.sha256(line.encode()).hexdigest()
        for (module, name), line in lines.items()
    }
    versions = {name: _version(name) for name in libraries if name in SHAPING}
    return {name: value[:12] for name, value in found.items()} | versions


def reached(script: str, *entries: str, root: Path = SCRIPTS) -> set[str]:
    """Return the definitions that a script reaches, each as `module:name`; see `rule_code`."""
    found, _ = _reach(script, root, entries)
    return {f"{module}:{name}" for module, name in found if name != ALWAYS}


def _reach(
    script: str, root: Path, entries: tuple[str, ...]
) -> tuple[dict[tuple[str, str], str], set[str]]:
    """Return a line for each definition that is reached, and the libraries that they name."""
    if not (root / f"{script}.py").is_file():
        raise FileNotFoundError(root / f"{script}.py")
    lines: dict[tuple[str, str], str] = {}
    libraries: set[str] = set()
    queue: list[Place] = [(module, None) for module in (script, *entries)]
    entered: set[Place] = set()
    while queue:
        place = queue.pop()
        if place in entered:
            continue
        entered.add(place)
        module, name = place
        if (module, ALWAYS) not in lines:
            lines[module, ALWAYS] = ""  # Claimed before its own names lead back here.
            queue += [(other, ALWAYS) for other in _executed(module, root)]
            queue.append((module, ALWAYS))
        for key, definition in _chosen(_module(module, root), name):
            uses, named = _targets(module, definition, root)
            libraries |= named
            queue += uses
            used = sorted(f"{m}:{n}" for m, n in uses)
            lines[module, key] = f"{module}:{key} {definition.digest} {' '.join(used)}"
    return lines, libraries


def _chosen(module: Module, name: str | None) -> Iterator[tuple[str, Definition]]:
    """Yield the definitions of a module that a place stands for."""
    if name is None:
        yield from module.definitions.items()
    elif name == ALWAYS:
        yield ALWAYS, module.always
    elif name in module.definitions:
        yield name, module.definitions[name]


def _executed(module: str, root: Path) -> Iterator[str]:
    """Yield the modules that are run when `module` is imported: its packages, its imports."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if _file(package, root):
            yield package
    for target in _module(module, root).imports.values():
        found, _ = _split(target, root)
        if found and not is_telling(found):
            yield found


def _targets(module: str, definition: Definition, root: Path) -> tuple[list[Place], set[str]]:
    """Return the places that a definition uses, and the libraries that it names."""
    imports = _module(module, root).imports | definition.imports
    places: list[Place] = []
    libraries: set[str] = set()
    for chain in definition.uses:
        if chain[0] not in imports:
            places.append((module, chain[0]))
            continue
        target = ".".join((imports[chain[0]], *chain[1:]))
        place = _find(target, root)
        if place is None:
            libraries.add(target.split(".")[0])
        elif not is_telling(place[0]):
            places.append(place)
    known = _module(module, root).definitions
    return [p for p in places if p[0] != module or p[1] is None or p[1] in known], libraries


def _find(target: str, root: Path) -> Place | None:
    """Return where a dotted name is defined, through what modules pass on; None: not ours."""
    module, rest = _split(target, root)
    if not module:
        return None
    if not rest:
        return module, None
    parts = _module(module, root)
    if rest[0] in parts.definitions or rest[0] not in parts.imports:
        return module, rest[0]
    return _find(".".join((parts.imports[rest[0]], *rest[1:])), root)


@functools.cache
def _split(target: str, root: Path) -> tuple[str, Chain]:
    """Return the longest part of a dotted name that is a module of ours, and the rest."""
    parts = target.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        if _file(module, root):
            return module, tuple(parts[end:])
    return "", tuple(parts)


@functools.cache
def _file(module: str, root: Path) -> Path | None:
    for folder in (root, LIBRARY) if root == SCRIPTS else (root,):
        base = folder.joinpath(*module.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
    return None


@functools.cache
def _module(name: str, root: Path) -> Module:
    path = _file(name, root)
    if path is None:
        return Module({}, Definition("", frozenset(), {}), {})
    return parse_module(path.read_text(encoding="utf-8"), path=str(path))


@functools.cache
def _version(library: str) -> str:
    try:
        return ".".join(importlib.metadata.version(SHAPING[library]).split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
