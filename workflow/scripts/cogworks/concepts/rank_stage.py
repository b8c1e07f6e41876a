"""The rule that ranks the eligible concepts by similarity to the seen ones (thesis 3.3.3)."""

from pathlib import Path

import pyarrow as pa

from cogworks.concepts.ordering import nearest, rank_order
from cogworks.concepts.similarities import SIMILARITIES, Concepts, RankSpec
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


def run(spec: RankSpec, *, eligible: Path, seen: Path, ranking: Path) -> None:
    """Rank the eligible concepts and write the ranking.

    Args:
        spec: how they are ranked.
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
            f"concepts.{spec.benchmark}: no concept of the pool is eligible; filters.csv beside "
            f"{eligible} says which filter dropped them"
        )
    concepts = Concepts(open_wordnet(spec.wordnet), pool, rows, columns)
    matrix = SIMILARITIES.load(spec.similarity).score(spec, concepts)
    similarity, closest = nearest(matrix)
    order = rank_order(similarity.tolist(), rows, ties=spec.ties, seed=spec.seed or 0)
    ranked = {
        "wnid": [rows[index] for index in order],
        "similarity": [float(similarity[index]) for index in order],
        "nearest_seen": [columns[closest[index]] for index in order],
        "rank": list(range(1, len(order) + 1)),
    }
    write_parquet(pa.table(ranked, schema=RANKING), ranking)
