"""Prompt templates: text in which the single letters c, h, d and b stand for facts of a class.

Thesis, sections 5.4.1 to 5.4.3. Imported while the DAG is planned: standard library only.
"""

import re
from collections.abc import Mapping

LETTERS = {
    "c": "the lemmas of the class",
    "h": "the lemmas of its parents",
    "d": "its definition",
    "b": "a scene",
}
SCENE = "b"
# The one-letter words of English: "a photo of a c" has one placeholder.
WORDS = ("a", "A", "I")
# A letter on its own: not part of a word, of "x-ray" or of "o'clock".
_SINGLE = re.compile(r"(?<![\w'’-])[^\W\d_](?![\w'’-])")


def letters(template: str) -> list[str]:
    """Return the placeholders of `template` in order, without repetition; `a` is an article."""
    found = [letter for letter in _SINGLE.findall(template) if letter not in WORDS]
    return list(dict.fromkeys(found))


def problems(template: str) -> list[str]:
    """Return what is wrong with a template.

    A letter that stands for nothing, no class in it, or braces, which would stay in the prompt.
    """
    if set("{}") & set(template):
        return [f"{template!r} has braces; a placeholder is a letter alone, as in 'a photo of a c'"]
    found = letters(template)
    known = ", ".join(f"{letter} ({meaning})" for letter, meaning in LETTERS.items())
    unknown = [letter for letter in found if letter not in LETTERS]
    if unknown:
        return [f"{template!r} has the unknown letter {', '.join(unknown)}; known: {known}"]
    if not set(found) - {SCENE}:
        return [f"{template!r} says nothing of the class; use c, h or d of {known}"]
    return []


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return `template` with each placeholder replaced by its text in `values`."""
    return _SINGLE.sub(lambda match: values.get(match.group(), match.group()), template)
