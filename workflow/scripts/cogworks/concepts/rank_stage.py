"""The rule that ranks the eligible concepts by similarity to the seen ones (thesis 3.3.3)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cogworks.concepts.information import information_content
from cogworks.concepts.ordering import nearest, rank_order
from cogworks.concepts.similarity import (
    INFORMATION_FORMULAS,
    information_similarity,
    path_similarity,
    wu_palmer_similarity,
)
from cogworks.concepts.word_vectors import word_vector_similarity
from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet, write_parquet

RANKING = pa.schema(
    [
        ("wnid", pa.string()),
        ("similarity", pa.float64()),
        ("nearest_seen", pa.string()),
        ("rank", pa.int64()),
    ]
)


def run(spec: Mapping[str, Any], *, eligible: Path, seen: Path, ranking: Path) -> None:
    """Rank the eligible concepts as `spec` (see `plan.rank_spec`) says and write the ranking.

    Args:
        spec: the benchmark's slice of the config.
        eligible: the selection's table; its dropped synsets still count for information content.
        seen: the seen synsets.
        ranking: wnid, similarity (eq. 3.2), nearest_seen, rank from 1, in the order of ranks.
    """
    table = read_parquet(eligible, columns=["wnid", "dropped_by"])
    pool = list(table["wnid"])
    rows = list(table["wnid"][table["dropped_by"].isna()])
    columns = list(read_parquet(seen, columns=["wnid"])["wnid"])
    if not rows:
        raise InputError(
            f"concepts.{spec['benchmark']}: no concept of the pool is eligible; filters.csv beside "
            f"{eligible} says which filter dropped them"
        )
    similarity, closest = nearest(_matrix(spec, pool, rows, columns))
    order = rank_order(similarity.tolist(), rows, ties=spec["ties"], seed=spec.get("seed", 0))
    ranked = {
        "wnid": [rows[index] for index in order],
        "similarity": [float(similarity[index]) for index in order],
        "nearest_seen": [columns[closest[index]] for index in order],
        "rank": list(range(1, len(order) + 1)),
    }
    write_parquet(pa.table(ranked, schema=RANKING), ranking)


def _matrix(
    spec: Mapping[str, Any], pool: Sequence[str], rows: Sequence[str], columns: Sequence[str]
) -> NDArray[np.float64]:
    """Return the similarities (R, C) of unseen and seen synsets by the measure of the spec."""
    wordnet = open_wordnet(spec["wordnet"])
    measure = spec["similarity"]
    if measure in INFORMATION_FORMULAS:
        information = information_content(wordnet, pool, ic_count=spec["ic_count"])
        return information_similarity(
            wordnet, rows, columns, information, measure=measure, lcs=spec["lcs"]
        )
    if measure == "word_vectors":
        options = spec["word_vectors"]
        return word_vector_similarity(
            wordnet,
            rows,
            columns,
            [*pool, *columns],
            file=options["file"],
            file_format=options["format"],
            entity_prefix=options["entity_prefix"],
        )
    graph = {"path": path_similarity, "wu_palmer": wu_palmer_similarity}
    return graph[measure](wordnet, rows, columns)
