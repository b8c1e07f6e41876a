"""The link in the working folder by which rules find bundled files."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from cogworks.core import place
from cogworks.core.errors import InputError


def test_a_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by taking permissions away, which does not bind root."""

    def refuse(*paths: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(InputError) as error:
        place.link_bundled()
    folder = tmp_path / ".snakemake"
    assert str(error.value).startswith(f"{folder}: cannot be written to (Read-only file system); ")
