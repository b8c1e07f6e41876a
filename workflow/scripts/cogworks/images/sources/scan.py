"""From a source in the config to a listing of its images."""

from collections.abc import Sequence

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.patterns import expand
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, canonical, name_some


def scan(
    source: Source, wnids: Sequence[str] | None, *, threads: int, online: bool = False
) -> pd.DataFrame:
    """List the images of a source.

    Args:
        source: where the images come from.
        wnids: the classes wanted; None for all that the source names (`classes.part: source`).
        threads: readers at once.
        online: whether a torchvision data set that is not there may be downloaded.

    Returns:
        the columns of `listing.COLUMNS`, a row for each image of a wanted class.

    Raises:
        InputError: something is missing, damaged or listed twice; the message names it.
    """
    if online:
        source.fetch()
    wanted = None if wnids is None else [canonical(wnid) for wnid in wnids]
    frames = [_scan(source, paths, wanted, split, threads) for paths, split in _parts(source)]
    frame = pd.concat(frames, ignore_index=True)
    twice = sorted(set(frame["id"][frame["id"].duplicated()]))
    if twice:
        raise InputError(f"{len(twice)} image ids are given twice: {name_some(twice)}")
    return frame


def find_image_column(source: Source) -> str:
    """Return the column of the source's packs with the encoded images (`Source.find_images`)."""
    return source.find_images([paths for paths, _ in _parts(source)])


def _parts(source: Source) -> list[tuple[list[str], str]]:
    """Return the paths of the source by the split that they hold."""
    parts = ((source.path, UNSPLIT), (source.train_path, TRAIN), (source.test_path, TEST))
    return [(expand(paths), split) for paths, split in parts if paths]


def _scan(
    source: Source, paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    frame = source.scan(paths, wnids, split, threads)
    ids = frame["id"].map(canonical)
    # The same file name can occur in both parts of an official split.
    frame = frame.assign(id=f"{split}/" + ids if split else ids)
    frame = source.divided(frame, wnids)
    if wnids is None or frame.empty:
        return frame
    kept = frame[frame["wnid"].isin(set(wnids))]
    if kept.empty:
        classes = sorted(set(frame["wnid"]))
        raise InputError(
            f"{name_some(paths)}: the classes here ({name_some(classes)}) are none of those of the "
            f"data set ({name_some(wnids)}). Where they are numbers, source.mapping says what each "
            "stands for (layout flat: [its list, a list of class ids])"
        )
    return kept
