"""The advantage by similarity from features: what was planted is said, and nothing else."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.encoders.store import write_index
from cogworks.report import ties
from cogworks.report.drawing import files
from cogworks.report.drawing.advantage import advantage_figure, advantage_table
from cogworks.report.findings import findings
from cogworks.report.specs import AdvantageSpec, EncoderRow, Named

CONCEPTS, TRAIN, TEST, DIM = 24, 10, 6, 16
LEVELS = ["cog_l1", "cog_l2", "cog_l3"]


def write(encoder: str, dataset: str, wnids: list[str], strength: np.ndarray, set_of: str) -> None:
    """Write features of a data set: how far classes are apart is their strength."""
    seed = int.from_bytes(hashlib.sha256(f"{encoder} {dataset}".encode()).digest()[:4], "big")
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((len(wnids), DIM)) * strength[:, None]
    for split, images in (("train", TRAIN), ("test", TEST)):
        labels = np.repeat(np.arange(len(wnids)), images)
        x = (centres[labels] + generator.standard_normal((len(labels), DIM))).astype(np.float32)
        array, index = map(Path, paths.features(encoder, dataset, split))
        array.parent.mkdir(parents=True, exist_ok=True)
        np.save(array, x)
        rows = pa.table(
            {
                "id": [f"{set_of}/{dataset}/{split}/{i}" for i in range(len(labels))],
                "label": labels,
                "wnid": [wnids[label] for label in labels],
            }
        )
        metadata = dict.fromkeys(("version", "dataset", "split", "manifest", "sha256"), "")
        metadata |= {"encoder": encoder, "classes": wnids, "dim": DIM, "dtype": "float32"}
        write_index(rows, index, metadata=metadata)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AdvantageSpec:
    """An encoder whose advantage falls from level to level, one that is flat, a random one."""
    monkeypatch.chdir(tmp_path)
    ranking = []
    for number, dataset in enumerate(["seen", *LEVELS]):
        wnids = [f"n{number:04d}{concept:04d}" for concept in range(CONCEPTS)]
        similarity = 1 - 0.3 * number - 0.3 * np.arange(CONCEPTS) / CONCEPTS + 0.2
        strengths = {
            "random": np.full(CONCEPTS, 0.1),
            "falls": np.clip(1.1 * similarity, 0.2, None) if number else np.full(CONCEPTS, 1.2),
            "flat": np.full(CONCEPTS, 0.5),
        }
        for encoder, strength in strengths.items():
            write(encoder, dataset, wnids, strength, "one" if number < 2 else "other")
        if number:
            ranking += list(zip(wnids, similarity, strict=True))
    frame = pd.DataFrame(ranking, columns=["wnid", "similarity"])
    write_parquet(frame.assign(rank=range(1, len(frame) + 1)), tmp_path / "ranking.parquet")
    rows = {
        name: EncoderRow(name=name, label=name, category=None, recipe={})
        for name in ("random", "falls", "flat")
    }
    return AdvantageSpec(
        baseline=rows.pop("random"),
        encoders=list(rows.values()),
        seen=Named(name="seen", label="seen"),
        levels=[Named(name=name, label=f"L{n}") for n, name in enumerate(LEVELS, start=1)],
        ranking="ranking.parquet",
        grouped=False,
        classes=5,
        images=None,
        window=12,
    )


def test_the_table_says_of_which_encoder_the_advantage_falls(spec: AdvantageSpec) -> None:
    table = advantage_table(spec)
    assert [column.title for column in table.columns] == [
        "encoder",
        *(f"advantage {name}" for name in ("seen", "L1", "L2", "L3")),
        "per 0.1 of similarity of all",
    ]
    falls, flat = (row for _, row in table.frame.iterrows())
    assert falls["encoder"] == "falls"
    assert falls["seen"] > falls["level_0"] > falls["level_1"] > falls["level_2"]
    assert 0 < falls["slope_low"] < falls["slope"] < falls["slope_high"]
    assert flat["slope_low"] < 0 < flat["slope_high"]
    assert flat["level_1_low"] < flat["level_1"] < flat["level_1_high"]
    # About a point apart on L2, by 30 and more on the others.
    tied = [[row[f"{c.key}_tied"] for row in (falls, flat)] for c in table.columns[1:5]]
    assert tied == [[True, False], [True, False], [True, True], [False, True]]
    assert ties.NOTE in table.note
    first, second = findings({"advantage_table": table})
    assert first.startswith("The advantage of falls falls with distance (+")
    assert second.startswith("Whether the advantage of flat depends on distance cannot be told (")
    assert "72 of 72 unseen concepts have others to be told from." in table.note


def test_windows_stay_within_a_data_set(spec: AdvantageSpec) -> None:
    """The levels lie in two data sets: there is a slope within these, by which it is judged."""
    table = advantage_table(spec.model_copy(update={"grouped": True}))
    assert table.columns[-1].title == "per 0.1 of similarity in a data set"
    falls = table.frame.iloc[0]
    first = next(findings({"advantage_table": table}))
    found = re.match(r"The advantage of falls falls with distance \(\+([\d.]+) points", first)
    assert found
    assert float(found[1]) == pytest.approx(falls["within"], abs=0.05)
    assert falls["within"] != falls["slope"]


def test_the_same_features_give_the_same_figure(spec: AdvantageSpec, tmp_path: Path) -> None:
    for name in ("one", "two"):
        files.save(advantage_figure(spec), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "The advantage of falls falls with distance" in (tmp_path / "one.svg").read_text()
    assert 'data-encoder="flat"' in (tmp_path / "one.svg").read_text()
    (axes,) = advantage_figure(spec).axes
    assert axes.get_xlim()[0] > axes.get_xlim()[1]
    assert axes.get_xticklabels()[0].get_text() == "seen"


def test_features_of_other_images_are_refused(spec: AdvantageSpec) -> None:
    wnids = [f"n0001{concept:04d}" for concept in range(CONCEPTS)]
    write("flat", "cog_l1", wnids, np.ones(CONCEPTS), "elsewhere")
    with pytest.raises(InputError, match="flat and random have features of other images"):
        advantage_table(spec)


def test_tasks_that_are_always_solved_are_said_to_be_too_easy(spec: AdvantageSpec) -> None:
    for name in LEVELS:
        wnids = read_wnids(name)
        for encoder, strength in (("falls", 20.0), ("random", 0.1), ("flat", 0.5)):
            write(encoder, name, wnids, np.full(CONCEPTS, strength), "one")
    first, second = findings({"advantage_table": advantage_table(spec)})
    assert first.startswith("falls is right in 100.0% of these tasks: they are too easy for it")
    assert "cannot be told" in second


def read_wnids(dataset: str) -> list[str]:
    return [f"n{LEVELS.index(dataset) + 1:04d}{concept:04d}" for concept in range(CONCEPTS)]
