"""The tables and figures of chapter 4, from a config with its runs and made-up scores."""

import math
import zlib

import numpy as np
import pandas as pd
import pytest

from cogworks.core.files import write_parquet
from cogworks.core.place import LINK
from cogworks.plan.load import load
from cogworks.report import thesis
from cogworks.report.drawing import style, trade_off_figure
from cogworks.report.formats import to_latex
from cogworks.report.page.html_table import html_table
from cogworks.report.planned import Exhibits
from cogworks.report.targets import Targets

from .conftest import REPOSITORY

SMALL = ("aircraft", "cars196", "dtd", "eurosat", "flowers", "pets", "food101", "sun397")
WORLD = {"source": {"kind": "world", "size": 32}, "max_images": 20, "test_images": 5}
SEEN = WORLD | {"classes": {"benchmark": "cog", "part": "seen"}}
OTHER = WORLD | {"classes": {"wnids": ["n02084071", "n02121620"]}}
RUNS = {
    "base": {"recipe": "base"},
    "base_mc": {"recipe": "base_mc"},
    "base_pr": {"recipe": "base_pr"},
    "trex_1": {"sweep": [{"key": "projector.layers", "values": [1, 3]}]},
    "wide": {"sweep": [{"key": "projector.hidden", "values": [512, 2048]}]},
    "crops": {"sweep": [{"key": "augmentation.local_crops", "values": [2]}]},
    "again": {"recipe": "base_mc_pr", "seed": 1},
    "trex": {"recipe": "trex", "optimizer": {"batch": 512}},
    "trex_star": {"recipe": "trex_star"},
}
# What is shown of them and of a random encoder: three sweeps, of which two have two values, and
# `again` is `trex_1_1` with another seed.
ENCODERS = len(RUNS) + 1 + 2 - 1
TRACED = ("base_mc", "trex_star")


def config(runs, *, levels=5, transfer=SMALL):
    """Return a config in which these runs are evaluated as in chapter 4."""
    images = {
        "in1k": SEEN,
        "in1k_blurred": SEEN,
        "cog": WORLD | {"classes": {"benchmark": "cog", "part": "levels"}},
    }
    images |= dict.fromkeys(("v2_a", "v2_b", "sketch"), SEEN)
    images |= dict.fromkeys((*transfer, "inat2018", "inat2019"), OTHER)
    sets = ["cog", *transfer]
    return {
        "concepts": {"cog": {"levels": {"count": levels, "size": 100, "gaps": "none"}}},
        "images": images,
        "training": {
            name: {"dataset": "in1k", "validation": {"split": "none"}}
            | ({"traces": {"every_steps": 1}} if name in TRACED else {})
            | run
            for name, run in runs.items()
        },
        "encoders": {
            "random": {"model": "cogworks:small_resnet", "weights": "random"},
            **{name: {"run": name} for name in runs},
        },
        "probes": {"linear": {"kind": "sgd", "seeds": 2}},
        "evaluations": {
            "seen": {
                "encoders": "all",
                "datasets": ["in1k"],
                "protocols": ["linear"],
                "test_sets": ["v2_a", "v2_b", "sketch"],
            },
            "transfer": {
                "encoders": "all",
                "datasets": [*sets, "in1k_blurred", "inat2018", "inat2019"],
                "protocols": ["linear"],
            },
        },
        "analysis": {"features": {"encoders": "all", "datasets": ["in1k", *sets]}},
        "report": {"chapter": 4, "test_set_groups": {"v2": ["v2_a", "v2_b"]}},
    }


@pytest.fixture(scope="module")
def exhibits():
    """Exhibits over few data sets."""
    return Exhibits(load(config(RUNS, levels=1, transfer=("dtd", "pets"))))


def numbers(exhibits):
    """Return the names of exhibits by medium and number."""
    return {
        (found.medium, found.exhibit.number): found.name
        for found in exhibits.planned
        if found.exhibit.number.startswith(("4", "C", "D"))
    }


def accuracy(encoder, dataset):
    """Return a made-up accuracy in percent."""
    better = zlib.crc32(encoder.encode()) % 1000 / 50
    return 75.0 + better - zlib.crc32(dataset.encode()) % 1000 / 50


def write_scores(key, test_sets):
    """Write the scores of a job as the probes do."""
    encoder, dataset, protocol = key
    rows = []
    for test_set in (dataset, *test_sets):
        for seed in range(2):
            top1 = accuracy(encoder, test_set) + 0.2 * seed
            rows.append(
                {
                    "encoder": encoder,
                    "dataset": dataset,
                    "test_set": test_set,
                    "protocol": protocol,
                    "shots": "all",
                    "seed": seed,
                    "top1": top1,
                    "top5": top1,
                    "mean_class": top1,
                    "log_odds": math.log(top1 / (100 - top1)),
                    "class_right": np.round(top1 / 2 + np.linspace(-6, 6, 20)).tolist(),
                    "class_images": [50] * 20,
                    "n_train": 100,
                    "n_test": 50,
                    "n_classes": 1000,
                    "diverged": False,
                    "converged": None,
                }
            )
    write_parquet(pd.DataFrame(rows), f"results/probes/{encoder}/{dataset}/{protocol}.parquet")


def write_measures(measure):
    encoder, dataset, split = measure.key
    value = accuracy(encoder, dataset) / 100
    metrics = {"sparsity": value, "intra_class_distance": value, "coding_length": 100 * value}
    rows = [(metric, 0, value) for metric, value in metrics.items()]
    spectrum = np.exp(-np.arange(1200) / (100 * value))
    rows += [("singular_values", n, v) for n, v in enumerate(spectrum / spectrum.sum())]
    frame = pd.DataFrame(rows, columns=["metric", "position", "value"])
    keys = {"encoder": encoder, "dataset": dataset, "split": split}
    write_parquet(frame.assign(**keys), measure.table)


def write_metrics(run):
    kind = "prototype_change" if run.numbers.loss.kind == "ocm" else "weight_change"
    epochs = np.linspace(0.1, run.numbers.optimizer.epochs, 300)
    frames = [
        pd.DataFrame({"epoch": epochs, "metric": metric, "value": value / (1 + epochs)})
        for metric, value in (("gradient_similarity", 0.3), (kind, 0.01))
    ]
    write_parquet(pd.concat(frames), run.file("metrics.parquet"))


@pytest.fixture(scope="module")
def working_folder(exhibits, tmp_path_factory):
    """Return a folder with all scores, measures and metrics that the exhibits show."""
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        LINK.parent.mkdir(parents=True)
        LINK.symlink_to(REPOSITORY)
        plan = exhibits.plan
        for key, job in plan.jobs.items():
            write_scores(key, [found.name for found in job.test_sets])
        for measure in plan.measures.values():
            write_measures(measure)
        for run in plan.runs.values():
            write_metrics(run)
    return folder


@pytest.fixture
def made(exhibits, working_folder, monkeypatch):
    """Return a function that makes an exhibit of a medium by its name."""
    monkeypatch.chdir(working_folder)
    planned = {(found.medium, found.name): found for found in exhibits.planned}
    return lambda *key: planned[key].kind.make(planned[key].spec)


def test_what_of_chapter_4_a_config_gives(exhibits):
    assert numbers(exhibits) == {
        ("table", "4.1"): "projector",
        ("table", "4.2"): "imagenet_sets",
        ("table", "4.3"): "long_tail",
        ("table", "C.1"): "hyper_parameters",
        ("table", "D.1"): "transfer_published",
        ("figure", "4.4"): "ablation_local_crops",
        ("figure", "4.5"): "components",
        ("figure", "4.6 (a)"): "coding_length",
        ("figure", "4.6 (b)"): "singular_values_transfer",
        ("figure", "4.6 (c)"): "training_gradients",
        ("figure", "4.6 (d)"): "training_changes",
        ("figure", "4.7"): "trade_off",
    }


def plane(exhibits):
    """Return the figure of training against transfer: its caption and its transfer sets."""
    found = exhibits.figures["trade_off"]
    return found.caption, [column.name for column in found.spec.transfer]


def test_a_caption_names_the_transfer_sets_which_are_those_of_the_thesis():
    full = Exhibits(load(config(RUNS)))
    caption, names = plane(full)
    # Neither the blurred images nor iNaturalist, though they are evaluated.
    assert names == [*(f"cog_l{level}" for level in range(1, 6)), *SMALL]
    assert caption.endswith(
        # None has the thesis's images: each has its own name.
        "Transfer is over L1, L2, L3, L4, L5, "
        "aircraft, cars196, dtd, eurosat, flowers, pets, food101 and sun397. "
        "Means over runs that differ in their seed alone: trex_1_1 (2 runs)."
    )


def test_a_caption_says_which_of_the_thesis_s_sets_are_missing(exhibits):
    caption, names = plane(exhibits)
    assert names == ["cog_l1", "dtd", "pets"]
    assert "Of the thesis's 13 sets L2, L3, L4, L5, Aircraft, Cars196, EuroSAT, Flowers" in caption


def test_another_transfer_set_takes_the_numbers_away():
    others = Exhibits(load(config(RUNS, levels=1, transfer=("pets", "birds"))))
    assert {number for _, number in numbers(others)} == {"4.2", "4.3", "C.1", "4.6 (c)", "4.6 (d)"}
    assert "Transfer is over L1, pets and birds." in plane(others)[0]


@pytest.mark.parametrize(
    "cure",
    [
        {"report": {"transfer": ["cog_l1", "dtd"]}},
        {"report": {"published_as": {"mine": "pets"}}},
    ],
)
def test_what_is_lacking_then_is_the_key_that_gives_them_back(cure):
    given = config(RUNS, levels=1, transfer=("dtd", "mine"))
    lost = [thesis.BY_NAME[f"figure {n}"] for n in ("4.4", "4.5", "4.7")]
    lost += [thesis.BY_NAME[f"table {n}"] for n in ("4.1", "D.1")]
    without = Targets(Exhibits(load(given)))
    text = (
        "report.transfer with data sets of table D.1 alone, such as [cog_l1, dtd]: mine is none of "
        "its 13, unless report.published_as says which"
    )
    assert {without.lacks(entry) for entry in lost if not without.numbered[entry]} == {text}
    again = Targets(Exhibits(load(given | {"report": given["report"] | cure["report"]})))
    assert all(again.numbered[entry] for entry in lost)


def test_test_sets_that_the_thesis_does_not_have_are_named():
    given = config(RUNS, levels=1)
    given["images"]["mine"] = SEEN
    given["evaluations"]["seen"]["test_sets"] = ["mine"]
    entry = thesis.BY_NAME["table 4.2"]
    without = Targets(Exhibits(load(given)))
    assert not without.numbered[entry]
    assert without.lacks(entry) == "report.published_as for mine: v2, sketch, r or a"
    given["report"]["published_as"] = {"mine": "sketch"}
    assert Targets(Exhibits(load(given))).numbered[entry]


def test_the_projector_in_two_blocks(made):
    table = made("table", "projector")
    own = table.frame[table.frame["own"]]
    assert own["layers"].tolist() == ["Base", "Base+Mc", "L = 1", "L = 3"]
    assert own["widths"].tolist() == ["", "512", "2048", ""]
    theirs = table.frame[~table.frame["own"]]
    assert theirs["widths"].tolist() == ["512", "1024", "2048", "4096", "8192"]
    assert theirs["layers_transfer"].tolist() == [0.1, 0.25, 1.15, 1.31, 1.33]
    assert table.frame["highlight"].tolist() == [n in (2, 6) for n in range(9)]
    # The default was run with two seeds; `wide_2048` is `trex_1_1` by another name.
    assert to_latex(table, name="t").count(r"\rowcolor") == 2
    assert html_table(table, name="t").count('highlight">') == 2
    mean = (accuracy("trex_1_1", "in1k") + accuracy("again", "in1k")) / 2 + 0.1
    assert own[["layers_train", "widths_train"]].iloc[2].tolist() == pytest.approx([mean, mean])


def test_rows_of_the_run_above_those_of_the_thesis(made):
    table = made("table", "imagenet_sets")
    assert [column.label for column in table.columns] == ["model", "seen", "v2", "sketch"]
    # Of the runs the two that the thesis singles out, as its table.
    assert table.frame["model"].tolist()[:4] == ["random", "trex", "trex_star", "DINO"]
    rows = table.frame.set_index("model")
    v2 = (accuracy("trex", "v2_a") + accuracy("trex", "v2_b")) / 2 + 0.1
    assert rows.loc["trex", "v2"] == pytest.approx(v2)
    assert rows.loc["t-ReX*", ["val", "v2", "sketch"]].tolist() == [80.2, 76.2, 29.1]
    rows = made("table", "long_tail").frame.set_index("model")
    assert rows.loc["trex", "inat2018"] == pytest.approx(accuracy("trex", "inat2018") + 0.1)
    assert rows.loc["t-ReX", ["inat2018", "inat2019"]].tolist() == [45.8, 54.2]
    frame = made("table", "transfer_published").frame
    assert frame["group"].drop_duplicates().tolist() == [
        "This run: models of others",
        "This run: models on the convex hull",
        "Thesis, table D.1: previous SotA",
        "Thesis, table D.1: models on the convex hull in figure 4.7",
    ]
    hull = frame[frame["group"] == "This run: models on the convex hull"]
    assert hull["in1k"].is_monotonic_increasing
    assert hull["transfer"].is_monotonic_decreasing


def test_hyper_parameters_beside_those_of_the_thesis(made):
    frame = made("table", "hyper_parameters").frame
    rows = frame.set_index(["configuration", "all models"])["thesis"]
    assert rows["Base learning rate", "0.1"] == ""
    assert rows["Number of GPUs", "any"] == "4"
    assert rows["Batch size total", "256; others: 512"] == ""
    specific = frame[frame["t-ReX"] != ""].set_index("configuration")
    assert specific.loc["Projector L", ["t-ReX", "t-ReX*"]].tolist() == ["3", "1"]
    assert specific["thesis"].eq("").all()


def test_figures_of_features_and_of_training(made):
    panels = made("figure", "components").axes
    assert [axes.get_title(loc="left") for axes in panels] == ["seen", "transfer", "", ""]
    names = {text.get_text() for text in panels[0].texts} - {""}
    assert names == {"Base", "Base+Mc", "Base+Pr", "Base+Mc+Pr"}
    [axes] = made("figure", "training_changes").axes
    assert style.legend_entries(axes)[1] == ["ΔW base_mc", "ΔU trex_star"]
    assert len(made("figure", "coding_length").axes[0].patches) == ENCODERS
    [axes] = made("figure", "singular_values_transfer").axes
    assert axes.get_title(loc="left") == "transfer"
    assert len(axes.lines[0].get_xdata()) == 1000
    axes.figure.canvas.draw()
    label = axes.yaxis.label.get_window_extent()
    assert 0 <= label.y0 < label.y1 <= axes.figure.bbox.y1


def test_many_encoders_are_told_apart_by_family(made, monkeypatch):
    monkeypatch.setattr(trade_off_figure, "MANY", 5)
    [axes] = made("figure", "trade_off").axes
    assert style.legend_entries(axes)[1] == [
        "OCM, L = 1",
        "OCM, L = 3",
        "cosine softmax, L = 1",
        "cosine softmax, L = 3",
        "cosine softmax, no projector",
    ]
    stars = [c for c in axes.containers if c.lines[0].get_marker() == "*"]
    assert len(stars) <= len(axes.texts) < len(axes.containers) == ENCODERS
