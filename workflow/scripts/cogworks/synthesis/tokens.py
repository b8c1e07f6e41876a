"""A generator's own tokenizer, and how many tokens of it a prompt takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers

from cogworks.core.errors import InputError
from cogworks.synthesis.content import part_classes, read_index

# Two texts of the same length: a tokenizer that knows no word makes the same tokens of both.
PROBES = ("tabby cat", "fire coal")


@dataclass(frozen=True)
class TokenCounts:
    """Tokens of some prompts, start and end included, and how many the generator takes.

    Attributes:
        counts: one for each prompt.
        limit: tokens beyond this many are cut off, with a line in a log at most.
    """

    counts: list[int]
    limit: int


def load_tokenizer(folder: str | Path) -> Any:
    """Return the tokenizer of a pipeline folder.

    Raises:
        InputError: the folder has no tokenizer, or one that encodes different words alike.
    """
    library, name = part_classes(read_index(folder)).get("tokenizer", ("", ""))
    if library != "transformers" or not Path(folder, "tokenizer").is_dir():
        raise InputError(
            f"{folder}: no tokenizer (model_index.json and a folder `tokenizer` are expected); "
            "copy it from where the model comes from"
        )
    try:
        kind = getattr(transformers, name)
        tokenizer = kind.from_pretrained(folder, subfolder="tokenizer", local_files_only=True)
    except Exception as error:  # the library raises whatever its parsers stumble over
        raise InputError(f"{folder}/tokenizer: cannot be loaded ({error})") from error
    check_tokenizer(tokenizer, where=f"{folder}/tokenizer")
    return tokenizer


def check_tokenizer(tokenizer: Any, *, where: str) -> None:
    """Check that two different prompts become different tokens, and known ones.

    A tokenizer whose vocabulary was not found loads without complaint and makes every word the
    unknown token: all classes would then be drawn from the same prompt.
    """
    first, second = (tokenizer(text).input_ids for text in PROBES)
    if first == second:
        raise InputError(
            f"{where}: {PROBES[0]!r} and {PROBES[1]!r} become the same tokens {first}; the "
            "vocabulary files are missing or of another format"
        )


def count_tokens(tokenizer: Any, prompts: Sequence[str]) -> TokenCounts:
    """Return how many tokens each prompt takes (77 are CLIP's limit)."""
    ids = tokenizer(list(prompts), truncation=False, padding=False).input_ids
    return TokenCounts(counts=[len(row) for row in ids], limit=int(tokenizer.model_max_length))
