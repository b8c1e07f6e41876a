"""The two tables that a clone starts from: its prompts, and how many images of each class."""

import sys
from pathlib import Path

import pandas as pd

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.files import write_parquet
from cogworks.synthesis.prompts import class_texts, prompt_table, shared_prompts
from cogworks.synthesis.scenes import in_turn, read_scenes
from cogworks.synthesis.sizes import class_counts
from cogworks.synthesis.specs import PromptSpec
from cogworks.synthesis.tokens import count_tokens, load_tokenizer


def write_tables(
    spec: PromptSpec,
    *,
    source: Path,
    generator: Path,
    prompts: Path,
    classes: Path,
) -> None:
    """Write the prompts and the classes of a clone.

    Args:
        spec: the clone.
        source: a training manifest, or a file of wnids, see `class_counts`.
        generator: folder of the generator, whose tokenizer counts.
        prompts: the table to write: the columns of `prompt_table`, tokens (start and end
            included) and cut (whether the generator would cut the prompt). Its metadata holds the
            template, the limit in tokens, the classes with a prompt that would be cut, and the
            prompts that several classes share, with their wnids.
        classes: the table to write: label, wnid, name, images (how many to draw at multiple 1).
    """
    counts = class_counts(spec, str(source))
    texts = class_texts(open_wordnet(spec.wordnet), list(counts))
    turns = in_turn(read_scenes(spec.scenes), seed=spec.seed) if spec.scenes is not None else None
    table = prompt_table(spec.prompt, texts, scenes=turns)
    tokens = count_tokens(load_tokenizer(generator), table["prompt"].tolist())
    table["tokens"] = pd.Series(tokens.counts, dtype="int32")
    table["cut"] = table["tokens"] > tokens.limit
    cut = sorted(set(table.loc[table["cut"], "wnid"]))
    shared = shared_prompts(table)
    _report(spec.name, table, cut, tokens.limit)
    _warn(spec.name, shared)
    facts = {"template": spec.prompt, "limit": tokens.limit, "cut": cut, "shared": shared}
    write_parquet(table, prompts, metadata=facts)
    write_parquet(
        pd.DataFrame(
            {
                "label": pd.Series(range(len(counts)), dtype="int32"),
                "wnid": list(counts),
                "name": [", ".join(text.lemmas) for text in texts],
                "images": list(counts.values()),
            }
        ),
        classes,
    )


def _report(name: str, table: pd.DataFrame, cut: list[str], limit: int) -> None:
    longest = table["tokens"].max()
    print(
        f"{name}: {len(table)} prompts of {table['label'].nunique()} classes; the longest takes "
        f"{longest} of {limit} tokens; {table['cut'].sum()} would be cut"
        + (f", of {', '.join(cut)}" if cut else ""),
        file=sys.stderr,
    )


def _warn(name: str, shared: dict[str, list[str]]) -> None:
    for text, wnids in shared.items():
        print(
            f"warning: {name}: {' and '.join(wnids)} have the one prompt {text!r}, so their images "
            "will not differ in kind; another template, such as 'c, d', tells them apart",
            file=sys.stderr,
        )
