"""Prompt templates: text in which single letters stand for facts of a class (see `letters`).

Thesis, sections 5.4.1 to 5.4.3. Imported while the DAG is planned: standard library only.
"""

import re
from collections.abc import Iterable, Mapping

from cogworks.synthesis.letters import LETTERS

# The one-letter words of English: "a photo of a c" has one placeholder.
WORDS = ("a", "A", "I")
# A letter on its own: not part of a word, of "x-ray" or of "o'clock".
_SINGLE = re.compile(r"(?<![\w'’-])[^\W\d_](?![\w'’-])")


def letters(template: str) -> list[str]:
    """Return the placeholders of `template` in order, without repetition; `a` is an article."""
    found = [letter for letter in _SINGLE.findall(template) if letter not in WORDS]
    return list(dict.fromkeys(found))


def has_scene(template: str) -> bool:
    """Say whether a letter of `template` stands for a scene."""
    return any(LETTERS.load(letter).scene for letter in letters(template) if letter in LETTERS)


def letter_modules(templates: Iterable[str]) -> list[str]:
    """Return the modules of the letters in any of `templates`, on whose code the prompts depend."""
    found = {letter for template in templates for letter in letters(template)}
    return sorted(LETTERS.module(letter) for letter in found)


def problems(template: str) -> list[str]:
    """Return what is wrong with a template.

    A letter that stands for nothing, no class in it, or braces, which would stay in the prompt.
    """
    if set("{}") & set(template):
        return [f"{template!r} has braces; a placeholder is a letter alone, as in 'a photo of a c'"]
    found = letters(template)
    known = ", ".join(f"{letter} ({LETTERS.load(letter).meaning})" for letter in LETTERS)
    unknown = [letter for letter in found if letter not in LETTERS]
    if unknown:
        return [f"{template!r} has the unknown letter {', '.join(unknown)}; known: {known}"]
    if all(LETTERS.load(letter).scene for letter in found):
        facts = [letter for letter in LETTERS if not LETTERS.load(letter).scene]
        useful = f"{', '.join(facts[:-1])} or {facts[-1]}"
        return [f"{template!r} says nothing of the class; use {useful} of {known}"]
    return []


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return `template` with each placeholder replaced by its text in `values`."""
    return _SINGLE.sub(lambda match: values.get(match.group(), match.group()), template)
