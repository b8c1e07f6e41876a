"""Tar files: WebDataset samples, or a tar file a class as ImageNet is shipped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.inputs import list_of
from cogworks.images.sources.kinds import Section, Source, packs_at

if TYPE_CHECKING:
    import pandas as pd


def _scan(
    source: Section, paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> "pd.DataFrame":
    from cogworks.images.class_files import numbered_classes
    from cogworks.images.sources.places import files_of
    from cogworks.images.sources.tars import scan_class_tars, scan_samples

    samples = source["layout"] == "samples"
    # A class can be called train.
    tars = files_of(paths, suffix=".tar", one_split=samples)
    if not samples:
        return scan_class_tars(tars, wnids, split=split, workers=threads)
    return scan_samples(
        tars,
        class_field=source["class_column"],
        numbered=numbered_classes(list_of(source["mapping"])),
        split=split,
        workers=threads,
    )


def _packs(source: Section, path: str) -> list[str]:
    """Return the packs at a path; a folder of class tars holds too many files to track."""
    if source["layout"] == "wnid" and Path(path).is_dir():
        return []
    return packs_at(path, ".tar")


SOURCE = Source(scan=_scan, layouts=("wnid", "samples"), parallel=True, packs=_packs)
