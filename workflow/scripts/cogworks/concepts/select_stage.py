"""The rule that selects the eligible unseen concepts (thesis 3.3.2): tables in, tables out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from cogworks.concepts.counts import read_counts
from cogworks.concepts.selection import Rules, Selection, select
from cogworks.concepts.specs import SelectSpec
from cogworks.concepts.wnid_lists import read_wnids, sample
from cogworks.concepts.wordnet import WordNet, open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet, write_parquet, write_text
from cogworks.core.inputs import list_of

ELIGIBLE = pa.schema(
    [
        ("wnid", pa.string()),
        ("lemmas", pa.list_(pa.string())),
        ("definition", pa.string()),
        ("images", pa.int64()),
        ("dropped_by", pa.string()),
    ]
)
SEEN = pa.schema(list(ELIGIBLE)[:3])


def run(spec: SelectSpec, *, eligible: Path, seen: Path, filters: Path) -> Selection:
    """Select the eligible concepts and write three tables.

    Args:
        spec: which concepts are eligible.
        eligible: every synset of the pool, with `dropped_by` null where it is eligible.
        seen: the seen synsets.
        filters: CSV, how many concepts each filter left.
    """
    key = f"concepts.{spec.benchmark}"
    wordnet = open_wordnet(spec.wordnet)
    lists = [_wnids(wordnet, source, f"{key}.pool") for source in list_of(spec.pool)]
    pool = sorted(set().union(*lists))
    known = _wnids(wordnet, spec.seen, f"{key}.seen")
    known = sample(known, spec.seen_limit, seed=spec.seed or 0, key=f"{key}.seen_limit")
    wordnet.require(spec.exclude_subtrees, what=f"{key}.exclude_subtrees")
    counts = _counts(spec.image_counts, f"{key}.image_counts")
    rules = Rules(
        seen=known,
        drop_seen_ancestors=spec.drop_seen_ancestors,
        exclude_subtrees=spec.exclude_subtrees,
        leaves_only=spec.leaves_only,
        image_counts=counts,
        min_images=spec.min_images,
        discard=_wnids(wordnet, spec.discard, f"{key}.discard"),
        members=_members(spec.members),
    )
    try:
        selection = select(wordnet, pool, rules)
    except InputError as error:
        raise InputError(f"{key}.{error}") from error
    _write_eligible(wordnet, selection, counts or {}, eligible)
    write_parquet(_described(wordnet, known).cast(SEEN), seen)
    _write_filters(selection, filters)
    return selection


def _counts(path: str | None, key: str) -> dict[str, int] | None:
    return None if path is None else read_counts(path, key=key)


def _wnids(wordnet: WordNet, source: str | None, key: str) -> list[str]:
    if source is None:
        return []
    wnids = read_wnids(source, key=key)
    wordnet.require(wnids, what=f"{key} ({source})")
    return wnids


def _members(levels: str | None) -> list[str] | None:
    return None if levels is None else list(read_parquet(levels, columns=["wnid"])["wnid"])


def _described(wordnet: WordNet, wnids: Sequence[str]) -> pa.Table:
    return pa.table(
        {
            "wnid": list(wnids),
            "lemmas": [list(wordnet.lemmas(wnid)) for wnid in wnids],
            "definition": [wordnet.definition(wnid) for wnid in wnids],
        },
        schema=SEEN,
    )


def _write_eligible(
    wordnet: WordNet, selection: Selection, counts: Mapping[str, int], path: Path
) -> None:
    table = _described(wordnet, selection.pool)
    images = [counts.get(wnid) for wnid in selection.pool]
    reasons = [selection.dropped.get(wnid) for wnid in selection.pool]
    table = table.append_column("images", pa.array(images, pa.int64()))
    table = table.append_column("dropped_by", pa.array(reasons, pa.string()))
    write_parquet(table.cast(ELIGIBLE), path)


def _write_filters(selection: Selection, path: Path) -> None:
    lines = ["step,left", *(f"{step},{left}" for step, left in selection.steps)]
    write_text("\n".join(lines) + "\n", path)
