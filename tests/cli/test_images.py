"""The command lines of the images room: the whole way once, and what errors look like."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.core.spec import Spec
from cogworks.images.manifest import as_rows, read_manifest
from cogworks.images.reader import ImageReader
from cogworks.images.sources.kinds.parquet import Parquet
from cogworks.images.sources.kinds.tar import Tar
from cogworks.images.specs import ClassesSpec, FolderSpec, ManifestSpec, SourceSpec, WorldSpec

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
LIST = ClassesSpec(
    dataset="mini_l2",
    part="level",
    level=2,
    file=None,
    wnids=None,
    limit=None,
    seed=None,
    count=None,
    wordnet=None,
    source=None,
)
WORLD = WorldSpec(
    size=16,
    format="png",
    world_seed=0,
    distinctness=0.3,
    nuisance=0.5,
    images=6,
    wordnet=None,
)
BUILD = ManifestSpec(
    dataset="mini_l2",
    source=Parquet(
        kind="parquet",
        path=["pack.parquet"],
        train_path=[],
        test_path=[],
        mapping=[],
        image_column="image",
        class_column="wnid",
        id_column="id",
        split_column=None,
        train_splits=["train"],
        test_splits=["test"],
    ),
    max_images=5,
    test_images=2,
    test_share=None,
    val_share=0,
    min_images=1,
    seed=0,
    on_corrupt="error",
)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    levels = pd.DataFrame(
        {"wnid": ["n02123045", "n02787622", "n02676566"], "level": [1, 2, 2], "rank": [1, 2, 3]}
    )
    levels.to_parquet(tmp_path / "levels.parquet")

    def run(script: str, spec: Spec | None, *args: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(SCRIPTS / f"{script}.py"), *args]
        if spec is not None:
            command += ["--spec", spec.text]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    return run


OUTPUTS = ("--train", "train.parquet", "--val", "val.parquet", "--test", "test.parquet")


def test_from_a_level_to_manifests_and_a_picture(run: Run, tmp_path: Path) -> None:
    classes = ("--classes", "classes.parquet")
    sheet = ("--train", "train.parquet", "--test", "test.parquet", "--output", "sheet.png")
    for step in (
        run("list_classes", LIST, "--tables", "levels.parquet", "--output", "classes.parquet"),
        run("render_world", WORLD, *classes, "--output", "pack.parquet", "--threads", "2"),
        run("build_manifest", BUILD, *classes, *OUTPUTS, "--verify", "1", "--threads", "2"),
        run("draw_samples", None, *classes, *sheet),
    ):
        assert step.returncode == 0, step.stderr
    table = pd.read_parquet(tmp_path / "classes.parquet")
    assert list(table["wnid"]) == ["n02676566", "n02787622"]
    assert list(table["name"]) == ["acoustic guitar", "banjo"]
    manifest = read_manifest(tmp_path / "train.parquet")
    assert manifest.classes == list(table["wnid"])
    assert manifest.frame["label"].tolist() == [0, 0, 0, 1, 1, 1]
    assert len(read_manifest(tmp_path / "test.parquet")) == 4
    assert (manifest.dataset, manifest.split) == ("mini_l2", "train")
    frame = manifest.frame.assign(path=str(tmp_path / "pack.parquet"))
    reader = ImageReader(replace(manifest, rows=as_rows(frame)))
    assert reader.read_bytes(0).startswith(b"\x89PNG")
    assert np.asarray(Image.open(tmp_path / "sheet.png")).std() > 10


def test_bad_input_is_one_line_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    spec = LIST.model_copy(update={"level": 3})
    step = run("list_classes", spec, "--tables", "levels.parquet", "--output", "classes.parquet")
    assert step.returncode == 1
    assert step.stderr == "error: images.mini_l2.classes: no classes there\n"
    names = pd.DataFrame({"label": [0], "wnid": ["apple"], "name": ["apple"]})
    names.to_parquet(tmp_path / "classes.parquet")
    step = run("render_world", WORLD, "--classes", "classes.parquet", "--output", "pack.parquet")
    assert step.returncode == 1
    assert "apple" in step.stderr
    assert "Traceback" not in step.stderr
    step = run("build_manifest", BUILD, "--classes", "classes.parquet", *OUTPUTS)
    assert step.returncode == 1
    assert step.stderr == "error: pack.parquet: no such file or folder\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classes.parquet", "levels.parquet"]


def test_a_folder_is_indexed_and_named_in_errors(run: Run, tmp_path: Path) -> None:
    (tmp_path / "images" / "n02123045").mkdir(parents=True)
    (tmp_path / "images" / "n02123045" / "a.JPEG").write_bytes(b"x")
    files = ("--index", "index.parquet", "--counts", "counts.csv")
    step = run("index_folder", FolderSpec(folder="images"), *files, "--threads", "2")
    assert step.returncode == 0, step.stderr
    assert step.stdout == "1 classes, 1 images\n"
    assert (tmp_path / "counts.csv").read_text() == "wnid,images\nn02123045,1\n"
    step = run("index_folder", FolderSpec(folder="nowhere"), *files)
    assert step.stderr == "error: no folder nowhere\n"


def test_samples_are_listed_once_for_their_classes_and_manifests(run: Run, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name, data in {"1.jpg": b"x", "1.cls": b"b", "2.cls": b"a", "2.jpg": b"xy"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    keys: dict[str, Any] = {"layout": "samples", "class_column": "wnid", "split_file": None}
    places = {"path": ["s.tar"], "train_path": [], "test_path": [], "mapping": []}
    source = Tar(kind="tar", **keys, **places)
    index = ("--indices", "index.parquet")
    listed = LIST.model_copy(update={"part": "source", "level": None, "source": source})
    chosen = BUILD.model_copy(update={"source": source, "test_images": 0, "min_images": 1})
    step = run("index_source", SourceSpec(source=source), "--output", "index.parquet")
    assert (step.returncode, step.stdout) == (0, "2 classes, 2 images\n"), step.stderr
    (tmp_path / "s.tar").rename(tmp_path / "away.tar")
    step = run("list_classes", listed, *index, "--output", "classes.parquet")
    assert step.returncode == 0, step.stderr
    assert list(pd.read_parquet(tmp_path / "classes.parquet")["wnid"]) == ["a", "b"]
    step = run("build_manifest", chosen, *index, "--classes", "classes.parquet", *OUTPUTS)
    assert step.returncode == 1
    assert step.stderr.endswith(
        "error: images.mini_l2: no test image is left for a (1 images), b (1 images)\n"
    )
