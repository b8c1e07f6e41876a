"""A generator's folder: what is in it, and the marker that vouches for it.

The marker is the one declared file of a generator: `{name, folder, pipeline, files: {path: {size,
sha256}}, ...}`, written last. Whoever uses the folder checks it against the marker first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file, write_json
from cogworks.synthesis.content import content, read_index


@dataclass(frozen=True)
class Marker:
    """What a marker says of a generator.

    Attributes:
        name: the generator.
        folder: where it lies.
        variant: the variant of its weight files that is read.
    """

    name: str
    folder: Path
    variant: str | None


def write_marker(
    path: Path,
    *,
    name: str,
    folder: Path,
    variant: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write the marker of a finished folder; `details` are further facts worth keeping."""
    facts: dict[str, object] = {
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
    write_json(facts | dict(details or {}), path)


def read_marker(path: str | Path) -> Marker:
    """Return a generator's marker after checking that its folder still holds the same files.

    Sizes are compared, not hashes, which would take longer than a small shard. Files that are not
    read, see `content`, may come and go.

    Raises:
        InputError: a file of the folder is missing, has another size, or was not there before.
    """
    found = read_json(path)
    marker = Marker(found["name"], Path(found["folder"]), found["variant"])
    folder, files = marker.folder, found["files"]
    for name, facts in files.items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else None
        if size != facts["size"]:
            what = "is missing" if size is None else f"has {size} bytes, not {facts['size']}"
            raise _changed(file, what, path)
    for file in content(folder, marker.variant):
        if str(file.relative_to(folder)) not in files:
            raise _changed(file, "is new", path)
    return marker


def _changed(file: Path, what: str, marker: str | Path) -> InputError:
    return InputError(
        f"{file}: {what}, so the generator is not the one that {marker} describes; restore "
        f"the folder, or delete {marker} to have it checked or trained again"
    )
