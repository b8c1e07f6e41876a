"""Folders of photographs."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def photographs(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a folder of class folders, with so many files that pass for images."""

    def make(classes: dict[str, int], name: str = "photographs") -> Path:
        root = tmp_path / name
        for wnid, count in classes.items():
            (root / wnid).mkdir(parents=True)
            for number in range(count):
                (root / wnid / f"{number}.jpg").write_bytes(b"x")
        return root

    return make
