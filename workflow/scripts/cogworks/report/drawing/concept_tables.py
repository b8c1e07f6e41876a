"""How many concepts each filter left, and what each level holds (thesis, 3.3.2, 3.3.3)."""

import pandas as pd

from cogworks.core.words import counted
from cogworks.report.specs import FiltersSpec
from cogworks.report.table import Column, Table, text_column

STEPS = {
    "pool": "pool",
    "seen": "less the seen concepts",
    "seen_ancestor": "less the ancestors of the seen",
    "excluded_subtree": "less the excluded subtrees",
    "not_leaf": "leaves only",
    "few_images": "enough images",
    "discarded": "less those discarded by hand",
    "not_member": "members of the other benchmark",
}
# As table 3.1 has them.
IDS_A_ROW = 10


def filter_table(filters: pd.DataFrame, *, seen: int, spec: FiltersSpec) -> Table:
    """Return the steps of the selection.

    Args:
        filters: `filters.csv` of the concept room.
        seen: how many seen concepts there are, in the pool or not.
        spec: which benchmark it is, and what uses it.
    """
    left = filters.set_index("step")["left"]
    use = f"Its concepts are used by {', '.join(spec.used_by)}."
    if not spec.used_by:
        use = "Nothing in this config has its concepts: no score here is of them."
    frame = pd.DataFrame(
        {
            "step": [STEPS.get(step, step) for step in filters["step"]],
            "left": filters["left"].astype("float64"),
            "dropped": filters["left"].shift(1) - filters["left"],
        }
    )
    return Table(
        title=f"Concepts of {spec.benchmark}: what each filter left",
        columns=[
            text_column("step", "filter"),
            Column("left", "concepts left", digits=0, best=None),
            Column("dropped", "dropped", digits=0, best=None),
        ],
        frame=frame,
        note=f"Of the {counted(seen, 'seen concept')} {left['pool'] - left['seen']:,} are in the "
        f"pool. {use}",
    )


def level_content_table(summary: pd.DataFrame, *, benchmark: str) -> Table:
    """Return ranks, similarities and image counts of the levels, from `level_summary.csv`."""
    ranks = [
        f"{first} to {last}"
        for first, last in zip(summary["first_rank"], summary["last_rank"], strict=True)
    ]
    frame = pd.DataFrame({"level": [f"L{level}" for level in summary["level"]], "ranks": ranks})
    columns = [text_column("level", "level"), text_column("ranks", "ranks")]
    wanted = [
        ("concepts", "concepts", 0),
        ("similarity_first", "largest similarity", 3),
        ("similarity_mean", "mean similarity", 3),
        ("similarity_last", "smallest similarity", 3),
        ("images", "images", 0),
    ]
    for key, label, digits in wanted:
        values = summary[key].astype("float64")
        if values.notna().any():
            frame[key] = values
            columns.append(Column(key, label, digits=digits, best=None))
    note = "Similarity of a concept is the largest to any seen concept."
    return Table(
        title=f"Levels of {benchmark}",
        columns=columns,
        frame=frame,
        note=f"{note} {_own_levels(summary)}",
    )


def discarded_table(pool: pd.DataFrame, *, benchmark: str) -> Table:
    """Return the ids of the concepts that were discarded by hand, in rows of ten.

    Args:
        pool: wnid and dropped_by of every concept, as `eligible.parquet` of the concept room.
        benchmark: its name.
    """
    wnids = sorted(pool.loc[pool["dropped_by"] == "discarded", "wnid"])
    padded = [*wnids, *[""] * (-len(wnids) % IDS_A_ROW)]
    rows = [padded[start : start + IDS_A_ROW] for start in range(0, len(padded), IDS_A_ROW)]
    keys = [f"id_{number}" for number in range(1, IDS_A_ROW + 1)]
    return Table(
        title=f"Concepts of {benchmark} that were discarded by hand",
        columns=[text_column(key, "") for key in keys],
        frame=pd.DataFrame(rows, columns=keys),
        note=f"WordNet ids of the {len(wnids)} concepts that no other filter drops.",
    )


def _own_levels(summary: pd.DataFrame) -> str:
    """Return which of the levels are those of the published benchmark."""
    own = [f"L{level}" for level in summary["level"][summary["level"] == summary["cog_level"]]]
    if not own:
        return "None of them is a level of the ImageNet-CoG benchmark itself."
    return f"Levels of the ImageNet-CoG benchmark itself: {', '.join(own)}."
