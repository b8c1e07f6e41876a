"""The pictures of appendix E: which images stand where."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.core.files import write_parquet
from cogworks.images.manifest import write_manifest
from cogworks.report.drawing import pictures
from cogworks.report.drawing.files import save
from cogworks.report.specs import (
    ClassPicturesSpec,
    PictureSource,
    PicturesSpec,
    SeriesPicturesSpec,
)

WNIDS = ["n01558993", "n01978287", "n01980166", "n02086240"]
SIZE = {"width": 8, "height": 6}


def colour(source, label, index):
    """The colour of an image: no two are alike."""
    return 60 * source + 20, 60 * label + 20, 30 * index + 20


@pytest.fixture
def parts(tmp_path):
    """Three data sets of four classes with five images each; the second one lacks image 0."""
    sources = []
    for number, name in enumerate(["real", "c", "cd"]):
        rows = []
        for label, wnid in enumerate(WNIDS):
            for index in range(number == 1, 5):
                path = tmp_path / f"{name}_{wnid}_{index}.png"
                Image.new("RGB", (8, 6), colour(number, label, index)).save(path)
                place = {"path": str(path), "container": "file", "locator": 0, "size": -1}
                rows.append({"id": f"{wnid}_{index:08d}", "wnid": wnid} | place)
        manifest = tmp_path / f"{name}.parquet"
        split = {"dataset": name, "split": "train", "classes": WNIDS}
        write_manifest(pd.DataFrame(rows), manifest, **split)
        sources.append(PictureSource(label=name, manifest=str(manifest)))
    table = tmp_path / "classes.parquet"
    names = ["robin, redbreast", "rock crab", "fiddler crab", "Shih-Tzu"]
    write_parquet(pd.DataFrame({"label": range(4), "wnid": WNIDS, "name": names}), table)
    return {"sources": sources, "class_table": str(table), **SIZE}


def canvas(figure):
    return np.asarray(figure.axes[0].images[0].get_array())


def texts(figure):
    return {text.get_text() for text in figure.axes[0].texts} - {""}


def test_a_row_of_a_series_is_the_same_image(parts):
    spec = SeriesPicturesSpec(**parts, classes=[WNIDS[0]], property="steps", prompt="c, h")
    figure = pictures.series_figure(spec)
    width = round(pictures.LARGE * 8 / 6)
    top = pictures.MARGIN + 2 * pictures.HEADING
    shown = canvas(figure)
    for row, index in enumerate([1, 2, 3, 4]):
        for column in range(3):
            x = pictures.MARGIN + column * (width + pictures.BLOCK_GAP) + width // 2
            y = top + row * (pictures.LARGE + pictures.GAP) + pictures.LARGE // 2
            assert tuple(shown[y, x]) == colour(column, 0, index)
    assert texts(figure) == {"robin (n01558993), prompt “c, h_c”, by steps", "real", "c", "cd"}


def test_blocks_by_data_set_and_class(parts):
    spec = PicturesSpec(**parts, classes=WNIDS[1:3])
    figure = pictures.prompt_figure(spec)
    assert texts(figure) == {
        "rock crab (n01978287)",
        "fiddler crab (n01980166)",
        "real",
        "c",
        "cd",
    }
    colours = {tuple(pixel) for pixel in canvas(figure).reshape(-1, 3)} - {(255, 255, 255)}
    expected = {colour(s, label, i) for s in range(3) for label in (1, 2) for i in range(s == 1, 5)}
    assert colours == expected


def test_other_classes_take_the_place_of_those_that_are_not_there(parts):
    spec = PicturesSpec(**parts, classes=["n00000001", WNIDS[3]])
    shown = texts(pictures.prompt_figure(spec))
    assert "Shih-Tzu (n02086240)" in shown
    assert len(shown) == 5


def test_every_class_is_on_one_page(parts, tmp_path):
    pages = [ClassPicturesSpec(**parts, classes=[], page=n, pages=5) for n in range(1, 6)]
    found = [texts(pictures.class_figure(page)) - {"real", "c", "cd"} for page in pages]
    assert found == [
        {"robin"},
        {"rock crab"},
        {"fiddler crab"},
        {"Shih-Tzu"},
        {"no more classes: the data set has 4"},
    ]
    save(pictures.class_figure(pages[4]), tmp_path / "empty")
    many = [f"n{number:08d}" for number in range(1000)]
    each = [pictures.page_of(many, page) for page in pages]
    assert [len(page) for page in each] == [20] * 5
    shown = [wnid for page in each for wnid in page]
    assert shown == sorted(set(shown))


def test_the_same_images_give_the_same_bytes(parts, tmp_path):
    spec = ClassPicturesSpec(**parts, classes=[], page=1, pages=2)
    for name in ("a", "b"):
        save(pictures.class_figure(spec), tmp_path / name)
    for suffix in (".svg", ".png"):
        first, second = (tmp_path / f"{name}{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == canvas(pictures.class_figure(spec)).shape[1::-1]
