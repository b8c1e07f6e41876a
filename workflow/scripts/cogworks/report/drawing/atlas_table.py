"""The atlas: the accuracy of two encoders concept by concept, with pictures."""

import numpy as np
import pandas as pd

from cogworks.report.concept_gains import Gains
from cogworks.report.drawing.branches import NOTHING
from cogworks.report.drawing.thumbnails import thumbnails
from cogworks.report.intervals import shares_interval
from cogworks.report.table import HIGH, LOW, Column, Table, text_column

# Of the frame, not shown as columns: the accuracy of each encoder, by its label; pictures; whether
# a concept is seen; and the place of its data set among all.
SHARE, PICTURES, SEEN, PLACE = "share:", "pictures", "seen", "place"
OWN_TOP1, OTHER_TOP1, GAIN = "top1", "other_top1", "gain"


def atlas_table(found: Gains | None) -> Table:
    """Return a row for each concept, unseen ones first, by what the best encoder gains."""
    if found is None:
        return Table("Atlas", [text_column("name", "concept")], pd.DataFrame(), note=NOTHING)
    own, other = found.encoders[0], found.baseline
    shares = [found.shares[encoder.name] for encoder in (own, other)]
    low, high = shares_interval(shares[0], shares[1], found.images)
    sets = [column.label for column in found.spec.columns]
    keys = ["name", "wnid", "branch", "set", "similarity", SEEN]
    frame = found.concepts[keys].assign(
        **{
            "images": found.images.astype("float64"),
            PLACE: found.concepts["set"].map(sets.index),
            OWN_TOP1: 100 * shares[0],
            OTHER_TOP1: 100 * shares[1],
            GAIN: found.gain(own),
            GAIN + LOW: 100 * low,
            GAIN + HIGH: 100 * high,
            PICTURES: thumbnails(found),
        },
        **{f"{SHARE}{e.label}": found.shares[e.name] for e in (*found.encoders, other)},
    )
    frame = frame.sort_values([SEEN, GAIN, "wnid"], ascending=[True, False, True])
    top1 = "top-1 (%)"
    return Table(
        f"Concepts that {own.label} gains over {other.label} (points of top-1)",
        [
            text_column("name", "concept"),
            text_column("wnid", "id"),
            Column(GAIN, "gain", best=None, signed=True),
            Column(OWN_TOP1, own.label, best=None, over=top1),
            Column(OTHER_TOP1, other.label, best=None, over=top1),
            text_column("branch", "branch"),
            text_column("set", "of"),
            Column("similarity", "similarity", digits=2, best=None),
            Column("images", "test images", digits=0, best=None),
        ],
        frame,
        note=_note(found, low, high),
    )


def _note(found: Gains, low: np.ndarray, high: np.ndarray) -> str:
    images = found.images
    least, most = int(images.min()), int(images.max())
    count = str(least) if least == most else f"{least} to {most}"
    return (
        f"A concept has {count} test images, so its gain is known to about "
        f"±{50 * float((high - low).mean()):.0f} points: the 95% interval is for other images of "
        "it, and takes the two encoders for independent, which is too careful. Where two encoders "
        "are equal, up to one interval in twenty is without zero by chance. Each data set is a "
        "task of its own, among its own classes: gains on two of them are not on the same scale."
    )
