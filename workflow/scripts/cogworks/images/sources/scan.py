"""From a source in the config to a listing of its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.patterns import expand
from cogworks.images.class_files import read_class_file
from cogworks.images.sources.download import download_transfer
from cogworks.images.sources.folder import scan_classes, scan_flat
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, canonical, name_some
from cogworks.images.sources.packs import PackColumns, find_images, scan_packs
from cogworks.images.sources.places import files_of
from cogworks.images.sources.tars import scan_class_tars, scan_samples
from cogworks.images.sources.transfer import scan_transfer


def scan(
    source: dict[str, Any], wnids: Sequence[str] | None, *, threads: int, online: bool = False
) -> pd.DataFrame:
    """List the images of a source.

    Args:
        source: the config's `images.<name>.source`, its paths as lists (`plan.manifest_spec`).
        wnids: the classes wanted; None for all that the source names (`classes.part: source`).
        threads: readers at once.
        online: whether a torchvision data set that is not there may be downloaded.

    Returns:
        the columns of `listing.COLUMNS`, one row an image of a wanted class.

    Raises:
        InputError: something is missing, damaged or listed twice; the message names it.
    """
    if online and source["kind"] == "torchvision":
        download_transfer(source["dataset"], _one(source["path"]))
    wanted = None if wnids is None else [canonical(wnid) for wnid in wnids]
    frames = [_scan(source, paths, wanted, split, threads) for paths, split in _parts(source)]
    frame = pd.concat(frames, ignore_index=True)
    twice = sorted(set(frame["id"][frame["id"].duplicated()]))
    if twice:
        raise InputError(f"{len(twice)} image ids are given twice: {name_some(twice)}")
    return frame


def find_image_column(source: dict[str, Any]) -> str:
    """Return the column of the source's packs with the encoded images (`packs.find_images`).

    Raises:
        InputError: a pack has none, or packs differ.
    """
    column: str = source["image_column"]
    if source["kind"] != "parquet":
        return column
    packs = [pack for paths, _ in _parts(source) for pack in files_of(paths, suffix=".parquet")]
    found = {find_images(pack, column): pack for pack in packs}
    if len(found) > 1:
        raise InputError(f"{name_some([str(pack) for pack in found.values()])}: {column} differs")
    return next(iter(found))


def _parts(source: dict[str, Any]) -> list[tuple[list[str], str]]:
    """Return the paths of the source by the split that they hold."""
    parts = (("path", UNSPLIT), ("train_path", TRAIN), ("test_path", TEST))
    return [(expand(source[key]), split) for key, split in parts if source[key]]


def _scan(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    frame = _SCANNERS[source["kind"]](source, paths, wnids, split, threads)
    ids = frame["id"].map(canonical)
    # The same file name can occur in both parts of an official split.
    frame = frame.assign(id=f"{split}/" + ids if split else ids)
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


def _scan_folder(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    roots = [Path(path) for path in paths]
    layout, (lines, numbered) = source["layout"], _mapping(source)
    if split == TEST and source["test_layout"]:
        layout = source["test_layout"]
    if layout == "flat":
        assert lines is not None  # plan.check asks for it
        return scan_flat(roots, lines, numbered=numbered, split=split)
    return scan_classes(
        roots,
        wnids or [],
        numbered=numbered if layout == "index" else None,
        split=split,
        threads=threads,
    )


def _scan_parquet(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    names = ("class_column", "id_column", "split_column", "train_splits", "test_splits")
    columns = PackColumns(**{name: source[name] for name in names}, numbered=_mapping(source)[1])
    packs = files_of(paths, suffix=".parquet", one_split=source["split_column"] is None)
    return scan_packs(packs, columns, split=split)


def _scan_tar(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    samples = source["layout"] == "samples"
    # A class can be called train.
    tars = files_of(paths, suffix=".tar", one_split=samples)
    if not samples:
        return scan_class_tars(tars, wnids, split=split, workers=threads)
    return scan_samples(
        tars,
        class_field=source["class_column"],
        numbered=_mapping(source)[1],
        split=split,
        workers=threads,
    )


def _mapping(source: dict[str, Any]) -> tuple[str | None, list[str] | None]:
    """Return the list of a flat folder, and the class ids that numbers stand for, where given."""
    given = [source["mapping"]] if isinstance(source["mapping"], str) else source["mapping"] or []
    flat = source["kind"] == "folder" and "flat" in (source["layout"], source["test_layout"])
    lines, numbers = (given[:1], given[1:]) if flat else ([], given)
    return next(iter(lines), None), read_class_file(numbers[0]) if numbers else None


def _scan_transfer(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    return scan_transfer(source["dataset"], _one(paths))


_SCANNERS = {
    "folder": _scan_folder,
    "parquet": _scan_parquet,
    "tar": _scan_tar,
    "torchvision": _scan_transfer,
}


def _one(paths: list[str]) -> Path:
    if len(paths) != 1:
        raise InputError(f"expected one folder, got {', '.join(paths)}")
    return Path(paths[0])
