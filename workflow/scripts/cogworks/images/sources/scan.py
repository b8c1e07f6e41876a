"""From a source in the config to a listing of its images."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cogworks.core.errors import InputError
from cogworks.core.patterns import expand
from cogworks.images.sources.class_images import NO_INDICES, Indices
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.listing import (
    BLOCK,
    REPEATED,
    TEST,
    TRAIN,
    UNSPLIT,
    canonical,
    joined,
    name_some,
)


def scan(
    source: Source,
    wnids: Sequence[str] | None,
    *,
    threads: int,
    online: bool = False,
    indices: Indices = NO_INDICES,
) -> pd.DataFrame:
    """List the images of a source, all at once.

    Args:
        source: where the images come from.
        wnids: the classes wanted; None for all that the source names (`classes.part: source`).
        threads: readers at once.
        online: whether a torchvision data set that is not there may be downloaded.
        indices: what knows the images of some classes already.

    Returns:
        the columns of `listing.COLUMNS`, a row for each image of a wanted class.

    Raises:
        InputError: something is missing, damaged or listed twice; the message names it.
    """
    if online:
        source.fetch()
    wanted = None if wnids is None else [canonical(wnid) for wnid in wnids]
    frames = []
    for paths, split in _parts(source):
        listed = joined(_named(source.blocks(paths, wanted, split, threads, indices), split))
        frames.append(_wanted(source.divided(listed, wanted), paths, wanted))
    return _distinct(joined(frames))


def classes_in(source: Source, *, threads: int, online: bool = False) -> set[str]:
    """Return the classes of which a source has images; for the arguments see `scan`."""
    if not source.by_class:
        return set(scan(source, None, threads=threads, online=online)["wnid"])
    found = (source.classes(paths, split, threads) for paths, split in _parts(source))
    return set().union(*found)


def scan_by_class(
    source: Source,
    wnids: Sequence[str],
    *,
    threads: int,
    online: bool = False,
    indices: Indices = NO_INDICES,
    decoded: bool = False,
) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """List the images of a source, some classes at a time, in the order of `wnids`.

    So a large source whose classes have a folder or an archive each is never held as a whole.

    Args:
        source, threads, online, indices: see `scan`.
        wnids: the classes wanted, sorted.
        decoded: whether the images are going to be read. Those of packs then come all at once,
            since packs are read from front to back, whatever the order of their classes.

    Yields:
        some classes, and what `scan` lists of them.

    Raises:
        InputError: see `scan`.
    """
    wanted = [canonical(wnid) for wnid in wnids]
    some = [wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK)]
    if not source.by_class:
        frame = scan(source, wanted, threads=threads, online=online, indices=indices)
        if decoded and (frame["container"] == "parquet").any():
            yield wanted, frame.astype(dict.fromkeys(REPEATED, "str"))
        else:
            yield from zip(some, _divided(frame, wanted), strict=True)
        return
    parts = [
        _named(source.blocks(paths, wanted, split, threads, indices), split)
        for paths, split in _parts(source)
    ]
    for classes, *frames in zip(some, *parts, strict=True):
        yield classes, _distinct(joined(frames))


def find_image_column(source: Source) -> str:
    """Return the column of the source's packs with the encoded images (`Source.find_images`)."""
    return source.find_images([paths for paths, _ in _parts(source)])


def _parts(source: Source) -> list[tuple[list[str], str]]:
    """Return the paths of the source by the split that they hold."""
    parts = ((source.path, UNSPLIT), (source.train_path, TRAIN), (source.test_path, TEST))
    return [(expand(paths), split) for paths, split in parts if paths]


def _named(frames: Iterable[pd.DataFrame], split: str) -> Iterator[pd.DataFrame]:
    """Yield listings with ids in one form, which tell the parts of an official split apart."""
    for frame in frames:
        ids = frame["id"]
        if not pc.all(pc.string_is_ascii(pa.array(ids, pa.large_string()))).as_py():
            ids = ids.map(canonical)
        # The same file name can occur in both parts of an official split.
        yield frame.assign(id=f"{split}/" + ids if split else ids)


def _wanted(frame: pd.DataFrame, paths: Sequence[str], wnids: Sequence[str] | None) -> pd.DataFrame:
    if wnids is None or frame.empty:
        return frame
    wanted = frame["wnid"].isin(set(wnids))
    kept = frame if wanted.all() else frame[wanted]
    if kept.empty:
        classes = sorted(set(frame["wnid"]))
        raise InputError(
            f"{name_some(paths)}: the classes here ({name_some(classes)}) are none of those of the "
            f"data set ({name_some(wnids)}). Where they are numbers, source.mapping says what each "
            "stands for (layout flat: [its list, a list of class ids])"
        )
    return kept


def _distinct(frame: pd.DataFrame) -> pd.DataFrame:
    twice = sorted(set(frame["id"][frame["id"].duplicated()]))
    if twice:
        raise InputError(f"{len(twice)} image ids are given twice: {name_some(twice)}")
    return frame


def _divided(frame: pd.DataFrame, wnids: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows of each `BLOCK` of classes."""
    labels = pd.Index(wnids).get_indexer(frame["wnid"])
    order = np.argsort(labels, kind="stable")
    edges = [*range(0, len(wnids), BLOCK), len(wnids)]
    for start, stop in pairwise(np.searchsorted(labels[order], edges)):
        some = frame.take(order[start:stop]).reset_index(drop=True)
        yield some.astype(dict.fromkeys(REPEATED, "str"))
