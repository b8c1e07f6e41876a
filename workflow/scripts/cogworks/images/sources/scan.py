"""From a source in the config to a listing of its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.images.class_files import read_class_file
from cogworks.images.sources.download import download_transfer
from cogworks.images.sources.folder import numbered_folders, scan_classes, scan_flat, wnid_folders
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, files_of, name_some
from cogworks.images.sources.packs import PackColumns, scan_packs
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
    parts = [
        (source["path"], UNSPLIT),
        (source["train_path"], TRAIN),
        (source["test_path"], TEST),
    ]
    frames = [_scan(source, paths, wnids, split, threads) for paths, split in parts if paths]
    frame = pd.concat(frames, ignore_index=True)
    if wnids is not None:
        frame = frame[frame["wnid"].isin(set(wnids))]
    twice = sorted(set(frame["id"][frame["id"].duplicated()]))
    if twice:
        raise InputError(f"{len(twice)} image ids are given twice: {name_some(twice)}")
    return frame.reset_index(drop=True)


def _scan(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    frame = _SCANNERS[source["kind"]](source, paths, wnids, split, threads)
    # The same file name can occur in both parts of an official split.
    return frame.assign(id=f"{split}/" + frame["id"]) if split else frame


def _scan_folder(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    root, wnids = _one(paths), list(wnids or [])
    if source["layout"] == "flat":
        return scan_flat(root, source["mapping"], wnids, split=split)
    if source["layout"] == "index":
        folders = numbered_folders(root, wnids, read_class_file(source["mapping"]))
    else:
        folders = wnid_folders(root, wnids)
    return scan_classes(root, folders, split=split, threads=threads)


def _scan_parquet(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    names = ("class_column", "id_column", "split_column", "train_splits", "test_splits")
    columns = PackColumns(**{name: source[name] for name in names})
    return scan_packs(files_of(paths, suffix=".parquet"), columns, split=split)


def _scan_tar(
    source: dict[str, Any], paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> pd.DataFrame:
    if source["layout"] == "wnid":
        root = _one(paths)
        wanted = (
            wnids if wnids is not None else [tar.stem for tar in files_of(paths, suffix=".tar")]
        )
        return scan_class_tars(root, wanted, split=split, workers=threads)
    return scan_samples(
        files_of(paths, suffix=".tar"),
        class_field=source["class_column"],
        numbered=read_class_file(source["mapping"]) if source["mapping"] else None,
        split=split,
        workers=threads,
    )


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
