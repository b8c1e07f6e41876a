"""The scenes in which a prompt may place its class (thesis, section 5.4.3)."""

from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import read_lines
from cogworks.core.seeds import shuffle_by_hash


def read_scenes(path: str | Path) -> list[str]:
    """Return the scenes of a text file, one a line; # starts a comment line.

    Raises:
        InputError: no such file, no scene in it, or one given twice.
    """
    scenes = read_lines(path)
    if not scenes:
        raise InputError(f"{path}: no scene in it; one a line is expected")
    twice = sorted({scene for scene in scenes if scenes.count(scene) > 1})
    if twice:
        raise InputError(f"{path}: given twice: {', '.join(twice)}")
    return scenes


def in_turn(scenes: list[str], *, seed: int) -> list[str]:
    """Return the scenes in the order in which the images of each class take them.

    The order is drawn by hash, so that the first images of a clone have scenes from the whole
    list, and is the same for every class, so that a scene says nothing about the class.
    """
    return shuffle_by_hash(scenes, "scenes", seed)
