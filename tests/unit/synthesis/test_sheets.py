import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file
from cogworks.images.manifest import read_manifest, write_manifest
from cogworks.synthesis.sheets import (
    CAPTION_WIDTH,
    GAP,
    LINE,
    Row,
    Source,
    draw_sheet,
    open_sources,
    write_sheets,
)


def test_images_stand_where_their_row_and_group_are() -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (16, 8), "blue")
    rows = [Row("first", [[red], [blue]]), Row("second " * 30, [[blue], [red, red]])]
    sheet = np.asarray(draw_sheet(rows, size=32, title="classes", header=["one", "two"]))
    top = 2 * LINE + GAP

    def centre(row: int, left: int) -> tuple[int, ...]:
        return tuple(sheet[top + row * (32 + GAP) + 16, left + 16])

    second = CAPTION_WIDTH + 32 + GAP + 2 * GAP
    assert centre(0, CAPTION_WIDTH) == centre(1, second) == (255, 0, 0)
    assert centre(1, second + 32 + GAP) == (255, 0, 0)
    assert centre(0, second) == centre(1, CAPTION_WIDTH) == (0, 0, 255)
    # A wide image is shown whole, with white above it.
    assert tuple(sheet[top + 2, second + 16]) == (255, 255, 255)
    assert (sheet[:top, :CAPTION_WIDTH] < 128).any()  # the title


def test_a_damaged_real_image_is_left_out_where_it_is_to_be_dropped(manifest: Path) -> None:
    (source,) = open_sources(manifest, [])
    places = source.manifest.frame["path"][source.manifest.frame["label"] == 3]
    whole = [image.tobytes() for image in source.pick(3, 6)]
    Path(places.iloc[2]).write_bytes(b"none")
    with pytest.raises(InputError, match="cannot be decoded"):
        source.pick(3, 6)
    dropping = Source("real", dataclasses.replace(source.manifest, on_corrupt="drop"))
    assert len(dropping.pick(3, 6)) == 5
    assert {image.tobytes() for image in dropping.pick(3, 4)} < set(whole)
    assert len(dropping.pick(3, 4)) == 4


def test_a_sheet_for_each_class_and_an_overview(manifest: Path, tmp_path: Path) -> None:
    sources = open_sources(manifest, [("c · guidance 2", manifest)])
    write_sheets(
        sources,
        ["papillon", "retriever", "fox", "engine"],
        count=5,
        size=24,
        folder=tmp_path / "sheets",
        overview=tmp_path / "all.png",
        marker=tmp_path / "sheets.json",
    )
    sheets = read_json(tmp_path / "sheets.json")["sheets"]
    assert list(sheets) == read_manifest(manifest).classes
    for facts in sheets.values():
        assert sha256_file(facts["path"]) == facts["sha256"]
    assert Image.open(tmp_path / "all.png").height > 4 * 24
    chosen = sources[0].pick(3, 4)
    assert [image.tobytes() for image in chosen] == [
        image.tobytes() for image in sources[1].pick(3, 4)
    ]


def test_a_clone_of_other_classes_is_refused(manifest: Path, tmp_path: Path) -> None:
    real = read_manifest(manifest)
    frame = real.frame[real.frame["label"] < 3]
    other = tmp_path / "other.parquet"
    write_manifest(frame, other, dataset="o", split="train", classes=real.classes[:3])
    with pytest.raises(InputError, match=r"other\.parquet: its classes"):
        open_sources(manifest, [("c", other)])
