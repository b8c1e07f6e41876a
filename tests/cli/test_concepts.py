"""The command lines of the concepts room: the whole way once, and what errors look like."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cogworks.concepts.similarities import InformationSpec
from cogworks.concepts.specs import LevelSpec, ScanSpec, SelectSpec

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
SELECT = SelectSpec(
    benchmark="mini",
    wordnet=None,
    pool="pool.txt",
    seen="seen.txt",
    seen_limit=None,
    seed=None,
    image_counts=None,
    min_images=None,
    discard=None,
    members=None,
    drop_seen_ancestors=True,
    exclude_subtrees=["n00007846"],
    leaves_only=True,
)
RANK = InformationSpec(
    benchmark="mini",
    wordnet=None,
    similarity="lin",
    ties="wnid",
    seed=None,
    ic_count="nodes",
    lcs="deepest",
)


@pytest.fixture
def run(tmp_path):
    # Tabby is seen; Persian cat, wolf, strawberry and pilot are not.
    (tmp_path / "pool.txt").write_text("n02123045\nn02123394\nn02114100\nn07745940\nn10433164\n")
    (tmp_path / "seen.txt").write_text("n02123045\n")

    def script(name, spec, **paths):
        given = [] if spec is None else ["--spec", spec.text]
        options = [text for key, value in paths.items() for text in (f"--{key}", str(value))]
        return subprocess.run(
            [sys.executable, str(SCRIPTS / f"{name}.py"), *given, *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return script


def test_the_whole_way(run, tmp_path):
    tables = {name: tmp_path / f"{name}.parquet" for name in ("eligible", "seen", "ranking")}
    done = run(
        "select_concepts",
        SELECT,
        eligible=tables["eligible"],
        seen=tables["seen"],
        filters=tmp_path / "filters.csv",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["not_leaf", "3"]
    done = run("rank_concepts", RANK, **tables)
    assert done.returncode == 0, done.stderr
    done = run(
        "split_levels",
        LevelSpec(benchmark="mini", count=3, size=1, gaps="none", published=None),
        ranking=tables["ranking"],
        eligible=tables["eligible"],
        levels=tmp_path / "levels.parquet",
        summary=tmp_path / "summary.csv",
    )
    assert done.returncode == 0, done.stderr
    levels = pd.read_parquet(tmp_path / "levels.parquet")
    # Persian cat, wolf, strawberry: as far from a tabby as one would think.
    assert list(levels["wnid"]) == ["n02123394", "n02114100", "n07745940"]


def test_bad_input_is_one_line(run, tmp_path):
    (tmp_path / "pool.txt").write_text("n02123045\nn00000001\n")
    tables = {name: tmp_path / name for name in ("eligible", "seen", "filters")}
    done = run("select_concepts", SELECT, **tables)
    assert done.returncode == 1
    assert done.stderr.startswith("error: concepts.mini.pool (pool.txt): 1 unknown to WordNet")
    assert done.stderr.count("\n") == 1
    assert not tables["eligible"].exists()


def test_scan(run, tmp_path):
    (tmp_path / "counts.csv").write_text("wnid,images\nn02123045,1\n")
    spec = ScanSpec(benchmark="mini", sources=["counts.csv"])
    done = run("scan_image_counts", spec, output=tmp_path / "sum.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1 classes, 1 images\n"
    assert (tmp_path / "sum.csv").read_text() == "wnid,images\nn02123045,1\n"
    spec = ScanSpec(benchmark="mini", sources=["nowhere.csv"])
    done = run("scan_image_counts", spec, output=tmp_path / "sum.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("error: concepts.mini.image_counts: nowhere.csv: cannot be read")


def test_fetch_wordnet_finds_what_is_there(run, wordnet_dir):
    done = run("fetch_wordnet", None)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"WordNet 3.0: {wordnet_dir} (already on this machine)\n"
