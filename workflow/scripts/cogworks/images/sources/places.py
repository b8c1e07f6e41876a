"""The files and folders that a list of paths stands for, and names by which to tell them apart."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.image_files import FOLDER, LOST_LINK, kind_of
from cogworks.core.inputs import is_hidden
from cogworks.images.sources.listing import name_some

# Name of a file or folder -> the split that it holds.
SPLITS = {"training": "train", "val": "validation", "valid": "validation", "dev": "validation"}
SPLITS |= {"testing": "test"} | {name: name for name in ("train", "validation", "test")}
_SPLIT = re.compile(rf"(?:^|[-_. ])({'|'.join(SPLITS)})(?=[-_. \d]|$)", re.IGNORECASE)


def files_of(paths: Sequence[str], *, suffix: str, one_split: bool = True) -> list[Path]:
    """Return the files that `paths` name: themselves, or for a folder those in it with `suffix`.

    Args:
        paths: files and folders.
        suffix: in lower case; `.PARQUET` is taken for `.parquet`.
        one_split: refuse a folder with the files of several splits.

    Raises:
        InputError: one does not exist, or a folder holds none, or those of several splits.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = _files_in(path, suffix)
            if one_split:
                _check_one_split(path, inside)
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return files


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return the shortest ends of paths that tell them apart: mostly the names of the files.

    Raises:
        InputError: a path is given twice, or a link to it.
    """
    folders = {folder: os.path.realpath(folder) for folder in {path.parent for path in paths}}
    real = Counter(_real(path, folders[path.parent]) for path in paths)
    if twice := sorted(path for path, count in real.items() if count > 1):
        raise InputError(f"given twice: {name_some(twice)}")
    whole = [Path(os.path.abspath(path)).parts for path in paths]
    for depth in range(1, max(map(len, whole), default=1) + 1):
        names = [posixpath.join(*parts[-depth:]) for parts in whole]
        if len(set(names)) == len(names):
            return names
    raise AssertionError("distinct paths have distinct ends")


def _real(path: Path, folder: str) -> str:
    """Return the real path of a file in a folder of which it is known."""
    plain = path.name not in ("", "..") and not path.is_symlink()
    return f"{folder}/{path.name}" if plain else os.path.realpath(path)


def _files_in(folder: Path, suffix: str) -> list[Path]:
    with os.scandir(folder) as entries:
        kinds = {entry.name: kind_of(entry) for entry in entries if not is_hidden(entry.name)}
    inside = sorted(kinds)
    names = [name for name in inside if Path(name).suffix.lower() == suffix]
    found = [name for name in names if kinds[name] != FOLDER]
    if lost := [name for name in found if kinds[name] == LOST_LINK]:
        raise InputError(f"{folder}: links that lead nowhere: {name_some(lost)}")
    if not found:
        others = f"; it holds {name_some(inside)}" if inside else ""
        raise InputError(f"{folder}: no {suffix} file in this folder{others}")
    return [folder / name for name in found]


def _check_one_split(folder: Path, files: Sequence[Path]) -> None:
    found: dict[str, str] = {}
    for name in (path.name for path in files):
        if match := _SPLIT.search(name):
            found.setdefault(SPLITS[match[1].lower()], name)
    if len(found) > 1:
        suffix = files[0].suffix
        raise InputError(
            f"{folder} holds files of several splits ({', '.join(found.values())}); name those "
            f"that are wanted, such as train_path: {folder}/train-*{suffix} with a test_path, or "
            f"all of them by path: {folder}/*{suffix}"
        )
