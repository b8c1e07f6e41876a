"""Files that name the training and the test images of each class (thesis 3.3.3).

The authors of ImageNet-CoG publish theirs as `cog_concepts_split_file.pkl`: for each wnid `train`
and `test`, each an array of file names below the folder of ImageNet-21K.
"""

import posixpath
from collections.abc import Iterator, Sequence

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.plain_data import read_plain, texts_of
from cogworks.images.sources.listing import COLUMNS, TEST, TRAIN, canonical, name_some


def divide(frame: pd.DataFrame, path: str, wnids: Sequence[str] | None) -> pd.DataFrame:
    """Return the images that a file names, with their splits; the others are left out.

    Args:
        frame: a listing (`listing.COLUMNS`).
        path: the file, JSON or a pickle.
        wnids: the classes wanted; None for those of the listing.

    Raises:
        InputError: the file has another form, lacks a class, names an image twice, or names images
            that are not in the listing; the message names them.
    """
    classes = sorted(set(frame["wnid"])) if wnids is None else wnids
    listed = pd.DataFrame(list(_read(path, classes)), columns=["wnid", "name", "split"])
    there = frame.drop(columns="split").assign(name=frame["id"].map(posixpath.basename))
    for rows, where in ((listed, path), (there, "the source")):
        twice = rows["name"][rows.duplicated(["wnid", "name"])]
        if len(twice):
            raise InputError(
                f"{where}: {len(twice)} names twice in their class: {name_some(list(twice))}"
            )
    found = listed.merge(there, on=["wnid", "name"], how="left")
    lost = found[found["id"].isna()]
    if len(lost):
        raise InputError(
            f"{len(lost)} of the {len(found)} images that {path} names are missing, of "
            f"{lost['wnid'].nunique()} of {len(classes)} classes: "
            f"{name_some(list(lost['wnid'] + '/' + lost['name']))}; complete the copy"
        )
    return found[list(COLUMNS)]


def _read(path: str, classes: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    content = read_plain(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected the images of each class, got {type(content).__name__}")
    if lacking := [wnid for wnid in classes if wnid not in content]:
        raise InputError(
            f"{path}: nothing on {len(lacking)} of {len(classes)} classes: {name_some(lacking)}"
        )
    for wnid in classes:
        entry = content[wnid]
        if not isinstance(entry, dict) or not {TRAIN, TEST} <= entry.keys():
            raise InputError(f"{path}: {wnid}: expected `{TRAIN}` and `{TEST}`")
        for split in (TRAIN, TEST):
            for name in texts_of(entry[split], f"{path}: {wnid}, {split}"):
                yield wnid, posixpath.basename(canonical(name)), split
