"""From the files that a user writes to the typed config.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cogworks.config import errors
from cogworks.config.root import Config
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
    raise InputError(f"{errors.HEADING}\n{errors.text(problems, given, files)}")
