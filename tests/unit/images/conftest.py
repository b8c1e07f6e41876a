"""Small images and tables that the tests of the images room share."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.config.parse import parse
from cogworks.images.source_index import passing_index
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.listing import joined
from cogworks.images.sources.scan import list_images, scan_by_class
from cogworks.plan import datasets
from cogworks.plan.plan import Plan


def encode(pixels: np.ndarray, kind: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind, **options)
    return buffer.getvalue()


def picture(seed: int = 0, size: tuple[int, int] = (24, 20)) -> np.ndarray:
    """A smooth random RGB picture (H, W, 3), so that JPEG keeps it recognisable."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    resized = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
    return np.asarray(resized)


def scan(source: Source, wnids: list[str] | None, *, threads: int = 1) -> pd.DataFrame:
    """List the images of a source class by class, as manifests get them, and join them again."""
    if wnids is not None:
        blocks = scan_by_class(source, sorted(wnids), threads=threads)
        return joined(frame for _, frame in blocks)
    with passing_index(list_images(source, None, threads=threads)) as index:
        return joined(frame for _, frame in index.blocks(sorted(index.counts), whole=False))


@pytest.fixture
def make_folder(tmp_path: Path) -> Any:
    """Make a folder by wnid with `count` PNGs for each class; returns its root."""

    def make(counts: dict[str, int], name: str = "folder") -> Path:
        root = tmp_path / name
        for number, (wnid, count) in enumerate(counts.items()):
            (root / wnid).mkdir(parents=True)
            for index in range(count):
                data = encode(picture(100 * number + index))
                (root / wnid / f"{wnid}_{index}.png").write_bytes(data)
        return root

    return make


@pytest.fixture
def make_pack(tmp_path: Path) -> Any:
    """Write a Parquet pack with a row for each (wnid, split) given; returns its path."""

    def make(rows: list[tuple[str, str]], name: str = "pack.parquet", **columns: Any) -> Path:
        frame = pd.DataFrame(rows, columns=["wnid", "split"])
        frame["image"] = [encode(picture(index)) for index in range(len(rows))]
        frame["name"] = [f"picture {index}" for index in range(len(rows))]
        path = tmp_path / name
        frame.assign(**columns).to_parquet(path, row_group_size=3)
        return path

    return make


@pytest.fixture
def fill() -> Any:
    """Return a function: the section `images` -> the plan of a config with it."""

    def make(images: dict[str, Any], *, check: bool = True, **sections: Any) -> Plan:
        config = {
            "images": images,
            "concepts": {"cog": {"levels": {"count": 3}}},
            "synthesis": {"clones": {"drawn": {"generator": "g", "like": "seen"}}},
        }
        plan: Plan = Plan(parse(config | sections))
        if check:
            assert list(datasets.problems(plan)) == []
        return plan

    return make


@pytest.fixture
def listed(fill: Any) -> Any:
    """Scan a source given as in the config; returns the listing sorted by id."""

    def make(source: dict[str, Any], wnids: list[str] | None) -> pd.DataFrame:
        section = {"source": source, "classes": {"names": ["a"]}, "test_images": 1}
        if "train_path" in source or "test_path" in source or "split_column" in source:
            del section["test_images"]
        frame = scan(fill({"x": section}).datasets["x"].source, wnids)
        return frame.sort_values("id", ignore_index=True)

    return make
