"""The scripts of the report and analysis rooms, as the rules call them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cogworks.analysis.specs import MeasureSpec
from cogworks.core.files import read_parquet, sha256_file, write_parquet
from cogworks.report.specs import (
    AllScoresSpec,
    CollectSpec,
    EncoderRow,
    LevelsSpec,
    ScoreFiles,
    SetColumn,
)

ROOT = Path(__file__).resolve().parents[2]


def run(script, *arguments, folder, spec=None):
    command = [sys.executable, str(ROOT / "workflow" / "scripts" / f"{script}.py")]
    command += ["--spec", spec.text] if spec is not None else []
    return subprocess.run(
        [*command, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def probe(encoder, dataset, top1):
    seeds = np.arange(2)
    return pd.DataFrame(
        {
            "encoder": encoder,
            "dataset": dataset,
            "test_set": dataset,
            "protocol": "linear",
            "shots": "all",
            "seed": seeds,
            "top1": top1 + seeds,
            "top5": top1 + 10.0,
            "mean_class": top1 + 0.0,
            "log_odds": np.log(top1 / (100 - top1)),
            "class_right": [top1 // 5 + np.array([2, 1, 0, -1, seed - 2]) for seed in seeds],
            "class_images": [[20] * 5] * 2,
            "n_train": 10,
            "n_test": 100,
            "n_classes": 5,
            "diverged": False,
            "converged": None,
        }
    )


SCORES = ScoreFiles.of([(e, d, "linear") for e in ("random", "base") for d in ("seen", "cog_l1")])
COLLECTED = ["--scores", "results/tables/scores", "--summary", "results/tables/summary"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the scores have been collected and summarised."""
    path = tmp_path_factory.mktemp("project")
    for encoder, top1 in (("random", 30.0), ("base", 60.0)):
        for dataset in ("seen", "cog_l1"):
            target = path / f"results/probes/{encoder}/{dataset}/linear.parquet"
            write_parquet(probe(encoder, dataset, top1), target)
    spec = CollectSpec(scores=SCORES, baseline="random")
    done = run("collect_scores", *COLLECTED, folder=path, spec=spec)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def level_spec():
    return LevelsSpec(
        scores=SCORES,
        baseline="random",
        encoders=[
            EncoderRow(name=name, label=name, category=None, recipe={}) for name in SCORES.names[0]
        ],
        columns=[
            SetColumn(name="seen", label="seen", protocol="linear", published=None),
            SetColumn(name="cog_l1", label="L1", protocol="linear", published=None),
        ],
    )


def test_scores_are_collected_in_the_order_of_the_jobs(folder):
    scores = pd.read_csv(folder / "results/tables/scores.csv")
    assert scores["encoder"].drop_duplicates().tolist() == ["random", "base"]
    assert len(scores) == 2 * 2 * 2 * 4
    summary = read_parquet(folder / "results/tables/summary.parquet")
    row = summary[(summary["encoder"] == "base") & (summary["metric"] == "top1")].iloc[0]
    assert (row["mean"], row["relative"]) == (60.5, 30.0)


def test_a_spec_of_another_exhibit_is_one_line(folder, level_spec):
    arguments = ["--kind", "filters_table", "--output", "results/tables/x"]
    done = run("make_table", *arguments, folder=folder, spec=level_spec)
    assert done.returncode == 1
    assert done.stderr.startswith("error: --spec: benchmark: Field required; table: Field required")
    assert done.stderr.count("\n") == 1


def test_a_missing_probe_table_is_one_line(folder):
    spec = CollectSpec(scores=ScoreFiles.of([("x", "y", "z")]), baseline=None)
    done = run("collect_scores", *COLLECTED, folder=folder, spec=spec)
    assert done.returncode == 1
    assert done.stderr == "error: results/probes/x/y/z.parquet: no such file\n"


def test_levels_end_up_on_the_terminal(folder, level_spec):
    tables = folder / "results" / "tables"
    for name in ("levels", "levels_relative"):
        arguments = ["--kind", f"{name}_table", "--output", f"results/tables/{name}"]
        done = run("make_table", *arguments, folder=folder, spec=level_spec)
        assert done.returncode == 0, done.stderr
    done = run("print_summary", folder=folder)
    assert done.returncode == 1
    assert "results/report.html: no such file; run snakemake first" in done.stderr
    # A table of an earlier config is beside those that the report shows.
    (tables / "test_sets_old.parquet").write_bytes((tables / "levels.parquet").read_bytes())
    page = (
        '<p class="told" data-part="Concepts">0 of 279 cells &lt; all.</p>'
        '<div id="table-levels" data-exhibit="levels_table">'
    )
    (folder / "results" / "report.html").write_text(page, encoding="utf-8")
    done = run("print_summary", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Top-1 accuracy by level (%)") == 1
    lines = done.stdout.splitlines()
    assert "Top-1 accuracy by level (%)" in lines
    row = next(line.split() for line in lines if line.startswith("base "))
    assert row[1:4] == ["60.5", "±", "0.5"]
    assert lines[-5:-2] == ["", "Concepts", "0 of 279 cells < all."]
    assert lines[-1].endswith(str(folder / "results" / "report.html"))


def test_scores_end_up_on_the_terminal_where_there_are_no_levels(folder):
    labels = {name: name for name in (*SCORES.names[0], *SCORES.names[1])}
    arguments = ["--kind", "all_scores_table", "--output", "results/tables/all_scores"]
    spec = AllScoresSpec(scores=SCORES, labels=labels)
    done = run("make_table", *arguments, folder=folder, spec=spec)
    assert done.returncode == 0, done.stderr
    page = '<div id="table-all_scores" data-exhibit="all_scores_table">'
    (folder / "results" / "report.html").write_text(page, encoding="utf-8")
    done = run("print_summary", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "All scores" in done.stdout.splitlines()
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("base ")] == [
        "seen",
        "cog_l1",
    ]


def test_who_reads_the_first_lines_alone_sees_no_error(folder):
    page = '<p class="told" data-part="">Enough.</p>'
    (folder / "results" / "report.html").write_text(page, encoding="utf-8")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(ROOT / "workflow" / "scripts" / "print_summary.py")]
    done = subprocess.run(command, cwd=folder, stdout=write, stderr=subprocess.PIPE, timeout=120)
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == -signal.SIGPIPE


def test_figures_repeat_to_the_byte(folder, level_spec, tmp_path):
    digests = []
    for name in ("first", "second"):
        arguments = ["--kind", "levels_absolute_figure", "--output", tmp_path / name]
        done = run("make_figure", *arguments, folder=folder, spec=level_spec)
        assert done.returncode == 0, done.stderr
        files = [f"{name}.{suffix}" for suffix in ("svg", "png")]
        digests.append([sha256_file(tmp_path / file) for file in files])
    assert digests[0] == digests[1]


def test_features_are_measured(tmp_path, rng):
    from cogworks.encoders.store import write_index

    x = rng.normal(size=(20, 6)).astype(np.float32)
    np.save(tmp_path / "test.npy", x)
    labels = np.repeat([0, 1], 10).astype(np.int32)
    frame = pd.DataFrame(
        {"id": [f"i{n}" for n in range(20)], "label": labels, "wnid": np.array(["a", "b"])[labels]}
    )
    metadata = {
        "encoder": "e",
        "version": "v",
        "dataset": "d",
        "split": "test",
        "classes": ["a", "b"],
        "manifest": "m",
        "start": 0,
        "stop": 20,
        "images": 20,
        "dropped": [],
        "sha256": sha256_file(tmp_path / "test.npy"),
        "dim": 6,
        "dtype": "float32",
        "image": {},
    }
    write_index(pa.Table.from_pandas(frame), tmp_path / "test.parquet", metadata=metadata)
    spec = MeasureSpec(
        encoder="e",
        dataset="d",
        split="test",
        metrics=["sparsity", "singular_values"],
        sparsity_threshold=1e-5,
        coding_eps2=0.5,
    )
    arguments = ["--features", "test.npy", "--index", "test.parquet", "--output", "out.parquet"]
    done = run("measure_features", *arguments, folder=tmp_path, spec=spec)
    assert done.returncode == 0, done.stderr
    table = read_parquet(tmp_path / "out.parquet")
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    expected = np.linalg.svd(unit, compute_uv=False)
    found = table[table["metric"] == "singular_values"]["value"]
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-6)
    with open(tmp_path / "test.npy", "r+b") as handle:
        handle.seek(-4, os.SEEK_END)
        handle.write(b"\0\0\0\0")
    done = run("measure_features", *arguments, folder=tmp_path, spec=spec)
    assert done.returncode == 1
    assert "test.npy" in done.stderr
    assert "Traceback" not in done.stderr
