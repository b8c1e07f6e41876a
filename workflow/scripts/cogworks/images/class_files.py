"""Files with a class id a line: wnids, or whatever names a source gives its classes."""

from cogworks.concepts.wnid_lists import NAMED, read_wnids
from cogworks.core.errors import InputError
from cogworks.images.sources.listing import name_some, read_lines


def read_class_file(source: str) -> list[str]:
    """Return the class ids of a file in its order, or those of a named list, sorted.

    Args:
        source: a text file, or a name such as `imagenet1k`.

    Raises:
        InputError: the file cannot be read, is empty, or names a class twice.
    """
    if source in NAMED:
        return read_wnids(source, key="imagenet list")
    names = read_lines(source)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        problem = f"given twice: {name_some(twice)}" if twice else "no class ids in it"
        raise InputError(f"{source}: {problem}")
    return names
