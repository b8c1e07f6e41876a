"""Tables B.1 to B.6 with the run's encoders above the 31 published models."""

from collections.abc import Iterable, Sequence

import pandas as pd

from cogworks.images.sources.kinds.imagenet import ImageNet
from cogworks.report.clauses import told
from cogworks.report.ordering import sorted_shots
from cogworks.report.reference import DATASETS
from cogworks.report.reproduced import beside, stand_ins
from cogworks.report.specs import EncoderRow, EvalSet, LevelsSpec, SetColumn
from cogworks.report.summary import BOUNDS, DEVIATION, INTERVAL, NUMBERS, select
from cogworks.report.table import GROUP, OWN, Column, Table, text_column

OWN_GROUP = "This run"


def published_table(summary: pd.DataFrame, published: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return the table of one data set in the layout of B.1 to B.6: own rows above the published.

    Own encoders that are published models are in the thesis's order, others come before them.

    Args:
        summary: the table of `summary.summarise`.
        published: what `published.linear_probe` returns.
        spec: the encoders, and the data set as the one column.
    """
    (column,) = spec.columns
    name = column.published or ""
    theirs = published[published["dataset"] == name]
    order = {model: place for place, model in enumerate(theirs["model"].unique())}
    places = {e.label: order.get(e.published or "", -1) for e in spec.encoders}
    own = own_rows(summary, spec, column)
    own = own.sort_values("model", key=lambda names: names.map(places), kind="stable")
    shots = sorted_shots([*theirs["n_shot"], *own["shots"]])
    published_rows = _wide(_published_rows(theirs), shots)
    ours = beside(
        _wide(own.assign(**{GROUP: OWN_GROUP, OWN: True}), shots),
        published_rows,
        by="model",
        names=stand_ins(spec.encoders),
        columns=[] if mismatch(summary, [column]) else shots,
    )
    frame = pd.concat([ours, published_rows], ignore_index=True)
    table = theirs["table"].iloc[0]
    return Table(
        title=f"Top-1 on {column.label} by training images per class (%), as table {table}",
        columns=[text_column("model", "model"), *map(_shots_column, shots)],
        frame=frame,
        note=f"Published rows: thesis, table {table} ({DATASETS[name][0]}). Mean ± {DEVIATION} "
        f"over seeds; of own rows also the {INTERVAL}.",
        warning=mismatch(summary, [column], spec.encoders),
    )


def mismatch(
    summary: pd.DataFrame,
    columns: Sequence[SetColumn],
    others: Sequence[EncoderRow | EvalSet] = (),
) -> str:
    """Return a warning where own and published rows cannot be compared, else ''.

    That is where settings of data sets or of others (encoders, test sets) differ from the thesis's,
    or a data set has another number of classes, or IN-1K another number of images.
    """
    parts = [unlike(summary, column) for column in columns]
    return not_comparable([*parts, *(entry.differs for entry in others)])


def unlike(scores: pd.DataFrame, column: SetColumn) -> str:
    """Return why scores on a data set cannot be compared with the thesis's, '' where they can."""
    classes = other_classes(scores, column.name, column.label, column.published)
    return column.differs or classes or _other_images(scores, column)


def not_comparable(clauses: Iterable[str]) -> str:
    """Return the warning that names what differs from the thesis, '' where nothing does."""
    return told("Not comparable with the published rows", clauses)


def other_classes(scores: pd.DataFrame, dataset: str, label: str, published: str | None) -> str:
    """Return a clause where a data set has another number of classes than the thesis's, else ''.

    Args:
        scores: with columns `dataset` and `n_classes`.
        dataset: its name.
        label: what to call it.
        published: what the thesis calls it.
    """
    rows = scores[scores["dataset"] == dataset]
    if published not in DATASETS or rows.empty:
        return ""
    found, expected = int(rows["n_classes"].max()), DATASETS[published][1]
    return "" if found == expected else f"{label} has {found:,} classes; the thesis: {expected:,}"


def _other_images(scores: pd.DataFrame, column: SetColumn) -> str:
    """Return a clause where IN-1K has another number of images than the thesis's, else ''.

    Only a source of kind imagenet makes sure that it has all.
    """
    rows = select(scores, protocol=column.protocol)
    rows = rows[rows["dataset"] == column.name]
    if column.published != "in1k" or rows.empty:
        return ""
    for key, theirs, what in (
        ("n_train", ImageNet.train, "training"),
        ("n_test", ImageNet.test, "test"),
    ):
        found = int(rows[key].max())
        if found != theirs:
            return f"{column.label} has {found:,} {what} images; the thesis: {theirs:,}"
    return ""


def _shots_column(shots: str) -> Column:
    """Return the column of a number of shots; the thesis marks no best model in these tables."""
    return Column(shots, "All" if shots == "all" else shots, best=None)


def own_rows(summary: pd.DataFrame, spec: LevelsSpec, column: SetColumn) -> pd.DataFrame:
    """Return model, shots, mean, deviation and bounds of the own encoders on a data set."""
    rows = select(summary, shots=None, protocol=column.protocol)
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    rows = rows[(rows["dataset"] == column.name) & rows["encoder"].isin(labels)]
    rows = rows.assign(model=rows["encoder"].map(labels))
    return rows[["model", "shots", "mean", "std", "diverged", *BOUNDS]]


def _published_rows(theirs: pd.DataFrame) -> pd.DataFrame:
    names = {"n_shot": "shots", "top1_mean": "mean", "top1_std": "std"}
    group = "Thesis, table " + theirs["table"]
    return theirs.rename(columns=names).assign(**{GROUP: group, OWN: False})


def _wide(rows: pd.DataFrame, shots: list[str]) -> pd.DataFrame:
    """Return one row a model, with the numbers that there are for each number of shots."""
    keys = [GROUP, OWN, "model"]
    frame = rows[keys].drop_duplicates().reset_index(drop=True)
    for name in shots:
        cells = rows[rows["shots"] == name].set_index("model")
        for end, key in NUMBERS.items():
            if key in cells:
                frame[name + end] = frame["model"].map(cells[key]).astype("float64")
    return frame
