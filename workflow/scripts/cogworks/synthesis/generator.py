"""A generator's folder: what is in it, and the marker that vouches for it.

The marker is the one declared file of a generator: `{name, folder, pipeline, files: {path: {size,
sha256}}, ...}`, written last. Whoever uses the folder checks it against the marker first.
"""

from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file, write_json

INDEX = "model_index.json"


def describe(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of each file that diffusers reads, by path within the folder."""
    paths = [path for depth in ("*.json", "*/*") for path in folder.glob(depth) if path.is_file()]
    return {
        str(path.relative_to(folder)): {"size": path.stat().st_size, "sha256": sha256_file(path)}
        for path in sorted(paths)
    }


def write_marker(path: Path, *, name: str, folder: Path, details: dict[str, Any]) -> None:
    """Write the marker of a finished folder; `details` are further facts worth keeping."""
    pipeline = read_json(folder / INDEX)["_class_name"]
    facts = {"name": name, "folder": str(folder), "pipeline": pipeline, "files": describe(folder)}
    write_json(facts | details, path)


def read_marker(path: str | Path) -> dict[str, Any]:
    """Return a generator's marker after checking that its folder still holds the same files.

    Sizes are compared, not hashes, which would take longer than a small shard.

    Raises:
        InputError: a file of the folder is missing or has another size.
    """
    marker: dict[str, Any] = read_json(path)
    folder = Path(marker["folder"])
    for name, facts in marker["files"].items():
        file = folder / name
        found = file.stat().st_size if file.is_file() else None
        if found != facts["size"]:
            what = "is missing" if found is None else f"has {found} bytes, not {facts['size']}"
            raise InputError(
                f"{file}: {what}, so the generator is not the one that {path} describes; restore "
                f"the folder, or delete {path} to have it checked or trained again"
            )
    return marker
