"""What rooms that have not moved into the plan yet ask about data sets.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from typing import Any

from cogworks.core.derived import derived
from cogworks.core.errors import InputError


@derived
def datasets(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every data set by its expanded name, with its section of the config.

    A family (`classes.part: levels`) named `cog` becomes `cog_l1`, `cog_l2` and so on, each with
    `part: level` and its own level.
    """
    return {
        member: section | {"classes": classes}
        for name, section in config["images"].items()
        for member, classes in _members(config, name, section["classes"])
    }


@derived
def expand(config: dict[str, Any], name: str) -> list[str]:
    """Return the data sets that `name` stands for: a family's members, else `name` itself.

    A clone of the synthesis room is a data set as well.

    Raises:
        InputError: there is no such data set.
    """
    if name in config["images"]:
        return [member for member, _ in _members(config, name, config["images"][name]["classes"])]
    if name in datasets(config) or name in config["synthesis"]["clones"]:
        return [name]
    raise InputError(f"{name!r} is no data set; known: {', '.join(known(config))}")


def known(config: dict[str, Any]) -> list[str]:
    """Return all names that `expand` accepts, families first."""
    names = [*config["images"], *datasets(config), *config["synthesis"]["clones"]]
    return list(dict.fromkeys(names))


def _members(
    config: dict[str, Any], name: str, classes: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if classes["part"] != "levels":
        yield name, classes
        return
    benchmark = config["concepts"].get(classes["benchmark"])
    for level in range(1, (benchmark["levels"]["count"] if benchmark else 0) + 1):
        yield f"{name}_l{level}", classes | {"part": "level", "level": level}
