"""Folders of image files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.inputs import list_of
from cogworks.images.sources.kinds import Section, Source

if TYPE_CHECKING:
    import pandas as pd


def _scan(
    source: Section, paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> "pd.DataFrame":
    from cogworks.images.class_files import numbered_classes
    from cogworks.images.sources.folder import scan_classes, scan_flat
    from cogworks.images.sources.listing import TEST

    roots = [Path(path) for path in paths]
    layout, given = source["layout"], list_of(source["mapping"])
    flat = "flat" in (layout, source["test_layout"])
    numbered = numbered_classes(given[1:] if flat else given)
    if split == TEST and source["test_layout"]:
        layout = source["test_layout"]
    if layout == "flat":
        return scan_flat(roots, given[0], numbered=numbered, split=split)
    return scan_classes(
        roots,
        wnids or [],
        numbered=numbered if layout == "index" else None,
        split=split,
        threads=threads,
    )


def _problems(source: Section) -> Iterator[str]:
    if source["test_layout"] is not None and source["test_path"] is None:
        yield ".test_layout: only for kind folder with test_path"
    layouts, mapping = {source["layout"], source["test_layout"]}, list_of(source["mapping"])
    for layout in ("index", "flat"):
        if layout in layouts and not mapping:
            yield f".mapping: needed for layout {layout}"
    if len(mapping) > 1 and "flat" not in layouts:
        yield ".mapping: two files only for layout flat: its list, and what its numbers mean"
    if {"index", "flat"} <= layouts and len(mapping) == 1:
        yield ".mapping: the list of layout flat and that of layout index are needed"


SOURCE = Source(
    scan=_scan,
    layouts=("wnid", "index", "flat"),
    only=("test_layout",),
    problems=_problems,
    names_classes=False,
    parallel=True,
)
