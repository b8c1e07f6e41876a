"""What a room can be added to: one file named after it, and its name in the room's registry.

A registry knows names alone, so that importing it imports none of what they stand for. The digest
of a rule's code does not follow it either: a rule gives the modules of the entries that it loads
(see `codehash.rule_code`). So a new entry, or an edit of another one, makes nothing stale.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar

from cogworks.core.errors import InputError

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Registry(Generic[Entry]):
    """The entries of a kind by name.

    Attributes:
        package: the package that holds a module named after each.
        variable: the variable that holds the entry in its module.
        names: all of them.
    """

    package: str
    variable: str
    names: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self.names)

    def module(self, name: str) -> str:
        """Return the dotted name of an entry's module.

        Raises:
            InputError: there is no such entry.
        """
        if name not in self.names:
            known = ", ".join(self.names)
            raise InputError(f"{name!r} is not in {self.package}; known: {known}")
        return f"{self.package}.{name}"

    def load(self, name: str) -> Entry:
        """Return an entry.

        Raises:
            InputError: there is none of that name.
        """
        entry: Entry = getattr(import_module(self.module(name)), self.variable)
        return entry
