"""Which network an encoder is: a library's model, perhaps in a local folder, or the user's code.

Imported while the DAG is planned: the standard library only.
"""

import importlib.util
from pathlib import Path
from typing import NamedTuple, Self, cast

from cogworks.core.inputs import is_hidden
from cogworks.networks.specs import Library

# What the config calls transformers.
HF = "hf"


class Model(NamedTuple):
    """A library's model by its name there: what `model` of the config says."""

    library: Library
    name: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the model that `library:name` says."""
        library, _, name = text.partition(":")
        return cls(cast("Library", "transformers" if library == HF else library), name)

    @property
    def folder(self) -> Path | None:
        """Return the local folder that it names, if it names one."""
        looks_local = self.name.startswith(("/", "./", "../")) or Path(self.name).is_dir()
        return Path(self.name) if self.library in ("timm", "transformers") and looks_local else None

    @property
    def files(self) -> list[str]:
        """Return the files of its folder that its library may read."""
        found = (
            path
            for suffix in ("json", "safetensors", "bin")
            for path in (self.folder.glob(f"*.{suffix}") if self.folder else ())
            if not is_hidden(path.name)
        )
        return [str(path) for path in sorted(found)]


def entry_file(entry_point: str) -> list[str]:
    """Return the file of an entry point, where it can be told without importing anything."""
    place = entry_point.rpartition(":")[0]
    if place.endswith(".py"):
        return [place]
    top, *rest = place.split(".")
    found = importlib.util.find_spec(top)
    if found is None or not found.origin:
        return []
    if not rest:
        return [found.origin]
    base = Path(found.origin).parent.joinpath(*rest)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return [str(path) for path in candidates if path.is_file()]
