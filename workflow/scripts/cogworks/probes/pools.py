"""Classes of several data sets, pooled and regrouped (section 3.5.2)."""

from collections.abc import Sequence

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.core.seeds import shuffle_by_hash
from cogworks.probes.specs import Draw, Level


def read_levels(path: str) -> dict[str, int]:
    """Return the level of each wnid of a level table."""
    frame = read_parquet(path, columns=["wnid", "level"])
    return dict(zip(frame["wnid"], frame["level"].astype(int), strict=True))


def group_classes(
    group: Draw | Level, classes: Sequence[str], levels: dict[str, int] | None
) -> list[str]:
    """Return the sorted classes of one group of a pool.

    Args:
        group: a random draw, or a level of a benchmark.
        classes: the distinct ids of all classes in the pool.
        levels: level of each class of that benchmark; None for a random draw.

    Raises:
        InputError: the pool holds fewer classes than asked for, or lacks one of the level.
    """
    if isinstance(group, Draw):
        return _draw(group, classes)
    assert levels is not None, "a level needs the table of its benchmark"
    wanted = sorted(wnid for wnid, level in levels.items() if level == group.number)
    missing = sorted(set(wanted) - set(classes))
    if missing or not wanted:
        raise InputError(
            f"pool.benchmark: level {group.number} of {group.benchmark} holds {len(wanted)} "
            f"classes, {len(missing)} of which none of the pooled data sets has"
            f"{f', first {missing[0]}' if missing else ''}; pool data sets with the same concepts"
        )
    return wanted


def _draw(group: Draw, classes: Sequence[str]) -> list[str]:
    if group.classes > len(classes):
        raise InputError(
            f"pool.classes: {group.classes} are asked for, but the pooled data sets hold "
            f"{len(classes)}; lower it or pool more data sets"
        )
    drawn = shuffle_by_hash(classes, "pool", group.seed, group.number)
    return sorted(drawn[: group.classes])
