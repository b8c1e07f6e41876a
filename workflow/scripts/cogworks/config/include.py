"""Config files that stand on others: the key `include`, and what all of them say together.

Imported while the DAG is planned: PyYAML and the standard library only.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.config.schema import dotted
from cogworks.config.yaml_file import KeyPath, lines_of, load_yaml
from cogworks.core.errors import InputError

KEY = "include"
Values = dict[str, Any]


class Layer(NamedTuple):
    """One config file.

    Attributes:
        file: its path.
        content: what it says, without its `include`.
        includes: the files that it names there, by their paths; None where it has no such key.
        given: whether the user named it, or else another file did.
    """

    file: Path
    content: Values
    includes: list[Path] | None
    given: bool


def layers(files: Iterable[str | Path]) -> list[Layer]:
    """Return config files and those that they include, in the order in which they are merged.

    What a file includes comes before the file itself. A file that several include comes once, in
    the first place; one that the user names comes at the user's place.

    Raises:
        InputError: a file that is missing, not valid or not a mapping, or that includes itself.
    """
    result: list[Layer] = []
    for file in files:
        result += _with_its_own(Path(file), (), {_identity(layer.file) for layer in result})
    return result


def merged(read: Iterable[Layer], config: Values) -> Values:
    """Return a config with what its files include.

    Args:
        read: its files, see `layers`.
        config: the files that the user named, merged without what they include, and with values of
            the command line over them, as Snakemake gives it.

    Raises:
        InputError: an `include` that is in none of the files.
    """
    found = list(read)
    named = [layer for layer in found if layer.given]
    includes = [layer.includes for layer in named if layer.includes is not None]
    own = {key: value for key, value in config.items() if key != KEY}
    if KEY in config and not includes:
        raise InputError(f"{KEY}: only a config file can include others; name it by --configfile")
    if len(named) == len(found):
        return own
    # What differs from the files themselves is from the command line, and so goes over all.
    return merge(_together(found), _difference(own, _together(named)))


def whole(file: str | Path) -> Values:
    """Return what one config file and those that it includes say."""
    return _together(layers([file]))


def merge(base: Values, over: Values) -> Values:
    """Return two configs as one, as Snakemake merges them: mappings by key, all else replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(value, dict):
            value = merge(old if isinstance(old, dict) else {}, value)
        result[key] = value
    return result


def replaced_lists(read: Iterable[Layer]) -> Iterator[str]:
    """Yield a line for each list of a config file that a later file replaces with another one.

    Mappings of several files are merged key by key; lists are not.
    """
    seen: dict[KeyPath, tuple[Path, list[Any]]] = {}
    for layer in read:
        for place, value in _lists((), layer.content):
            earlier, old = seen.get(place, (layer.file, value))
            if old != value:
                yield (
                    f"{dotted(place)}: the list in {layer.file} ({len(value)} entries) replaces "
                    f"that in {earlier} ({len(old)} entries)"
                )
            seen[place] = (layer.file, value)


def _with_its_own(file: Path, outer: tuple[Path, ...], seen: set[Path]) -> Iterator[Layer]:
    """Yield what a file includes, then the file.

    Args:
        file: its path.
        outer: the files that include it, outermost first.
        seen: files that are there already, to which these are added.
    """
    content = load_yaml(file)
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise InputError(f"{file}: expected a mapping of sections, not {content!r:.60}")
    includes = list(_includes(file, content)) if KEY in content else None
    for number, other in enumerate(includes or []):
        if _identity(other) in map(_identity, (*outer, file)):
            chain = " -> ".join(map(str, (*outer, file, other)))
            raise InputError(f"{_place(file, number)}: {other} would include itself: {chain}")
        if _identity(other) not in seen:
            yield from _with_its_own(other, (*outer, file), seen)
    seen.add(_identity(file))
    own = {key: value for key, value in content.items() if key != KEY}
    yield Layer(file, own, includes, given=not outer)


def _includes(file: Path, content: Values) -> Iterator[Path]:
    """Yield the paths of the files that a file includes: their names are relative to it."""
    names = content[KEY]
    if not isinstance(names, list):
        raise InputError(f"{_place(file)}: expected a list of config files, not {names!r}")
    for number, name in enumerate(names):
        if not isinstance(name, str):
            raise InputError(f"{_place(file, number)}: expected a config file, not {name!r}")
        path = Path(os.path.normpath(file.parent / name))
        if not path.is_file():
            raise InputError(
                f"{_place(file, number)}: {path} does not exist; names are relative to the file "
                "that includes"
            )
        yield path


def _place(file: Path, number: int | None = None) -> str:
    place: KeyPath = (KEY,) if number is None else (KEY, number)
    return f"{file}, line {lines_of(file)[place]}: {dotted(place)}"


def _identity(file: Path) -> Path:
    return file.resolve()


def _together(found: Iterable[Layer]) -> Values:
    result: Values = {}
    for layer in found:
        result = merge(result, layer.content)
    return result


def _difference(values: Values, base: Values) -> Values:
    """Return the entries of `values` that are not in `base`, or are another value there."""
    return {
        key: _difference(value, base[key])
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in values.items()
        if key not in base or base[key] != value
    }


def _lists(place: KeyPath, value: Any) -> Iterator[tuple[KeyPath, list[Any]]]:
    if isinstance(value, list):
        yield place, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _lists((*place, key), child)
