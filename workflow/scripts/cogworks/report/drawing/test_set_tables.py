"""Top-1 and top-5 on several test sets of the same classes (thesis, tables 4.2, 5.1 and 5.2)."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cogworks.report import repeats, ties
from cogworks.report.by_class import bounds, by_class
from cogworks.report.drawing.published import read_paper
from cogworks.report.drawing.published_tables import OWN_GROUP, not_comparable, other_classes
from cogworks.report.reference import TEST_SETS
from cogworks.report.specs import EvalSetsSpec
from cogworks.report.summary import DEVIATION, INTERVAL, deviation, fit_note, summarise
from cogworks.report.table import GROUP, HIGH, LOW, OWN, STD, TIED, Column, Table, text_column

_METRICS = (("top1", "top-1"), ("top5", "top-5"))
# What follows `ties.NOTE` where there is top-5.
TOP5 = " Of top-5 the best alone."


def own_table(scores: pd.DataFrame, spec: EvalSetsSpec) -> Table:
    """Return one row an encoder, top-1 and top-5 for each test set.

    A group of test sets (ImageNet-v2 has three) is one column: the mean of its members, seed by
    seed.

    Args:
        scores: the long table of `scores.collect`.
        spec: `protocol`; `dataset`, its label; `encoders`, each with a `recipe` of heading and
            text; `test_sets`: label, `published` name or None, and `members`, pairs of data set
            and test set.
    """
    recipes = [encoder.recipe for encoder in spec.encoders]
    headings = list(dict.fromkeys(key for recipe in recipes for key in recipe))
    frame = pd.DataFrame({"encoder": [encoder.label for encoder in spec.encoders]})
    for heading in headings:
        frame[heading] = [recipe.get(heading, "–") for recipe in recipes]
    rows = scores[(scores["protocol"] == spec.protocol) & (scores["shots"] == "all")]
    names = [encoder.name for encoder in spec.encoders]
    columns = []
    for number, entry in enumerate(spec.test_sets):
        for metric, title in _METRICS:
            key = f"{metric}_{number}"
            found = tied_numbers(rows, names, entry.members, metric, protocol=spec.protocol)
            frame = frame.join(found.add_prefix(key))
            columns.append(Column(key, f"{entry.label} {title}"))
    return Table(
        title=f"Test sets for the classes of {spec.dataset} (%), {spec.protocol}",
        columns=[
            text_column("encoder", "encoder"),
            *(text_column(heading, heading) for heading in headings),
            *columns,
        ],
        frame=frame.assign(**{OWN: True}),
        note=f"Mean ± {DEVIATION} over seeds, where there are several, and of top-1 the "
        f"{INTERVAL}. As tables 4.2 and 5.2.{ties.NOTE}{TOP5}"
        f"{repeats.told(spec.scores.repeats, spec.encoders)}{_fits(rows, spec)}",
    )


def compared_table(own: Table, scores: pd.DataFrame, spec: EvalSetsSpec) -> Table:
    """Return the run's own table with the rows of tables 5.1 and 5.2 for the same classes below it.

    Args:
        own: what `own_table` returns.
        scores: the long table of `scores.collect`.
        spec: as for `own_table`; `published` says what the thesis calls the data set, `paper` where
            its numbers are.
    """
    paper = spec.paper.folder
    places = {t.published: n for n, t in enumerate(spec.test_sets) if t.published}
    tables = {"5.2": _published_52(paper, places, spec.published or "")}
    if spec.published == "in100":
        tables = {"5.1": _published_51(paper, places)} | tables
    frames = [own.frame.assign(**{GROUP: OWN_GROUP}), *tables.values()]
    frame = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    texts = [column.key for column in own.columns if not column.is_number]
    frame[texts] = frame[texts].fillna("–")
    names = [
        f"{t.label} {'stands beside' if t.differs else 'is'} {TEST_SETS[t.published]}"
        for t in spec.test_sets
        if t.published
    ]
    return Table(
        title=f"{own.title} beside the thesis's",
        columns=own.columns,
        frame=frame,
        note=f"Published rows: thesis, table {' and '.join(tables)}. {'; '.join(names)}."
        f"{ties.NOTE}{TOP5}",
        warning=not_comparable(
            [
                *(entry.differs for entry in spec.test_sets),
                *(entry.differs for entry in spec.encoders),
                other_classes(
                    scores, spec.test_sets[0].members[0][0], spec.dataset, spec.published
                ),
            ]
        ),
    )


def _fits(rows: pd.DataFrame, spec: EvalSetsSpec) -> str:
    shown = [set_name for entry in spec.test_sets for _, set_name in entry.members]
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    rows = rows[rows["test_set"].isin(shown) & rows["encoder"].isin(labels)]
    return fit_note(summarise(rows, baseline=None), labels, place="test_set")


def numbers(
    rows: pd.DataFrame,
    names: Sequence[str],
    members: Sequence[Sequence[str]],
    metric: str,
    *,
    protocol: str,
) -> pd.DataFrame:
    """Return mean, deviation and, of top-1, the interval of encoders over a group of test sets.

    Args:
        rows: rows of `scores.collect` with the protocol and all training images.
        names: the encoders.
        members: pairs of data set and test set, whose classes are the same.
        metric: `top1` or `top5`.
        protocol: what the rows have.

    Returns:
        One row an encoder, in order; the columns are the ends of a table's keys, see `NUMBERS`.
    """
    values = by_seed(rows[rows["metric"] == metric], members).reindex(names)
    means = values.mean(axis=1).to_numpy("float64")
    frame = pd.DataFrame({"": means, STD: [deviation(row) for _, row in values.iterrows()]})
    if metric == "top1":
        found = by_class(rows)
        cells = [[(name, *pair, protocol, "all") for pair in members] for name in names]
        frame[[LOW, HIGH]] = [bounds(found, keys) for keys in cells]
    return frame


def tied_numbers(
    rows: pd.DataFrame,
    names: Sequence[str],
    members: Sequence[Sequence[str]],
    metric: str,
    *,
    protocol: str,
) -> pd.DataFrame:
    """Return what `numbers` does, and of top-1 which encoders cannot be told from the best."""
    frame = numbers(rows, names, members, metric, protocol=protocol)
    if metric == "top1":
        cells = [[(name, *pair, protocol, "all") for pair in members] for name in names]
        frame[TIED] = ties.tied(by_class(rows), cells, frame[""])
    return frame


def by_seed(rows: pd.DataFrame, members: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Return a row per encoder, a column per seed: the mean over members, if all have it."""
    parts = [
        rows[(rows["dataset"] == dataset) & (rows["test_set"] == test_set)].pivot(
            index="encoder", columns="seed", values="value"
        )
        for dataset, test_set in members
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / len(parts)


def _published_51(paper: str | Path, places: dict[str, int]) -> pd.DataFrame:
    rows = read_paper(paper, "sd_augmentation", ["training_set", "augmentation", "in100_val_top1"])
    rows = rows.assign(
        encoder=rows["training_set"] + ", " + rows["augmentation"],
        test_set="val",
        metric="top1",
        value=rows["in100_val_top1"],
    )
    return _wide(rows, places, "Thesis, table 5.1")


def _published_52(paper: str | Path, places: dict[str, int], classes: str) -> pd.DataFrame:
    keys = ["classes", "source", "size_multiple", "guidance_scale", "prompt", "model"]
    rows = read_paper(paper, "sd_imagenet_sets", [*keys, "test_set", "metric", "value"])
    rows = rows[rows["classes"] == classes]
    synthetic = rows["source"] == "sd"
    size = rows["size_multiple"].astype(str)
    text = rows["classes"] + " clone, " + rows["prompt"] + ", guidance " + rows["guidance_scale"]
    text = text.where(size == "1", text + ", " + size + "×")
    rows = rows.assign(encoder=text.where(synthetic, rows["classes"] + " real, " + rows["model"]))
    return _wide(rows, places, "Thesis, table 5.2")


def _wide(rows: pd.DataFrame, places: dict[str, int], group: str) -> pd.DataFrame:
    """Return one row an encoder with the columns of `own_table`."""
    rows = rows[rows["test_set"].isin(places)]
    keys = [f"{m}_{places[t]}" for m, t in zip(rows["metric"], rows["test_set"], strict=True)]
    rows = rows.assign(key=keys, value=rows["value"].astype("float64"))
    wide = rows.pivot(index="encoder", columns="key", values="value")
    wide = wide.reindex(rows["encoder"].drop_duplicates()).reset_index()
    return wide.rename_axis(columns=None).assign(**{GROUP: group, OWN: False})
