"""Files with a class id a line: wnids, or whatever names a source gives its classes."""

import json
import re
from collections import Counter
from collections.abc import Sequence

from cogworks.concepts.wnid_lists import NAMED, read_wnids
from cogworks.core.errors import InputError
from cogworks.core.inputs import read_lines, read_text
from cogworks.images.sources.listing import canonical, name_some

_NAMED_SYNSET = re.compile(r"(n\d{8})(?:\s|$)")


def read_class_file(source: str) -> list[str]:
    """Return the class ids of a file in its order, or those of a named list, sorted.

    Args:
        source: a text file with a class id a line, where names may follow wnids (`n01440764 tench,
            Tinca tinca`, as in LOC_synset_mapping.txt); a JSON list of class ids, or numbers from 0
            with their class ids (as in imagenet_class_index.json); or a name such as `imagenet1k`.

    Raises:
        InputError: the file cannot be read, is empty, or names a class twice.
    """
    if source in NAMED:
        return read_wnids(source, key="imagenet list")
    lines = _read_json(source) if source.lower().endswith(".json") else read_lines(source)
    synsets = [_NAMED_SYNSET.match(line) for line in lines]
    names = [match[1] for match in synsets if match]
    if len(names) < len(lines):
        names = [canonical(line) for line in lines]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice or not names:
        problem = f"given twice: {name_some(twice)}" if twice else "no class ids in it"
        raise InputError(f"{source}: {problem}")
    return names


def numbered_classes(files: Sequence[str]) -> list[str] | None:
    """Return the class ids that numbers from 0 stand for, of the first file; None without one."""
    return read_class_file(files[0]) if files else None


def _read_json(path: str) -> list[str]:
    try:
        content = json.loads(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error
    if isinstance(content, dict):
        content = [content.get(str(number)) for number in range(len(content))]
    entries = content if isinstance(content, list) else [content]
    # Keras keeps the wnid and the name of each.
    names = [entry[0] if isinstance(entry, list) and entry else entry for entry in entries]
    if not all(isinstance(name, str) for name in names):
        raise InputError(
            f"{path}: expected a list of class ids, or an object with a class id for each number "
            "from 0"
        )
    return [name.strip() for name in names]
