"""Lists that give each image of a flat folder its class, in the forms in which they are published.

===========================  ===================================================================
form                         a line
===========================  ===================================================================
caffe's val.txt and others   `ILSVRC2012_val_00000001.JPEG 65`, with spaces or tabs between
Tiny-ImageNet's annotations  `val_0.JPEG n03444034 0 32 44 62` with tabs: the box is passed over
two columns of CSV, or tabs  `cat 1.jpg,tabby cat`, with or without a header
Kaggle's LOC_val_solution    `ILSVRC2012_val_00000001,n01751748 111 108 230 366`, also with boxes
===========================  ===================================================================
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.image_files import is_image
from cogworks.core.inputs import numbered_lines
from cogworks.images.sources.flat_images import FlatImages

_BOX = 4


def read_mapping(path: str | Path, images: FlatImages) -> Iterator[tuple[str, str]]:
    """Yield the image and the label of each line as they stand there.

    Args:
        path: the list.
        images: those of the folder, which tell where a name with spaces ends.

    Raises:
        InputError: the file cannot be read, or a line has not this form.
    """
    lines = (line for _, line in numbered_lines(path))
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path}: no lines in it")
    is_csv = _is_csv(path, first, images)
    whole = chain([first], lines)
    rows = _csv_rows(whole, _sign(first), images) if is_csv else _plain_rows(whole, images)
    for line, name, label in rows:
        if not name or not label:
            raise InputError(f"{path}: expected one `file-name class-id` a file, got {line!r}")
        yield name, label


def _is_csv(path: str | Path, line: str, images: FlatImages) -> bool:
    if str(path).lower().endswith(".csv"):
        return True
    name, comma, _ = line.partition(",")
    return bool(comma) and "\t" not in line and images.find(name) is not None


def _plain_rows(lines: Iterable[str], images: FlatImages) -> Iterator[tuple[str, str, str]]:
    for number, line in enumerate(lines):
        if "\t" in line:
            name, label, *box = (part.strip() for part in line.split("\t"))
            if number == 0 and _is_header(name, images):
                continue
            yield line, name, label if _is_box(box) else ""
            continue
        ends = [place for place, sign in enumerate(line) if sign == " "]
        end = next((place for place in ends if images.find(line[:place])), (ends or [len(line)])[0])
        yield line, line[:end], line[end:].strip()


def _sign(line: str) -> str:
    """Return what parts the columns."""
    return next((sign for sign in ",;\t" if sign in line), ",")


def _csv_rows(
    lines: Iterable[str], parted: str, images: FlatImages
) -> Iterator[tuple[str, str, str]]:
    kaggle = False
    for number, row in enumerate(csv.reader(lines, delimiter=parted)):
        name, label, *more = [cell.strip() for cell in row] + [""] * (2 - len(row))
        if number == 0 and _is_header(name, images):
            kaggle = label == "PredictionString"
            continue
        yield ",".join(row), name, "" if more else _boxed(label) if kaggle else label


def _is_header(name: str, images: FlatImages) -> bool:
    return images.find(name) is None and not is_image(name)


def _boxed(text: str) -> str:
    """Return the one class of `class x y x y class x y x y ...`, empty where there is another."""
    parts = text.split()
    names = parts[:: _BOX + 1]
    return names[0] if len(parts) == (_BOX + 1) * len(names) and len(set(names)) == 1 else ""


def _is_box(parts: list[str]) -> bool:
    return all(part.isdecimal() for part in parts) and len(parts) in (0, _BOX)
