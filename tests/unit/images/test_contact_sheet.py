import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.images import contact_sheet as sheets
from cogworks.images.manifest import Manifest, write_manifest


def manifest(root: Path, name: str, wnids: list[str]) -> Manifest:
    paths = [path for wnid in wnids for path in sorted((root / wnid).iterdir())]
    frame = pd.DataFrame(
        {
            "id": [path.name for path in paths],
            "path": [str(path) for path in paths],
            "container": "file",
            "locator": 0,
            "size": -1,
            "wnid": [path.parent.name for path in paths],
        }
    )
    path = root / f"{name}.parquet"
    return write_manifest(frame, path, dataset=name, split="train", classes=sorted(wnids))


def test_a_sheet_has_a_row_a_class_and_its_images_in_it(make_folder: Any) -> None:
    root = make_folder({"n01": 3, "n02": 12})
    splits = [manifest(root, "seen", ["n01", "n02"])]
    sheet = sheets.contact_sheet([splits], {"n01": "cat, house cat"})
    step = sheets.TILE + sheets.MARGIN
    assert sheet.width == sheets.LABEL_WIDTH + sheets.COLUMNS * step + sheets.MARGIN
    assert sheet.height == sheets.MARGIN + sheets.TITLE_HEIGHT + 2 * step
    pixels = np.asarray(sheet)
    top = sheets.MARGIN + sheets.TITLE_HEIGHT
    # The first class has three images: the fourth column of its row is paper.
    tile = slice(sheets.LABEL_WIDTH + 3 * step, sheets.LABEL_WIDTH + 3 * step + sheets.TILE)
    assert (pixels[top : top + sheets.TILE, tile] == 255).all()
    assert (pixels[top + step : top + step + sheets.TILE, tile] != 255).any()
    again = sheets.contact_sheet([splits], {"n01": "cat, house cat"})
    assert sheet.tobytes() == again.tobytes()


def test_damaged_images_are_left_out_where_they_are_to_be_dropped(make_folder: Any) -> None:
    root = make_folder({"n01": 4, "n02": 2})
    data = manifest(root, "seen", ["n01", "n02"])
    pages = [path for path in root.rglob("*.png") if path.name in ("n01_1.png", "n02_0.png")]
    for path in pages:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be decoded"):
        sheets.contact_sheet([[data]], {})
    dropping = dataclasses.replace(data, on_corrupt="drop")
    sheet = np.asarray(sheets.contact_sheet([[dropping]], {}))
    step, top = sheets.TILE + sheets.MARGIN, sheets.MARGIN + sheets.TITLE_HEIGHT
    for row, kept in enumerate((3, 1)):
        for column in range(kept + 1):
            left = sheets.LABEL_WIDTH + column * step
            tile = sheet[top + row * step :, left:][: sheets.TILE, : sheets.TILE]
            assert bool((tile != 255).any()) == (column < kept)


def test_a_family_shares_the_rows_among_its_levels(make_folder: Any) -> None:
    root = make_folder({f"n{number:02d}": 1 for number in range(6)})
    levels = [
        [manifest(root, "l1", ["n00", "n01", "n02"])],
        [manifest(root, "l2", ["n03", "n04", "n05"])],
    ]
    sheet = sheets.contact_sheet(levels, {}, rows=4)
    step = sheets.TILE + sheets.MARGIN
    assert sheet.height == sheets.MARGIN + 2 * (sheets.TITLE_HEIGHT + 2 * step)


def test_test_images_stand_in_and_no_images_are_an_error(make_folder: Any) -> None:
    root = make_folder({"n01": 1})
    full, empty = manifest(root, "a", ["n01"]), manifest(root, "b", [])
    assert sheets.contact_sheet([[empty, full]], {}).height > sheets.TILE
    with pytest.raises(InputError, match=r"b\.parquet: the data set has no images"):
        sheets.contact_sheet([[empty]], {})


def test_long_names_are_cut_to_the_column(make_folder: Any) -> None:
    root = make_folder({"n01": 1})
    splits = [manifest(root, "a", ["n01"])]
    short = sheets.contact_sheet([splits], {"n01": "w" * 10})
    long = sheets.contact_sheet([splits], {"n01": "w" * 90})
    left = (0, 0, sheets.LABEL_WIDTH, short.height)
    right = (sheets.LABEL_WIDTH, 0, short.width, short.height)
    assert short.crop(left).tobytes() != long.crop(left).tobytes()
    assert short.crop(right).tobytes() == long.crop(right).tobytes()
