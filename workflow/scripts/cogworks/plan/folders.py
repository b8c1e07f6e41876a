"""Folders of classes that are listed once: those in which images are counted.

The counts, and the manifests of all data sets that read such a folder, come from one index of it.
A folder in which nobody counts is listed by its data set alone, and only the classes wanted.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.counts import is_folder
from cogworks.core.needs import lacking
from cogworks.images.specs import FolderSpec

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True)
class Folder:
    """A folder of classes.

    Attributes:
        path: as the config spells it.
        key: the dotted key that names it.
    """

    path: str
    key: str

    @property
    def name(self) -> str:
        """Return a name of its own: that of the folder, and some of the digest of its path."""
        return named_after(self.path, os.path.normpath(self.path))

    @property
    def index(self) -> str:
        """Return the index of its images, see `images.folder_index`."""
        return f"results/folders/{self.name}/images.parquet"

    @property
    def counts(self) -> str:
        """Return the table of how many images each class has."""
        return f"results/folders/{self.name}/counts.csv"

    @property
    def spec(self) -> FolderSpec:
        """Return what its index depends on."""
        return FolderSpec(folder=self.path)

    @property
    def missing(self) -> Iterator[str]:
        """Yield a line if it does not exist."""
        return lacking(self.key, self.path, folder=True)


def folders(plan: Plan) -> dict[str, Folder]:
    """Return the folders in which benchmarks count images, by their real paths."""
    found: dict[str, Folder] = {}
    for benchmark in plan.benchmarks.values():
        for path in benchmark.counted:
            if is_folder(path):
                key = f"concepts.{benchmark.name}.image_counts"
                found.setdefault(real(path), Folder(path, key))
    return found


def named_after(path: str, text: str) -> str:
    """Return a name for what is made of a path: its end, and some of the digest of a text."""
    plain = re.sub(r"[^\w.-]+", "-", os.path.basename(os.path.normpath(path))) or "folder"
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def real(path: str) -> str:
    """Return the path by which two spellings of a folder are known to be one."""
    return os.path.realpath(Path(path).expanduser())
