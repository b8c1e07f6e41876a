"""Tables of chapter 4 with the run's encoders above the thesis's (tables 4.2 and 4.3)."""

from collections.abc import Collection, Mapping

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import by_class
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.drawing.published import read_paper
from cogworks.report.drawing.published_tables import OWN_GROUP, mismatch
from cogworks.report.drawing.test_set_tables import tied_numbers
from cogworks.report.reference import ALIASES, TEST_SETS
from cogworks.report.reproduced import beside, stand_ins
from cogworks.report.specs import EvalSet, EvalSetsSpec, LevelsSpec, SetColumn
from cogworks.report.summary import NUMBERS, fit_note, spread_note, summarise
from cogworks.report.table import GROUP, OWN, Column, Table, text_column
from cogworks.report.transfer_sets import called

MODEL = text_column("model", "model")


def imagenet_sets_table(scores: pd.DataFrame, spec: EvalSetsSpec) -> Table:
    """Return top-1 on the test sets of the seen concepts, in the layout of table 4.2.

    A group of test sets (ImageNet-v2 has three) is the mean of its members.

    Args:
        scores: the long table of `scores.collect`.
        spec: the encoders, and the test sets, of which those that the table has are shown.
    """
    sets = {entry.published: entry for entry in spec.test_sets if entry.published}
    kept = [sets[name] for name in TEST_SETS if name in sets]
    rows = scores[
        (scores["protocol"] == spec.protocol)
        & (scores["shots"] == "all")
        & (scores["metric"] == "top1")
    ]
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    own = pd.DataFrame({"model": list(labels.values())})
    for entry in kept:
        found = tied_numbers(rows, list(labels), entry.members, "top1", protocol=spec.protocol)
        own = own.join(found.add_prefix(_key(entry)))
    names = {f"in1k_{entry.published}": _key(entry) for entry in kept}
    titles = {
        _key(e): e.label if e.differs else TEST_SETS[_key(e)].removeprefix("IN-") for e in kept
    }
    summary = summarise(rows, baseline=None)
    seen = SetColumn(
        name=spec.test_sets[0].members[0][0],
        label=spec.dataset,
        protocol=spec.protocol,
        published="in1k",
    )
    comparable = [] if mismatch(summary, [seen]) else [_key(e) for e in kept if not e.differs]
    return Table(
        title="Top-1 on the test sets of the seen concepts (%), as table 4.2",
        columns=[MODEL, *(Column(key, title) for key, title in titles.items())],
        frame=_beside(own, spec, names, "4.2", comparable),
        note=f"Linear classifiers of {spec.dataset} on frozen features ({spec.protocol}), on its "
        "own test set and on others; means over the three sets of v2. "
        + spread_note(spec.scores, spec.encoders)
        + ties.NOTE
        + fit_note(summary, labels, place="test_set"),
        warning=mismatch(summary, [seen], [*kept, *spec.encoders]) if spec.paper.names else "",
    )


def long_tail_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return top-1 on iNaturalist 2018 and 2019, in the layout of table 4.3.

    Args:
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`.
        spec: the encoders and the data sets.
    """
    rows = level_rows(summary, spec.encoders, spec.columns)
    labels = {encoder.name: encoder.label for encoder in spec.encoders}
    own = pd.DataFrame({"model": list(labels.values())})
    for column in spec.columns:
        cells = rows[rows["dataset"] == column.name].set_index("encoder").reindex(list(labels))
        for end, key in NUMBERS.items():
            own[column.name + end] = cells[key].to_numpy("float64")
    tied = ties.by_column(by_class(scores), spec.encoders, spec.columns, own)
    names = {str(column.published): column.name for column in spec.columns}
    return Table(
        title="Top-1 on long-tailed data sets (%), as table 4.3",
        columns=[MODEL, *(Column(column.name, called(column)) for column in spec.columns)],
        frame=_beside(
            own.assign(**tied),
            spec,
            names,
            "4.3",
            [column.name for column in spec.columns if not mismatch(summary, [column])],
        ),
        note=f"Linear classifiers on frozen features. {spread_note(spec.scores, spec.encoders)}"
        + ties.NOTE
        + fit_note(rows, labels | {column.name: column.label for column in spec.columns}),
        warning=mismatch(summary, spec.columns, spec.encoders) if spec.paper.names else "",
    )


def _key(entry: EvalSet) -> str:
    return str(entry.published)


def _beside(
    own: pd.DataFrame,
    spec: EvalSetsSpec | LevelsSpec,
    names: Mapping[str, str],
    number: str,
    comparable: Collection[str],
) -> pd.DataFrame:
    """Return own rows, and below them those of the thesis's table if it is to be shown.

    Args:
        own: `model`, and a column for each data set.
        spec: its encoders, and the one file of the table or none.
        names: keys of the columns by the data sets' published names.
        number: of the table.
        comparable: keys of the columns that can be compared.
    """
    paper = spec.paper
    own = own.assign(**{OWN: True})
    if not paper.names:
        return own
    rows = read_paper(paper.folder, paper.names[0], ["model", "dataset", "value"])
    rows = rows[rows["dataset"].isin(names)]
    wide = rows.pivot(index="model", columns="dataset", values="value")
    wide = wide.reindex(rows["model"].drop_duplicates()).rename(columns=names).astype("float64")
    theirs = wide.rename_axis(columns=None).reset_index()
    theirs = theirs.assign(**{GROUP: f"Thesis, table {number}", OWN: False})
    own = beside(
        own.assign(**{GROUP: OWN_GROUP}),
        theirs,
        by="model",
        names=stand_ins(spec.encoders, ALIASES),
        columns=comparable,
    )
    return pd.concat([own, theirs], ignore_index=True)
