"""From the label that a source gives an image to a class id: no label is bent into a class."""

import re
from collections.abc import Sequence
from typing import Any

from cogworks.core.errors import InputError
from cogworks.images.sources.listing import canonical

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def class_id(label: Any, numbered: Sequence[str] | None, where: str) -> str:
    """Return the class id that a label stands for.

    Args:
        label: text, or a whole number (2.0 too, as a column with gaps holds it).
        numbered: where labels are numbers, the class id of each, from 0; None where labels are the
            class ids themselves.
        where: names the label's place in errors.

    Raises:
        InputError: a label that is empty, true or false, a fraction, a list, below 0 (which stands
            for "no label"), or no number of `numbered`.
    """
    text = _text(label, where)
    if text.startswith("-") and _NUMBER.fullmatch(text):
        raise InputError(
            f"{where}: class {text} stands for no class; numbers begin at 0, and test files that "
            "are published without labels have -1: leave them out"
        )
    if numbered is None:
        return canonical(text)
    if not _NUMBER.fullmatch(text) or int(text) >= len(numbered):
        raise InputError(f"{where}: class {text!r} is not a number from 0 to {len(numbered) - 1}")
    return numbered[int(text)]


def _text(label: Any, where: str) -> str:
    if isinstance(label, bytes):
        try:
            label = label.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: class {label!r} is not UTF-8 text") from error
    if isinstance(label, str):
        text = label.strip()
        if not text:
            raise InputError(f"{where}: the class is empty")
        if any(sign < " " for sign in text):
            raise InputError(f"{where}: class {text!r} holds control characters; is it text?")
        return text
    if isinstance(label, bool) or not isinstance(label, int | float):
        raise InputError(f"{where}: class {label!r} is neither text nor a whole number")
    if not float(label).is_integer():
        raise InputError(f"{where}: class {label!r} is not a whole number")
    return str(int(label))
