"""The hyper-parameters of training runs, with the thesis's where they differ (table C.1)."""

from collections.abc import Mapping

import pandas as pd

from cogworks.report.drawing.published import read_paper
from cogworks.report.specs import SettingRow, SettingsSpec
from cogworks.report.table import OWN, Table, text_column

THESIS = "thesis"


def settings_table(spec: SettingsSpec) -> Table:
    """Return the settings of all runs, then those of t-ReX and t-ReX*, in the layout of C.1.

    What the thesis says stands in a last column where it says something else.
    """
    everyone, *single = spec.columns
    theirs = _published(spec)
    records = [_record(row, [everyone], theirs) for row in spec.shared]
    records += [_record(row, single, theirs) for row in spec.specific]
    frame = pd.DataFrame(records, columns=["configuration", *spec.columns, THESIS]).fillna("")
    columns = [text_column(name, name) for name in ("configuration", *spec.columns)]
    note = "Above, what all models share; below, what is specific to t-ReX and t-ReX*."
    if spec.paper.names:
        different = frame[THESIS].ne("").any()
        columns += [text_column(THESIS, "thesis, where it differs")] if different else []
        note += "" if different else " All is as in the thesis."
    return Table(
        title="Hyper-parameters of training, as table C.1",
        columns=columns,
        frame=frame.assign(**{OWN: True}),
        note=note,
    )


def _record(
    row: SettingRow, columns: list[str], theirs: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    own = {name: value for name, value in zip(columns, row.values, strict=True) if value}
    # "256; others: 2304" has the thesis's value for most of the runs.
    wanted = {name: theirs.get((name, row.configuration), "") for name in own}
    other = [name for name, value in own.items() if value.split(";")[0] != wanted[name]]
    texts = [wanted[name] if len(columns) == 1 else f"{name}: {wanted[name]}" for name in other]
    shown = "; ".join(text for text, name in zip(texts, other, strict=True) if wanted[name])
    return {"configuration": row.configuration} | own | {THESIS: shown}


def _published(spec: SettingsSpec) -> dict[tuple[str, str], str]:
    """Return the thesis's values by column and configuration."""
    if not spec.paper.names:
        return {}
    names = ["models", "configuration", "value"]
    rows = read_paper(spec.paper.folder, spec.paper.names[0], names)
    return {(models, name): value for models, name, value in rows[names].itertuples(index=False)}
