"""Scores as the probes write them, of encoders whose order is known."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core import paths
from cogworks.core.files import write_parquet
from cogworks.core.spec import packed
from cogworks.images.manifest import write_manifest
from cogworks.report import scores as scores_module
from cogworks.report.drawing.files import save
from cogworks.report.drawing.level_figures import absolute_figure
from cogworks.report.drawing.level_tables import level_table, relative_table
from cogworks.report.formats import write_formats
from cogworks.report.page.specs import (
    FiguresPart,
    PageFigure,
    PagePart,
    PageSection,
    PageSpec,
    TablePart,
)
from cogworks.report.specs import (
    ByConceptSpec,
    ConceptSet,
    EncoderRow,
    LevelsSpec,
    ScoreFiles,
    SetColumn,
    TransferSpec,
)
from cogworks.report.summary import summarise

REPOSITORY = Path(__file__).resolve().parents[3]
PAPER = REPOSITORY / "resources" / "paper"
TEXTS = REPOSITORY / "workflow" / "report"
NO_SCORES = ScoreFiles(names=[[], [], []], jobs=[])
# What scores on IN-1K say of it.
IN1K = {"n_classes": 1000, "n_train": 1281167, "n_test": 50000}
SETS = ["seen", "cog_l1", "cog_l2"]
# Accuracy on the seen classes, and what is lost with each level.
ENCODERS = {"random": (30.0, 1.0), "plain": (80.0, 10.0), "trex": (75.0, 5.0)}


def with_keys(config, changes):
    """Return a copy of a config with keys, as `images/seen/max_images`, set."""
    config = copy.deepcopy(config)
    for key, value in changes.items():
        *groups, last = key.split("/")
        section = config
        for group in groups:
            section = section.setdefault(group, {})
        section[last] = value
    return config


def probe_rows(encoder, dataset, *, protocol="logreg", shots=("2", "10", "all"), seeds=3, **extra):
    """One probe table; the k-th seed adds k - 1 points, fewer shots lose 10 points each step.

    Of the 20 classes, the first have one image more right than the others.
    """
    start, loss = ENCODERS[encoder]
    rows = []
    for place, name in enumerate(shots):
        for seed in range(seeds):
            top1 = start - loss * SETS.index(dataset) - 10 * (len(shots) - 1 - place) + seed - 1
            more = np.arange(20) < 2 * top1 % 20
            rows.append(
                {
                    "encoder": encoder,
                    "dataset": dataset,
                    "test_set": dataset,
                    "protocol": protocol,
                    "shots": name,
                    "seed": seed,
                    "top1": top1,
                    "top5": min(top1 + 15, 100.0),
                    "mean_class": top1 - 1,
                    "log_odds": float(np.log(top1 / (100 - top1))),
                    "class_right": (2 * top1 // 20 + more).astype(int).tolist(),
                    "class_images": [10] * 20,
                    "val_top1": top1,
                    "lr": 1.0,
                    "weight_decay": 1e-6,
                    "C": np.nan,
                    "k": 0,
                    "n_train": 400,
                    "n_test": 200,
                    "n_classes": 20,
                    "diverged": False,
                    "converged": None,
                }
                | extra
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def probe_files(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("probes")
    paths = []
    for encoder in ENCODERS:
        for dataset in SETS:
            path = tmp_path / "results" / "probes" / encoder / dataset / "logreg.parquet"
            write_parquet(probe_rows(encoder, dataset), path)
            paths.append(path)
    return paths


@pytest.fixture(scope="session")
def scores(probe_files):
    return scores_module.collect(probe_files)


@pytest.fixture(scope="session")
def summary(scores):
    return summarise(scores, baseline="random")


@pytest.fixture
def parts():
    """What the specs of exhibits of these scores share."""
    published = ["in1k", "cog_l1", "cog_l2"]
    columns = [
        SetColumn(name=name, label=label, protocol="logreg", published=paper)
        for name, label, paper in zip(SETS, ["seen", "L1", "L2"], published, strict=True)
    ]
    encoders = [
        EncoderRow(name=name, label=name.title(), category=None, recipe={}) for name in ENCODERS
    ]
    return {
        "baseline": "random",
        "encoders": encoders,
        "columns": columns,
        "scores": NO_SCORES,
    }


@pytest.fixture
def spec(parts):
    """What shows the encoders on all data sets."""
    return LevelsSpec(**parts)


@pytest.fixture
def plane_spec(parts):
    """What shows the first data set against the others."""
    seen, *transfer = parts.pop("columns")
    return TransferSpec(**parts, seen=seen, transfer=transfer)


@pytest.fixture
def page_spec(scores, summary, spec, tmp_path):
    write_formats(level_table(scores, summary, spec), tmp_path / "levels")
    write_formats(relative_table(scores, summary, spec), tmp_path / "levels_relative")
    save(absolute_figure(summary, spec), tmp_path / "levels_absolute")
    Image.new("RGB", (20, 10), "red").save(tmp_path / "samples.png")

    def figure(name, suffix, label=""):
        path = str(tmp_path / f"{name}.{suffix}")
        return PageFigure(name=name, path=path, caption=f"Of ``{name}``.", label=label)

    figures = [figure("levels_absolute", "svg"), figure("samples", "png", "seen & more")]
    tables = [
        TablePart(name=name, exhibit=f"{name}_table", path=str(tmp_path / f"{name}.parquet"))
        for name in ("levels", "levels_relative")
    ]
    blocks = [FiguresPart(figures=figures), *tables]
    part = PagePart(
        id="",
        title="",
        published=0,
        notes=[],
        sections=[PageSection(id="levels", anchor="levels", title="Accuracy", parts=blocks)],
    )
    return PageSpec(
        title="A <title>",
        subtitle="below",
        notice="No <photographs>.",
        digest="0123abcd",
        counts=[("Seeds of a probe", "5")],
        parts=[part],
        config=packed({"a": {"b": 1}}),
    )


# Concepts of each of these branches in a data set, and test images of each concept.
BRANCHES = {"bird": "n01503061", "musical instrument": "n03800933"}
EACH, IMAGES = 6, 10


@pytest.fixture(scope="session")
def in_branches():
    """Concepts of the branches by name, enough for three data sets."""
    wordnet = open_wordnet()
    found = {name: [] for name in BRANCHES}
    for wnid in wordnet.wnids():
        for name, above in BRANCHES.items():
            if len(found[name]) < EACH * len(SETS) and above in wordnet.ancestors(wnid):
                found[name].append(wnid)
    return found


@pytest.fixture
def by_concept_spec(in_branches, parts, tmp_path, monkeypatch):
    """Scores and test images of birds and instruments, seen and on two levels.

    Of ten images of each concept, `random` has three right. On birds, `trex` has four more and
    `plain` one; on instruments, `trex` one more and `plain` three; every second concept has one
    more than that, the others one less. The images of a concept have the red of its place.
    """
    monkeypatch.chdir(tmp_path)
    more = {"random": (0, 0), "plain": (1, 3), "trex": (4, 1)}
    sets, ranking = [], []
    for number, dataset in enumerate(SETS):
        groups = [wnids[EACH * number : EACH * (number + 1)] for wnids in in_branches.values()]
        wnids = sorted(wnid for group in groups for wnid in group)
        ranking += [{"wnid": wnid, "similarity": 1 - 0.3 * number} for wnid in wnids]
        rows = []
        for place, wnid in enumerate(wnids):
            path = tmp_path / f"{wnid}.png"
            Image.new("RGB", (8, 6), (20 * place, 0, 0)).save(path)
            place = {"path": str(path), "container": "file", "locator": 0, "size": -1}
            rows += [{"id": f"{wnid}/{n}", "wnid": wnid} | place for n in range(IMAGES)]
        folder = f"results/images/{dataset}"
        entry = ConceptSet(classes=f"{folder}/classes.parquet", test=f"{folder}/test.parquet")
        split = {"dataset": dataset, "split": "test", "classes": wnids}
        write_manifest(pd.DataFrame(rows), entry.test, **split)
        names = [f"concept {wnid}, or so" for wnid in wnids]
        classes = {"label": range(len(wnids)), "wnid": wnids, "name": names}
        write_parquet(pd.DataFrame(classes), entry.classes)
        sets.append(entry)
        for encoder, gains in more.items():
            odd = 0 if encoder == "random" else 1
            right = [
                3 + gains[wnid in groups[1]] + odd * (1 - 2 * (place % 2))
                for place, wnid in enumerate(wnids)
            ]
            found = {"class_right": right, "class_images": [IMAGES] * len(wnids)}
            rows = probe_rows(encoder, dataset, shots=("all",), **found)
            write_parquet(rows, paths.scores(encoder, dataset, "logreg"))
    write_parquet(pd.DataFrame(ranking), "ranking.parquet")
    jobs = [(encoder, dataset, "logreg") for encoder in ENCODERS for dataset in SETS]
    spec = parts | {"scores": ScoreFiles.of(jobs)}
    return ByConceptSpec(**spec, seen="seen", sets=sets, ranking="ranking.parquet", wordnet=None)
