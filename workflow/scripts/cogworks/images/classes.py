"""The class list of a data set: explicit, sorted, and the same however its folders are ordered."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images.class_files import read_class_file
from cogworks.images.sources.listing import canonical
from cogworks.images.sources.scan import classes_in
from cogworks.images.specs import ClassesSpec

WNID = re.compile(r"n\d{8}")


def list_classes(
    spec: ClassesSpec,
    tables: Sequence[Path],
    *,
    threads: int,
    online: bool = False,
    index: Path | None = None,
) -> pd.DataFrame:
    """Return the classes of a data set: label (int32, from 0), wnid, name.

    Args:
        spec: which classes it has.
        tables: the concepts room's `seen` and `levels` tables, those that the classes come from.
        threads, online, index: as for `sources.scan`, where the source says which there are.

    Raises:
        InputError: no classes, not as many as the config says, or too few for the limit.
    """
    key = f"images.{spec.dataset}.classes"
    wnids = sorted(_all_classes(spec, tables, threads=threads, online=online, index=index))
    if spec.count not in (None, len(wnids)):
        raise InputError(f"{key}.count: expected {spec.count} classes, found {len(wnids)}")
    if spec.limit is not None:
        if spec.limit > len(wnids):
            raise InputError(f"{key}.limit: {spec.limit} wanted of {len(wnids)} classes")
        wnids = sorted(shuffle_by_hash(wnids, "classes", spec.seed)[: spec.limit])
    if not wnids:
        raise InputError(f"{key}: no classes there")
    return pd.DataFrame(
        {
            "label": pd.Series(range(len(wnids)), dtype="int32"),
            "wnid": wnids,
            "name": _names(wnids, spec.wordnet),
        }
    )


def read_classes(path: Path) -> pd.DataFrame:
    """Read a class table (label, wnid, name)."""
    return read_parquet(path, columns=["label", "wnid", "name"])


def _all_classes(
    spec: ClassesSpec, tables: Sequence[Path], *, threads: int, online: bool, index: Path | None
) -> set[str]:
    if spec.wnids is not None:
        return {canonical(wnid) for wnid in spec.wnids}
    if spec.file is not None:
        return set(read_class_file(spec.file))
    concepts = {wnid for table in tables for wnid in _concepts(table, spec.level)}
    if spec.source is None:
        return concepts
    there = classes_in(spec.source, threads=threads, online=online, index=index)
    return there if spec.part == "source" else there & concepts


def _concepts(table: Path, level: int | None) -> list[str]:
    frame = read_parquet(table)
    if level is not None:
        frame = frame[frame["level"] == level]
    return [str(wnid) for wnid in frame["wnid"]]


def _names(wnids: Sequence[str], folder: str | None) -> list[str]:
    """Return the lemmas of synsets as text; a class id that is not a synset is its own name."""
    if not any(WNID.fullmatch(wnid) for wnid in wnids):
        return list(wnids)
    wordnet = open_wordnet(folder)
    return [
        ", ".join(wordnet.lemmas(wnid)).replace("_", " ") if wordnet.exists(wnid) else wnid
        for wnid in wnids
    ]
