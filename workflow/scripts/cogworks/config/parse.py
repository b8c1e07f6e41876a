"""From the files that a user writes to the typed config.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cogworks.config import errors
from cogworks.config.root import Config
from cogworks.config.schema import dotted
from cogworks.config.yaml_file import KeyPath, load_yaml
from cogworks.core.errors import InputError


def parse(given: dict[str, Any], files: Iterable[str | Path] = ()) -> Config:
    """Return the config with every default, each section checked by itself.

    Args:
        given: the merged config.
        files: the files that it was merged from, for the lines in errors.

    Raises:
        InputError: all problems, one a line: unknown keys, wrong types, values out of range.
    """
    problems = list(errors.unreadable(given))
    if not problems:
        try:
            return Config.model_validate(given)
        except ValidationError as error:
            problems = errors.explained(error, given)
    raise InputError(f"{errors.HEADING}\n{errors.text(problems, files)}")


def replaced_lists(files: Iterable[str | Path]) -> list[str]:
    """Return a line for each list of a config file that a later file replaces with another one.

    Mappings of several files are merged key by key; lists are not.
    """
    given = [Path(file) for file in files]
    if len(given) < 2:  # Reading a file takes most of the time, and it cannot replace itself.
        return []
    lines: list[str] = []
    seen: dict[KeyPath, tuple[Path, list[Any]]] = {}
    for file in given:
        for place, value in _lists((), load_yaml(file)):
            earlier, old = seen.get(place, (file, value))
            if old != value:
                lines.append(
                    f"{dotted(place)}: the list in {file} ({len(value)} entries) replaces that in "
                    f"{earlier} ({len(old)} entries)"
                )
            seen[place] = (file, value)
    return lines


def _lists(place: KeyPath, value: Any) -> Iterator[tuple[KeyPath, list[Any]]]:
    if isinstance(value, list):
        yield place, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _lists((*place, key), child)
