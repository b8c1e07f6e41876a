"""A CLIP tokenizer whose vocabulary is learned from the prompts of a few classes.

Byte-pair encoding over the bytes of UTF-8: every text can be written, and the words of the classes
take few tokens. It is learned here, since the trainer of the `tokenizers` library numbers equal
counts differently from run to run.
"""

import itertools
from collections import Counter
from collections.abc import Iterable

import transformers
from tokenizers.pre_tokenizers import ByteLevel

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"

Pair = tuple[str, str]


def learn_tokenizer(
    texts: Iterable[str], *, vocabulary: int, length: int
) -> transformers.CLIPTokenizer:
    """Return a tokenizer with at most `vocabulary` tokens and prompts of `length` tokens.

    The result is a function of the arguments alone; `texts` are counted once each.
    """
    plain = make_tokenizer([], length=length)
    backend = plain.backend_tokenizer
    words: Counter[tuple[str, ...]] = Counter()
    for text in sorted(set(texts)):
        pieces = backend.pre_tokenizer.pre_tokenize_str(backend.normalizer.normalize_str(text))
        words.update(_symbols(piece) for piece, _ in pieces)
    return make_tokenizer(learn_merges(words, count=vocabulary - len(plain)), length=length)


def make_tokenizer(merges: list[Pair], *, length: int) -> transformers.CLIPTokenizer:
    """Return CLIP's tokenizer over single bytes and the given merges, in their order."""
    single = sorted(ByteLevel.alphabet())
    tokens = [*single, *(byte + WORD_END for byte in single), *(a + b for a, b in merges)]
    numbers = {token: number for number, token in enumerate([*dict.fromkeys(tokens), START, END])}
    return transformers.CLIPTokenizer(vocab=numbers, merges=merges, model_max_length=length)


def learn_merges(words: Counter[tuple[str, ...]], *, count: int) -> list[Pair]:
    """Return up to `count` merges: each time the most frequent pair, the first by name in a tie."""
    merges: list[Pair] = []
    while len(merges) < count:
        pairs: Counter[Pair] = Counter()
        for word, times in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += times
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged: Counter[tuple[str, ...]] = Counter()
        for word, times in words.items():
            merged[_merge(word, best)] += times
        words = merged
    return merges


def _symbols(word: str) -> tuple[str, ...]:
    return (*word[:-1], word[-1] + WORD_END)


def _merge(word: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    result: list[str] = []
    position = 0
    while position < len(word):
        if word[position : position + 2] == pair:
            result.append(word[position] + word[position + 1])
            position += 2
        else:
            result.append(word[position])
            position += 1
    return tuple(result)
