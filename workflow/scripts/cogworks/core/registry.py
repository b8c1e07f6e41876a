"""What can be added to a room: one file per entry, and its name in the room's registry.

A registry only knows names, so importing it imports none of its entries. The digest of a rule's
code does not follow it either: a rule gives the modules of the entries that it loads (see
`codehash.rule_code`). So a new entry, or an edit of another one, makes nothing stale.

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
        package: the package with one module per entry, named after it.
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
            InputError: there is no entry of that name.
        """
        entry: Entry = getattr(import_module(self.module(name)), self.variable)
        return entry
