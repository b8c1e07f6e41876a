"""Which weights an encoder has that a library keeps in its cache, where Snakemake sees none.

Imported while the DAG is planned: standard library only.
"""

import glob
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cogworks.core.fingerprint import Fingerprints, fingerprint


def cached_weights(library: str, name: str) -> list[str]:
    """Return the glob patterns of a library's pretrained weights, once they are fetched."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    if library == "torchvision":
        torch_home = Path(os.environ.get("TORCH_HOME", cache / "torch"))
        return [str(torch_home / "hub" / "checkpoints" / f"{name.partition('.')[0]}*.pth")]
    hf_home = Path(os.environ.get("HF_HOME", cache / "huggingface"))
    hub = Path(os.environ.get("HF_HUB_CACHE", hf_home / "hub"))
    repository = name.removeprefix("hf-hub:")
    if library == "timm" and repository == name:
        repository = f"timm/{name}" if "." in name else f"timm/{name}.*"
    folder = "models--" + repository.replace("/", "--")
    return [str(hub / folder / "snapshots" / "*" / "*")]


def of_cache(patterns: Iterable[str]) -> Fingerprints:
    """Return the fingerprints of the files of a cache, by their names there (`cache_name`).

    Args:
        patterns: glob patterns, see `cached_weights`; of a hub's repository only the revision
            counts that its `main` stands for.
    """
    found = [Path(path) for pattern in patterns for path in sorted(glob.glob(pattern))]
    return {
        cache_name(path): fingerprint(path) for path in found if path.is_file() and _is_main(path)
    }


def cache_name(path: Path) -> str:
    """Return a cached file's name; on a hub with its repository, but not the revision."""
    return f"{path.parents[2].name}/{path.name}" if _is_of_hub(path) else path.name


def _is_of_hub(path: Path) -> bool:
    return path.parent.parent.name == "snapshots"


def _is_main(path: Path) -> bool:
    if not _is_of_hub(path):
        return True
    main = path.parents[2] / "refs" / "main"
    return not main.is_file() or main.read_text().strip() == path.parent.name


def planned(now: Fingerprints, record: str | Path) -> Fingerprints | None:
    """Return what the spec of an encoder with a library's pretrained weights says of them.

    Before the first extraction that is what the cache holds, and None of an empty cache. As the
    job may then fetch them, it notes which files they were (`write_note`), and the spec stays the
    same for as long as these do: nothing is made again only because the cache was filled.

    Args:
        now: what the cache holds, see `of_cache`.
        record: the note of the last extraction; it need not be there.
    """
    note = _read(record)
    if note is None:
        return now or None
    used = {name: now.get(name) for name in note["files"]}
    if used == note["files"]:
        token: Fingerprints | None = note["planned"]
        return token
    return now or None


def write_note(files: Fingerprints, token: Fingerprints | None) -> str:
    """Return the text of the note that `planned` reads: the files used, and what was planned."""
    return json.dumps({"files": files, "planned": token}, indent=2, sort_keys=True) + "\n"


def _read(record: str | Path) -> Any:
    try:
        note = json.loads(Path(record).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and {"files", "planned"} <= note.keys() else None
