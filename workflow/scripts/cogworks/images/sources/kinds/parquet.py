"""Parquet packs: encoded images in one column, their classes in another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of
from cogworks.images.sources.kinds import Section, Source, packs_at

if TYPE_CHECKING:
    import pandas as pd


def _scan(
    source: Section, paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> "pd.DataFrame":
    from cogworks.images.class_files import numbered_classes
    from cogworks.images.sources.packs import PackColumns, scan_packs
    from cogworks.images.sources.places import files_of

    names = ("class_column", "id_column", "split_column", "train_splits", "test_splits")
    columns = PackColumns(
        **{name: source[name] for name in names},
        numbered=numbered_classes(list_of(source["mapping"])),
    )
    packs = files_of(paths, suffix=".parquet", one_split=source["split_column"] is None)
    return scan_packs(packs, columns, split=split)


def _image_column(source: Section, parts: list[list[str]]) -> str:
    from cogworks.images.sources.listing import name_some
    from cogworks.images.sources.packs import find_images
    from cogworks.images.sources.places import files_of

    column = source["image_column"]
    packs = [pack for paths in parts for pack in files_of(paths, suffix=".parquet")]
    found = {find_images(pack, column): pack for pack in packs}
    if len(found) > 1:
        raise InputError(f"{name_some([str(pack) for pack in found.values()])}: {column} differs")
    return next(iter(found))


def _packs(source: Section, path: str) -> list[str]:
    return packs_at(path, ".parquet")


SOURCE = Source(scan=_scan, only=("split_column",), packs=_packs, image_column=_image_column)
