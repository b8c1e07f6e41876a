"""The texts from which the images of each class are drawn (thesis, sections 5.4.1 to 5.4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.synthesis import template as templates

if TYPE_CHECKING:
    from cogworks.concepts.wordnet import WordNet


@dataclass(frozen=True)
class ClassText:
    """What WordNet says of a class, in plain words (spaces for underscores)."""

    wnid: str
    lemmas: tuple[str, ...]
    parents: tuple[str, ...]
    definition: str

    def values(self) -> dict[str, str]:
        """Return the texts of the placeholders c, h and d; lists are joined with commas."""
        return {
            "c": ", ".join(self.lemmas),
            "h": ", ".join(self.parents),
            "d": self.definition,
        }


def class_text(wordnet: "WordNet", wnid: str) -> ClassText:
    """Return the names and the definition of `wnid`; `parents` holds the lemmas of all parents."""
    parents = [lemma for parent in wordnet.parents(wnid) for lemma in wordnet.lemmas(parent)]
    return ClassText(
        wnid=wnid,
        lemmas=_words(wordnet.lemmas(wnid)),
        parents=_words(list(dict.fromkeys(parents))),
        definition=wordnet.definition(wnid).strip(),
    )


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
    return [class_text(wordnet, wnid) for wnid in wnids]


def require_texts(template: str, texts: Sequence[ClassText]) -> None:
    """Check that `template` can be filled in for each class.

    Raises:
        InputError: an unknown letter, or classes for which WordNet has none of the texts needed.
    """
    wrong = templates.problems(template)
    if wrong:
        raise InputError(f"prompt: {wrong[0]}")
    for letter in templates.letters(template):
        lacking = [text.wnid for text in texts if not text.values().get(letter, letter)]
        if lacking:
            raise InputError(
                f"prompt: {template!r} needs {templates.LETTERS[letter]} (letter {letter}), which "
                f"WordNet lacks for {_some(lacking)}; use another template or leave them out"
            )


def prompt(template: str, text: ClassText, *, scene: str | None = None) -> str:
    """Return the template with all its letters replaced, in one pass."""
    values = text.values()
    if scene is not None:
        values[templates.SCENE] = scene
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
