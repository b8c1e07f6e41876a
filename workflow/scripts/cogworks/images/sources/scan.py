"""From a source in the config to a listing of its images."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cogworks.core.errors import InputError
from cogworks.core.patterns import expand
from cogworks.images.source_index import SourceIndex, passing_index
from cogworks.images.sources.class_images import NO_INDICES, Indices
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.listing import (
    BLOCK,
    TEST,
    TRAIN,
    UNSPLIT,
    canonical,
    joined,
    name_some,
)


def list_images(
    source: Source,
    wnids: Sequence[str] | None,
    *,
    threads: int,
    online: bool = False,
    indices: Indices = NO_INDICES,
) -> Iterator[pd.DataFrame]:
    """List the images of a source, some at a time, in the order in which they come.

    Args:
        source: where the images come from.
        wnids: the classes wanted; None for all that the source names (`classes.part: source`).
        threads: readers at once.
        online: whether a torchvision data set that is not there may be downloaded.
        indices: what knows the images of some classes already.

    Yields:
        the columns of `listing.COLUMNS`, a row for each image of a wanted class.

    Raises:
        InputError: something is missing or damaged; the message names it.
    """
    if online:
        source.fetch()
    wanted = None if wnids is None else [canonical(wnid) for wnid in wnids]
    for paths, split in _parts(source):
        named = _named(source.blocks(paths, wanted, split, threads, indices), split)
        yield from _wanted(source.divided(named, wanted), paths, wanted)


def classes_in(
    source: Source, *, threads: int, online: bool = False, index: Path | None = None
) -> set[str]:
    """Return the classes of which a source has images; for the arguments see `scan_by_class`."""
    if index is not None:
        return set(SourceIndex(index).counts)
    if source.by_class:
        found = (source.classes(paths, split, threads) for paths, split in _parts(source))
        return set().union(*found)
    listings = list_images(source, None, threads=threads, online=online)
    return set().union(*(frame["wnid"].unique() for frame in listings))


def scan_by_class(
    source: Source,
    wnids: Sequence[str],
    *,
    threads: int,
    online: bool = False,
    indices: Indices = NO_INDICES,
    index: Path | None = None,
    decoded: bool = False,
) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """List the images of a source, some classes at a time, in the order of `wnids`.

    So a large source is never held as a whole: its classes have a folder or an archive each, or it
    is read into an index on disk.

    Args:
        source, threads, online, indices: see `list_images`.
        wnids: the classes wanted, sorted.
        index: that of the source, if it was made before, see `source_index`.
        decoded: whether the images are going to be read. Those of packs then come all at once,
            since packs are read from front to back, whatever the order of their classes.

    Yields:
        some classes, and what `list_images` lists of them.

    Raises:
        InputError: see `list_images`, or ids are given twice.
    """
    wanted = [canonical(wnid) for wnid in wnids]
    if source.by_class:
        yield from _class_after_class(source, wanted, threads, indices)
        return
    made = (
        nullcontext(SourceIndex(index))
        if index is not None
        else passing_index(
            list_images(source, wanted, threads=threads, online=online, indices=indices)
        )
    )
    with made as found:
        _check_any(found.counts, source.places, wanted)
        yield from found.blocks(wanted, whole=decoded and found.in_packs)


def find_image_column(source: Source) -> str:
    """Return the column of the source's packs with the encoded images (`Source.find_images`)."""
    return source.find_images([paths for paths, _ in _parts(source)])


def _parts(source: Source) -> list[tuple[list[str], str]]:
    """Return the paths of the source by the split that they hold."""
    parts = ((source.path, UNSPLIT), (source.train_path, TRAIN), (source.test_path, TEST))
    return [(expand(paths), split) for paths, split in parts if paths]


def _class_after_class(
    source: Source, wnids: list[str], threads: int, indices: Indices
) -> Iterator[tuple[list[str], pd.DataFrame]]:
    some = [wnids[start : start + BLOCK] for start in range(0, len(wnids), BLOCK)]
    parts = [
        _named(source.blocks(paths, wnids, split, threads, indices), split)
        for paths, split in _parts(source)
    ]
    for classes, *frames in zip(some, *parts, strict=True):
        yield classes, _distinct(joined(frames))


def _named(frames: Iterable[pd.DataFrame], split: str) -> Iterator[pd.DataFrame]:
    """Yield listings with ids in one form, which tell the parts of an official split apart."""
    for frame in frames:
        ids = frame["id"]
        if not pc.all(pc.string_is_ascii(pa.array(ids, pa.large_string()))).as_py():
            ids = ids.map(canonical)
        # The same file name can occur in both parts of an official split.
        yield frame.assign(id=f"{split}/" + ids if split else ids)


def _wanted(
    frames: Iterable[pd.DataFrame], paths: Sequence[str], wnids: Sequence[str] | None
) -> Iterator[pd.DataFrame]:
    if wnids is None:
        yield from frames
        return
    wanted, there = set(wnids), set[str]()
    for frame in frames:
        classes = set(frame["wnid"].unique())
        there |= classes
        yield frame if classes <= wanted else frame[frame["wnid"].isin(wanted)]
    _check_any(there, paths, wnids)


def _check_any(there: Collection[str], paths: Sequence[str], wnids: Sequence[str]) -> None:
    """Refuse images of which none is of a class that is wanted."""
    if there and set(wnids).isdisjoint(there):
        raise InputError(
            f"{name_some(paths)}: the classes here ({name_some(sorted(there))}) are none of those "
            f"of the data set ({name_some(wnids)}). Where they are numbers, source.mapping says "
            "what each stands for (layout flat: [its list, a list of class ids])"
        )


def _distinct(frame: pd.DataFrame) -> pd.DataFrame:
    twice = sorted(set(frame["id"][frame["id"].duplicated()]))
    if twice:
        raise InputError(f"{len(twice)} image ids are given twice: {name_some(twice)}")
    return frame
