"""What was drawn for each clone and what was wrong with it (thesis, section 5.4)."""

from collections.abc import Mapping

import pandas as pd

from cogworks.core.files import read_parquet
from cogworks.report.specs import ClonesSpec
from cogworks.report.table import OWN, Column, Table, text_column

# Column of the quality table: heading.
COUNTS = {
    "requested": "asked for",
    "images": "kept",
    "drawn": "drawn",
    "nsfw": "flagged",
    "non_finite": "not finite",
    "constant": "constant",
    "duplicate": "duplicates",
    "given_up": "given up",
}
# So many classes of each clone are named.
LOWEST = 10


def read_tables(spec: ClonesSpec) -> dict[str, pd.DataFrame]:
    """Return the tables of the clones by name."""
    return {clone.name: read_parquet(clone.table) for clone in spec.clones}


def clone_table(quality: Mapping[str, pd.DataFrame], spec: ClonesSpec) -> Table:
    """Return one row a clone: how it was drawn, and its images counted over all classes.

    Args:
        quality: by clone, the table of the synthesis room with one row per class.
        spec: the clones.
    """
    headings = list(dict.fromkeys(h for clone in spec.clones for h in clone.recipe))
    records = []
    for clone in spec.clones:
        counts = quality[clone.name]
        texts = {heading: clone.recipe.get(heading, "–") for heading in headings}
        sums = {key: float(counts[key].sum()) for key in COUNTS if key in counts}
        records.append({"clone": clone.label} | texts | sums)
    frame = pd.DataFrame(records)
    numbers = [
        Column(key, title, digits=0, best=None) for key, title in COUNTS.items() if key in frame
    ]
    return Table(
        title="Clones: images asked for, drawn and rejected",
        columns=[
            text_column("clone", "clone"),
            *(text_column(heading, heading) for heading in headings),
            *numbers,
        ],
        frame=frame.assign(**{OWN: True}),
        note="A rejected image is drawn again with the next seed; one without an accepted attempt "
        "is given up and not used.",
    )


def meaning_table(similarity: Mapping[str, pd.DataFrame], spec: ClonesSpec) -> Table:
    """Return the classes of each clone whose images fit their text least, worst first.

    Args:
        similarity: by clone, the table of the synthesis room: wnid, similarity (mean cosine to the
            class's own text), margin, recognised (share, 0 to 1) and nearest, one row per class.
        spec: the clones; those without a similarity are left out.
    """
    frames = [
        similarity[clone.name]
        .sort_values("margin", kind="stable")
        .head(LOWEST)
        .assign(clone=clone.label)
        for clone in spec.clones
        if clone.name in similarity
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["recognised"] *= 100
    return Table(
        title="Classes whose images fit their text least",
        columns=[
            text_column("clone", "clone"),
            text_column("wnid", "class"),
            text_column("nearest", "nearest text"),
            Column("similarity", "similarity", digits=3, best=None),
            Column("margin", "margin", digits=3, best=None),
            Column("recognised", "recognised (%)", best=None),
        ],
        frame=frame.assign(**{OWN: True}),
        note="Cosine similarity by CLIP of images and the texts of all classes; the margin is that "
        "to the own text less the largest to another one: a class of the wrong sense has a "
        "negative one.",
    )
