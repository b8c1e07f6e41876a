"""The data sets over which the transfer score is taken, and the thesis's 13.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cogworks.report.reference import DATASETS, TRANSFER
from cogworks.report.specs import SetColumn

if TYPE_CHECKING:
    from cogworks.report.roles import Roles


def are_of_chapter_4(columns: Sequence[SetColumn]) -> bool:
    """Say whether all data sets are among the 13 of chapter 4, as its tables and figures want."""
    return bool(columns) and {column.published for column in columns} <= set(TRANSFER)


def number_of(columns: Sequence[SetColumn], number: str) -> str:
    """Return a number of chapter 4 for an exhibit of these transfer sets, if it can have it."""
    return number if are_of_chapter_4(columns) else ""


def transfer(roles: "Roles") -> list[SetColumn]:
    """Return the data sets of the transfer score."""
    return roles.columns(roles.transfer)


def lacking(
    number: str,
    needs: Callable[["Roles"], Iterator[object]],
    columns: Callable[["Roles"], Sequence[SetColumn]] = transfer,
) -> Callable[["Roles"], Mapping[str, str]]:
    """Return the `Kind.lacks` of a kind whose exhibits lose a number as `number_of` says.

    Args:
        number: the number.
        needs: the kind's `needs`; where it yields no exhibit, the reason is another one.
        columns: returns the data sets that it shows.
    """

    def lacks(roles: "Roles") -> Mapping[str, str]:
        return {number: _others(roles, columns(roles))} if any(needs(roles)) else {}

    return lacks


def _others(roles: "Roles", columns: Sequence[SetColumn]) -> str:
    """Return which transfer sets are none of the thesis, and the keys that help; or nothing."""
    own = [column.name for column in columns if column.published in TRANSFER]
    others = [column.name for column in columns if column.published not in TRANSFER]
    if not others:
        return ""
    example = f", such as [{', '.join(own)}]" if own else ""
    return (
        f"{roles.key}.transfer with data sets of table D.1 alone{example}: "
        f"{_listed(others)} {'is' if len(others) == 1 else 'are'} none of its {len(TRANSFER)}, "
        "unless report.published_as says which"
    )


def in_order(columns: Sequence[SetColumn]) -> list[SetColumn]:
    """Return data sets in the order of table D.1 where all are in it, else as they are."""
    if not are_of_chapter_4(columns):
        return list(columns)
    return sorted(columns, key=lambda column: TRANSFER.index(column.published or ""))


def called(column: SetColumn) -> str:
    """Return what a table of the thesis calls a data set.

    One with a label of its own keeps it; one that cannot be compared keeps its name in the config.
    """
    known = None if column.differs else DATASETS.get(column.published or "")
    return known[0] if known and column.label == column.name else column.label


def told(columns: Sequence[SetColumn]) -> str:
    """Return a sentence on the data sets of the transfer score, and on those of the 13 it lacks."""
    text = f"Transfer is over {_listed([called(column) for column in columns])}."
    found = {column.published for column in columns}
    lacking = [DATASETS[name][0] for name in TRANSFER if name not in found]
    if are_of_chapter_4(columns) and lacking:
        text += f" Of the thesis's {len(TRANSFER)} sets {_listed(lacking)} "
        text += "is missing." if len(lacking) == 1 else "are missing."
    return text


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
