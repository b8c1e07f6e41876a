"""The texts from which the images of each class are drawn (thesis, sections 5.4.1 to 5.4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.synthesis import template as templates
from cogworks.synthesis.letters import LETTERS

if TYPE_CHECKING:
    from cogworks.concepts.wordnet import WordNet


@dataclass(frozen=True)
class ClassText:
    """What WordNet says of a class, in plain words (spaces for underscores)."""

    wordnet: "WordNet"
    wnid: str

    @cached_property
    def lemmas(self) -> tuple[str, ...]:
        """The names of the class."""
        return _words(self.wordnet.lemmas(self.wnid))

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The names of all its parents, each once."""
        parents = self.wordnet.parents(self.wnid)
        names = [lemma for parent in parents for lemma in self.wordnet.lemmas(parent)]
        return _words(list(dict.fromkeys(names)))

    @cached_property
    def definition(self) -> str:
        """Its definition."""
        return self.wordnet.definition(self.wnid).strip()


def class_texts(wordnet: "WordNet", wnids: Sequence[str]) -> list[ClassText]:
    """Return the texts of all classes.

    Raises:
        InputError: WordNet has no such noun synsets; the message names them.
    """
    unknown = [wnid for wnid in wnids if not wordnet.exists(wnid)]
    if unknown:
        raise InputError(
            f"{wordnet.source}: no noun synset {_some(unknown)}; prompts need classes of WordNet"
        )
    return [ClassText(wordnet, wnid) for wnid in wnids]


def require_texts(template: str, texts: Sequence[ClassText]) -> None:
    """Check that `template` can be filled in for each class.

    Raises:
        InputError: an unknown letter, or classes for which WordNet has none of the texts needed.
    """
    wrong = templates.problems(template)
    if wrong:
        raise InputError(f"prompt: {wrong[0]}")
    for letter in templates.letters(template):
        entry = LETTERS.load(letter)
        lacking = [text.wnid for text in texts if entry.text and not entry.text(text)]
        if lacking:
            raise InputError(
                f"prompt: {template!r} needs {entry.meaning} (letter {letter}), which "
                f"WordNet lacks for {_some(lacking)}; use another template or leave them out"
            )


def prompt(template: str, text: ClassText, *, scene: str | None = None) -> str:
    """Return the template with all its letters replaced, in one pass."""
    values = {}
    for letter in templates.letters(template):
        stands_for = LETTERS.load(letter).text
        value = scene if stands_for is None else stands_for(text)
        if value is not None:
            values[letter] = value
    return templates.fill(template, values)


def prompt_table(
    template: str, texts: Sequence[ClassText], *, scenes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return one row for each class and scene, or each class where the template has no scene.

    Columns: label (int32), wnid, turn (int32: image i of a class takes the row with turn
    i mod turns), lemmas and parents (lists), definition, scene (None without one), prompt.
    The classes are labelled in the order given.

    Raises:
        InputError: see `require_texts`.
    """
    require_texts(template, texts)
    turns: Sequence[str | None] = scenes if scenes is not None else [None]
    rows = [
        {
            "label": label,
            "wnid": text.wnid,
            "turn": turn,
            "lemmas": list(text.lemmas),
            "parents": list(text.parents),
            "definition": text.definition,
            "scene": scene,
            "prompt": prompt(template, text, scene=scene),
        }
        for label, text in enumerate(texts)
        for turn, scene in enumerate(turns)
    ]
    return pd.DataFrame(rows).astype({"label": "int32", "turn": "int32"})


def shared_prompts(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the prompts of a table that more than one class has, with the wnids of each.

    WordNet gives the bird and the machine the one name "crane": the generator cannot tell them
    apart by it, and draws the same pictures for both.
    """
    wnids = table.groupby("prompt")["wnid"].agg(lambda group: sorted(set(group)))
    return {text: found for text, found in wnids.items() if len(found) > 1}


def _words(lemmas: Sequence[str]) -> tuple[str, ...]:
    return tuple(lemma.replace("_", " ") for lemma in lemmas)


def _some(wnids: Sequence[str]) -> str:
    rest = f" and {len(wnids) - 5} more" if len(wnids) > 5 else ""
    return ", ".join(wnids[:5]) + rest
