"""Splitting the ranking into levels of growing distance to the seen concepts (thesis 3.3.3)."""

from cogworks.core.errors import InputError


def level_starts(ranked: int, *, count: int, size: int, gaps: str) -> list[int]:
    """Return the index in the ranking, from 0, at which each level starts.

    Args:
        ranked: how many concepts the ranking has.
        count: how many levels.
        size: concepts a level.
        gaps: what becomes of the concepts that no level takes. `floor_last`: the levels span the
            ranking, all gaps are rounded down and the last takes the rest (thesis: 36, 36, 36,
            38); `even`: they span it with gaps that differ by one at most; `none`: the levels
            follow each other from the top, and the most distant concepts are left out.
            A single level starts at the top.

    Raises:
        InputError: the ranking is too short.
    """
    spare = ranked - count * size
    if spare < 0:
        raise InputError(
            f"levels: {count} x {size} concepts need {count * size}, and {ranked} are eligible: "
            "lower levels.count or levels.size, or loosen the filters (filters.csv says what each "
            "of them left)"
        )
    spaces = max(count - 1, 1)
    if gaps == "none":
        offsets = [0] * count
    elif gaps == "even":
        offsets = [level * spare // spaces for level in range(count)]
    elif gaps == "floor_last":
        offsets = [level * (spare // spaces) for level in range(count)]
        if count > 1:
            offsets[-1] = spare
    else:
        raise ValueError(f"gaps {gaps!r}: expected floor_last, even or none")
    return [level * size + offset for level, offset in enumerate(offsets)]
