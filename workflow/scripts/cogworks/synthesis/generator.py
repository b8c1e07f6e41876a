"""A generator's folder: what is in it, and the marker that vouches for it.

The marker is the one declared file of a generator: `{name, folder, pipeline, files: {path: {size,
sha256}}, ...}`, written last. Whoever uses the folder checks it against the marker first.
"""

from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file, write_json
from cogworks.synthesis.content import content, read_index


def write_marker(
    path: Path,
    *,
    name: str,
    folder: Path,
    variant: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write the marker of a finished folder; `details` are further facts worth keeping."""
    facts = {
        "name": name,
        "folder": str(folder),
        "variant": variant,
        "pipeline": read_index(folder)["_class_name"],
        "files": {
            str(file.relative_to(folder)): {
                "size": file.stat().st_size,
                "sha256": sha256_file(file),
            }
            for file in content(folder, variant)
        },
    }
    write_json(facts | (details or {}), path)


def read_marker(path: str | Path) -> dict[str, Any]:
    """Return a generator's marker after checking that its folder still holds the same files.

    Sizes are compared, not hashes, which would take longer than a small shard. Files that are not
    read, see `content`, may come and go.

    Raises:
        InputError: a file of the folder is missing, has another size, or was not there before.
    """
    marker: dict[str, Any] = read_json(path)
    folder = Path(marker["folder"])
    for name, facts in marker["files"].items():
        file = folder / name
        found = file.stat().st_size if file.is_file() else None
        if found != facts["size"]:
            what = "is missing" if found is None else f"has {found} bytes, not {facts['size']}"
            raise _changed(file, what, path)
    for file in content(folder, marker["variant"]):
        if str(file.relative_to(folder)) not in marker["files"]:
            raise _changed(file, "is new", path)
    return marker


def _changed(file: Path, what: str, marker: str | Path) -> InputError:
    return InputError(
        f"{file}: {what}, so the generator is not the one that {marker} describes; restore "
        f"the folder, or delete {marker} to have it checked or trained again"
    )
