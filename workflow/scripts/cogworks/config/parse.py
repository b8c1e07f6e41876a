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


class RefusedError(InputError):
    """Says what is wrong in sections by themselves.

    Attributes:
        meant: the config without its unknown keys, to look for what else is wrong; None where
            values are refused, too.
    """

    def __init__(self, words: str, meant: dict[str, Any] | None = None) -> None:
        """Keep the words for `str`."""
        super().__init__(words)
        self.meant = meant


def parse(given: dict[str, Any], files: Iterable[str | Path] = ()) -> Config:
    """Return the config with every default, each section checked by itself.

    Args:
        given: the merged config.
        files: the files that it was merged from, for the lines in errors.

    Raises:
        RefusedError: all problems, one a line: unknown keys, wrong types, values out of range.
    """
    problems, meant = list(errors.unreadable(given)), None
    if not problems:
        try:
            return Config.model_validate(given)
        except ValidationError as error:
            problems, meant = errors.explained(error, given), errors.as_meant(error, given)
    raise RefusedError(f"{errors.HEADING}\n{errors.text(problems, given, files)}", meant)
