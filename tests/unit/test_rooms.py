"""Imports between the rooms of the library go one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cogworks.core.codehash import SCRIPTS

LIBRARY = SCRIPTS / "cogworks"
GROUND = {"core"}
SOURCES = {"core", "concepts", "images", "networks"}
MAKERS = SOURCES | {"synthesis", "training", "encoders"}
JUDGES = MAKERS | {"probes", "analysis"}
ALL = JUDGES | {"report"}
# What each room may import. Rooms of one floor see those below, but not each other, except for the
# sources: images take class lists from concepts, networks take decoded pixels from images.
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "concepts": GROUND,
    "images": GROUND | {"concepts"},
    "networks": GROUND | {"images"},
    "synthesis": SOURCES,
    "training": SOURCES,
    "encoders": SOURCES,
    "probes": MAKERS,
    "analysis": MAKERS,
    # The config knows the names in the rooms' registries; the plan knows what they stand for.
    "config": SOURCES | {"synthesis", "training", "probes"},
    "plan": JUDGES | {"config"},
    "report": JUDGES | {"config", "plan"},
    "preflight": ALL | {"config", "plan"},
    "estimates": ALL | {"config", "plan", "preflight", "stale"},
    # The command line on top of the workflow.
    "rank": ALL | {"config", "plan"},
    "stale": GROUND | {"training", "probes"},
}
# The report stands on the plan, but the errors of its section are told with all others.
EXCEPTIONS = {("plan/load.py", "cogworks.report")}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of everything of the library that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "cogworks")


def room_of(path: Path) -> str:
    return Path(path.relative_to(LIBRARY).parts[0]).stem


def offences(path: Path) -> Iterator[str]:
    """Yield a line for each import of a file that its room is not allowed."""
    room, place = room_of(path), path.relative_to(LIBRARY).as_posix()
    for line, name in imports_of(path):
        package, other = name.split(".")[:2]
        if other in ALLOWED[room] | {room} or (place, f"{package}.{other}") in EXCEPTIONS:
            continue
        yield f"{place}:{line}: {room} must not import {name}"


def library() -> list[Path]:
    """Return all files but the library's own `__init__.py`, which belongs to no room."""
    return sorted(set(LIBRARY.rglob("*.py")) - {LIBRARY / "__init__.py"})


def test_every_room_stands_in_the_table() -> None:
    assert {room_of(path) for path in library()} == set(ALLOWED)


def test_the_table_has_no_circle() -> None:
    left = dict(ALLOWED)
    while left:
        free = [room for room, below in left.items() if not below & left.keys()]
        assert free, f"these rooms import each other: {', '.join(left)}"
        for room in free:
            del left[room]


def test_imports_go_one_way() -> None:
    found = [line for path in library() for line in offences(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("statement", "offends"),
    [
        ("from cogworks.encoders import pixels", True),
        ("from cogworks.encoders.pixels import normalise", True),
        ("def f():\n    import cogworks.encoders.pixels as p", True),
        ("from cogworks.networks.pixels import normalise", False),
        ("from cogworks.training import plan", False),
        ("import torch", False),
    ],
)
def test_an_offence_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, offends: bool
) -> None:
    path = tmp_path / "training" / "model.py"
    path.parent.mkdir()
    path.write_text(statement)
    monkeypatch.setattr(f"{__name__}.LIBRARY", tmp_path)
    assert bool(list(offences(path))) == offends


def test_exceptions_are_needed() -> None:
    for place, package in EXCEPTIONS:
        names = [name for _, name in imports_of(LIBRARY / place)]
        assert any(name.startswith(f"{package}.") for name in names), f"{place}: drop the exception"
