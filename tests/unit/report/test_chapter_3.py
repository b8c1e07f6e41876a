"""The exhibits of chapter 3 and of appendices A and B: which there are, and what they show."""

import itertools
import math

import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.images.manifest import write_manifest
from cogworks.plan.load import load as load_config
from cogworks.report.drawing import style
from cogworks.report.drawing.concept_figures import (
    images_figure,
    images_per_concept,
    ranking_figure,
)
from cogworks.report.drawing.concept_tables import discarded_table
from cogworks.report.drawing.encoders import COMPARABLE, FAINT, looks, panels
from cogworks.report.drawing.few_shot_figure import SHOTS, few_shot_figure, few_shot_grid
from cogworks.report.drawing.files import save
from cogworks.report.drawing.image_tables import image_table
from cogworks.report.drawing.level_figures import absolute_figure, relative_figure
from cogworks.report.drawing.model_tables import architecture_table, model_table
from cogworks.report.drawing.noise_figure import noise_figure
from cogworks.report.drawing.published import linear_probe
from cogworks.report.drawing.published_tables import published_table
from cogworks.report.planned import Exhibits
from cogworks.report.reference import FEW_SHOT, MAX_TOGETHER
from cogworks.report.specs import (
    BlurredSpec,
    CrossingRow,
    EncoderRow,
    FewShotSpec,
    ImagesRow,
    ModelsSpec,
    Paper,
    PicturedSpec,
)

from .conftest import PAPER

LEVELS = {"count": 3, "size": 100, "gaps": "none"}
WORLD = {"source": {"kind": "world", "size": 32}, "max_images": 20, "test_images": 5}
REPORT = {"baseline": "ResNet50", "published_as": {"faces": "in1k_blurred"}}
# Published models: one a category, and enough of one to divide them.
MODELS = {
    "ResNet50": "reference",
    "a-DeiT-S": "architecture",
    "a-VGG19": "architecture",
    "r-MEAL-v2": "regularization",
    "d-CLIP": "web-data",
    **{
        f"s-{name}": "self-supervision"
        for name in ("DINO", "SwAV", "BYOL", "OBoW", "MoCo-v2", "MoCHi", "InfoMin", "CompReSS")
    },
}


@pytest.fixture
def load():
    """Return the exhibits of a config of chapter 3, with changes of its sections."""

    def loader(**sections):
        part = {name: {"benchmark": "cog", "part": name} for name in ("seen", "levels")}
        encoders = {name: {"registry": name} for name in MODELS} | {
            "mine": {"model": "cogworks:small_resnet", "weights": "random"}
        }
        config = {
            "concepts": {
                "cog": {"levels": LEVELS},
                "words": {"similarity": "path", "members_of": "cog", "levels": LEVELS},
            },
            "images": {
                "in1k": WORLD | {"classes": part["seen"]},
                "faces": WORLD | {"classes": part["seen"]},
                "cog": WORLD | {"classes": part["levels"]},
            },
            "encoders": encoders,
            "probes": {"linear": {"kind": "sgd", "shots": [1, 4, "all"]}},
            "evaluations": {
                "levels": {
                    "encoders": "all",
                    "datasets": ["in1k", "cog"],
                    "protocols": ["linear"],
                },
                "blurred": {
                    "encoders": ["ResNet50", "mine"],
                    "datasets": ["faces"],
                    "protocols": ["linear"],
                },
                "noise": {
                    "encoders": ["ResNet50"],
                    "datasets": ["in1k", "cog"],
                    "protocols": ["linear"],
                    "confidence": 0.99,
                },
                "words": {
                    "encoders": ["ResNet50"],
                    "datasets": ["cog"],
                    "protocols": ["linear"],
                    "pool": {"name": "words", "benchmark": "words"},
                },
            },
            "report": REPORT,
        }
        return Exhibits(load_config(config | sections))

    return loader


def test_numbers_of_the_exhibits(load):
    found = {}
    for planned in load().planned:
        if planned.exhibit.number:
            key = f"{planned.medium} {planned.exhibit.number}"
            found.setdefault(key, []).append(planned.name)
    assert found == {
        "table 3.1": ["discarded_cog"],
        "figure 3.2": ["ranking_cog"],
        "table 3.2": ["models"],
        "table 3.3": ["architectures"],
        "figure 3.3": ["images_per_concept"],
        "figure 3.4 (a)": ["levels_absolute"],
        "figure 3.4 (b) to (e)": ["levels_relative"],
        "figure 3.5": ["few_shot"],
        "figure 3.7": ["rankings"],
        "figure 3.8": ["label_noise_ResNet50"],
        "table A.1": ["blurred_images"],
        "figure A.1 (a)": ["levels_absolute_blurred"],
        "figure A.1 (b) to (e)": ["levels_relative_blurred"],
        "figure B.1": ["few_shot_absolute"],
        "figure B.2": ["few_shot_relative"],
        "table B.1": ["published_in1k"],
        "table B.2": ["published_cog_l1"],
        "table B.3": ["published_cog_l2"],
        "table B.4": ["published_cog_l3"],
        "figure 4.7": ["trade_off"],
        "table D.1": ["transfer_published"],
    }


def test_blurred_images_are_beside_the_seen_ones_not_in_their_place(load):
    figures = load().figures
    columns = [column.name for column in figures["levels_absolute_blurred"].spec.columns]
    assert columns == ["faces", "cog_l1", "cog_l2", "cog_l3"]
    assert [column.published for column in figures["levels_absolute_blurred"].spec.columns] == [
        "in1k_blurred",
        "cog_l1",
        "cog_l2",
        "cog_l3",
    ]
    shown = [encoder.name for encoder in figures["levels_absolute_blurred"].spec.encoders]
    assert shown == ["ResNet50", "mine"]
    assert "faces" not in {c.name for c in figures["levels_absolute"].spec.columns}
    # Many encoders need the width of the page, a few do not.
    assert figures["levels_relative"].exhibit.wide
    assert not figures["levels_relative_blurred"].exhibit.wide
    # As the seen data set of the report they are figure A.1 again, and there is no 3.4.
    alone = load(report=REPORT | {"seen": "faces"}).figures
    assert alone["levels_absolute"].exhibit.number == "A.1 (a)"
    assert "levels_absolute_blurred" not in alone


def test_without_levels_no_figure_is_along_them(load):
    evaluation = {"encoders": "all", "datasets": ["in1k"], "protocols": ["linear"]}
    found = load(evaluations={"seen": evaluation}, report={})
    assert {name for name in found.figures if name.startswith("levels")} == set()
    assert "levels" in found.tables


def test_of_many_encoders_the_few_shot_figure_shows_a_selection(load):
    figures = load().figures
    shown = [encoder.name for encoder in figures["few_shot"].spec.encoders]
    assert shown == ["ResNet50", "a-DeiT-S", "r-MEAL-v2", "s-DINO", "mine"]
    assert "results/probes/d-CLIP/cog_l1/linear.parquet" not in figures["few_shot"].spec.files
    assert len(figures["few_shot_relative"].spec.encoders) == len(MODELS) + 1
    labels = [column.label for column in figures["few_shot_relative"].spec.columns]
    assert labels == ["seen", "L1", "L2", "L3"]


def test_label_noise_is_between_the_seen_concepts_and_the_farthest_level(load):
    planned = load().figures["label_noise_ResNet50"]
    pairs = [(row.dataset, row.other) for row in planned.spec.crossings]
    assert pairs == [("seen", "L3"), ("L3", "seen")]
    assert planned.spec.manifests == [
        "results/images/cog_l3/test.parquet",
        "results/images/in1k/test.parquet",
    ]
    assert planned.shown == "results/figures/label_noise_ResNet50.png"


def rows(names, **given):
    return [
        EncoderRow(name=n, label=n, recipe={}, **({"category": None} | given.get(n, {})))
        for n in names
    ]


@pytest.fixture
def many(summary):
    """Thirteen published models and an encoder of this run, with the scores of one encoder."""
    plain = summary[summary["encoder"] == "plain"]
    scores = pd.concat([plain.assign(encoder=name) for name in [*MODELS, "mine"]])
    given = {n: {"category": category, "published": n} for n, category in MODELS.items()}
    return scores, rows([*MODELS, "mine"], **given)


def test_many_encoders_are_divided_by_category(many, spec):
    scores, encoders = many
    own = spec.model_copy(update={"encoders": encoders, "baseline": "ResNet50"})
    figure = relative_figure(scores, own)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        "(b) Self-supervision",
        "(c) Regularization",
        "(d) Use of web data",
        "(e) Architecture",
    ]
    # What has no category can be compared in each panel.
    _, (_, regularized), *_ = panels(encoders, baseline="ResNet50")
    assert [encoder.name for encoder in regularized] == ["ResNet50", "mine", "r-MEAL-v2"]
    few = panels(encoders[:8], baseline="ResNet50")
    assert [title for title, _ in few] == [""]
    crowd = rows([f"own_{number}" for number in range(13)])
    *_, (title, members) = panels([*encoders, *crowd], baseline="ResNet50")
    assert title == "This run"
    assert len(members) == 1 + 1 + 13


@pytest.fixture
def crowd(summary):
    """The published models and twenty encoders of this run, the higher their number the better."""
    names = [*MODELS, *(f"own_{number}" for number in range(20))]
    plain = summary[summary["encoder"] == "plain"]
    scores = [plain.assign(encoder=n, mean=plain["mean"] + at) for at, n in enumerate(names)]
    given = {n: {"category": category, "published": n} for n, category in MODELS.items()}
    return pd.concat(scores), rows(names, **given)


def shown_names(axes):
    """The names at the ends of lines, from the lowest."""
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_of_many_encoders_some_stand_out(crowd, spec):
    """The baseline, the thesis's selection, the best of each category, and the best of this run."""
    scores, encoders = crowd
    selected = {name for name in MODELS if name in FEW_SHOT}
    best = {[n for n in MODELS if MODELS[n] == kind][-1] for kind in set(MODELS.values())}
    own = spec.model_copy(update={"encoders": encoders, "baseline": "ResNet50"})
    figure = absolute_figure(scores, own)
    [axes] = figure.axes
    names = shown_names(axes)
    assert len(names) == MAX_TOGETHER + 1
    assert {"ResNet50", *selected, *best} <= set(names)
    owns = [name for name in names if name.startswith("own_")]
    assert owns == [f"own_{number}" for number in range(20 - len(owns), 20)]
    # The others are thin, and grey if they are of this run.
    faint = [line for line in axes.lines if line.get_linewidth() == FAINT]
    assert len(faint) == len(encoders) - len(names)
    assert [line.get_color() for line in faint].count(style.MUTED) == 20 - len(owns)
    [legend] = figure.legends
    assert "Self-supervision" in [text.get_text() for text in legend.get_texts()]
    assert not {*names} & {text.get_text() for text in legend.get_texts()}


def test_names_at_the_ends_of_many_lines_do_not_touch(crowd, spec, tmp_path):
    scores, encoders = crowd
    own = spec.model_copy(update={"encoders": encoders, "baseline": "ResNet50"})
    for figure in (absolute_figure(scores, own), relative_figure(scores, own)):
        save(figure, tmp_path / "figure")
        for axes in figure.axes:
            boxes = [t.get_window_extent() for t in axes.texts if t.get_text()]
            boxes.sort(key=lambda box: box.y0)
            assert len(boxes) <= MAX_TOGETHER + 1
            assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))


def test_few_shot_curves_of_many_encoders_are_those_that_stand_out(crowd, spec):
    scores, encoders = crowd
    own = spec.model_copy(update={"encoders": encoders, "baseline": "ResNet50"})
    figure = few_shot_figure(scores, own)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == MAX_TOGETHER + 1
    for axes in figure.axes:
        lines = [line for line in axes.lines if line.get_linewidth() == FAINT]
        assert len(lines) == len(encoders) - len(names)
        assert len([c for c in axes.collections if isinstance(c, PolyCollection)]) == len(names)


def test_colour_is_the_category_of_many_encoders(many):
    _, encoders = many
    found = looks(encoders, baseline="ResNet50")
    assert len({found[name].colour for name in MODELS if name.startswith("s-")}) == 1
    assert found["a-DeiT-S"].colour == COMPARABLE != found["a-VGG19"].colour
    assert found["mine"].colour == style.INK
    assert found["mine"].width > found["s-DINO"].width
    pairs = {(look.colour, look.marker) for look in found.values()}
    assert len(pairs) == len(encoders)
    assert len({look.colour for look in looks(encoders[:8], baseline="ResNet50").values()}) == 8


def test_figure_3_5_has_the_numbers_of_images_of_the_thesis(summary, spec):
    shots = ["1", *(name for name in sorted(SHOTS))]
    cells = summary[summary["shots"] == "all"]
    scores = pd.concat([cells.assign(shots=name) for name in shots])
    figure = few_shot_figure(scores, spec)
    ticks = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert ticks == ["2", "4", "8", "16", "32", "64", "128", "All"]


def test_few_shot_grid_has_a_row_a_data_set_and_a_column_a_category(many, spec):
    scores, encoders = many
    keys = dict(spec) | {"encoders": encoders, "baseline": "ResNet50"}
    figure = few_shot_grid(scores, FewShotSpec(**keys, relative=False))
    assert len(figure.axes) == 3 * 4
    labels = [axes.get_ylabel() for axes in figure.axes[::4]]
    assert labels == ["seen: top-1 (%)", "L1: top-1 (%)", "L2: top-1 (%)"]
    assert figure.axes[0].lines[0].get_ydata().tolist() == [60, 70]
    relative = few_shot_grid(scores, FewShotSpec(**keys, relative=True))
    assert relative.axes[0].get_ylabel() == "seen: minus ResNet50 (points)"


def test_concepts_that_no_level_takes_are_grey():
    ranking = pd.DataFrame({"rank": [2, 1, 3, 5, 4], "similarity": [0.5, 0.9, 0.4, 0.1, 0.2]})
    levels = pd.DataFrame({"level": [1, 2], "rank": [1, 3]})
    [axes] = ranking_figure(ranking, levels).axes
    assert axes.lines[-1].get_ydata().tolist() == [0.9, 0.5, 0.4, 0.2, 0.1]
    assert [text.get_text() for text in axes.texts] == ["L1", "L2"]
    assert [(p.get_x(), p.get_width()) for p in axes.patches] == [(1.5, 1), (3.5, 2)]


def test_images_of_each_concept_have_a_panel_a_data_set():
    counts = images_per_concept([pd.DataFrame({"wnid": ["a", "b", "a"]})] * 2)
    assert counts == [4, 2]
    labels = ["IN-1K", "L1", "L2", "L3"]
    figure = images_figure(dict.fromkeys(labels, counts))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"({a}) {name}: 6 images" for a, name in zip("abcd", labels, strict=True)]


def test_own_rows_of_b1_are_in_the_thesiss_order(many, spec):
    scores, encoders = many
    one = spec.model_copy(update={"encoders": encoders[::-1], "columns": spec.columns[:1]})
    frame = published_table(scores, linear_probe(PAPER), one).frame
    own = frame.loc[frame["own"], "model"].tolist()
    assert own[:4] == ["mine", "ResNet50", "a-DeiT-S", "a-VGG19"]
    assert own[-2:] == ["d-CLIP", "r-MEAL-v2"]


@pytest.fixture
def models():
    paper = Paper(names=["cog_models"], folder=str(PAPER))
    return ModelsSpec(paper=paper, evaluated={"s-DINO": "dino"})


def test_table_3_2_has_the_31_models_and_marks_those_of_this_run(models):
    table = model_table(models)
    frame = table.frame.set_index("model")
    assert len(frame) == 31
    assert frame.loc["a-VGG19", "notes"] == "Simple CNN (139.6M)"
    assert frame.loc["s-DINO", ["notes", "here", "own"]].tolist() == [
        "Online clustering",
        "dino",
        True,
    ]
    assert frame["own"].sum() == 1
    assert frame["group"].iloc[0] == "Reference: ResNet50"
    none = model_table(models.model_copy(update={"evaluated": {}}))
    assert [column.key for column in none.columns] == ["model", "notes"]


def test_table_3_3_has_the_rows_of_the_thesis(models):
    table = architecture_table(models)
    assert table.frame["dim"].tolist() == [2048, 384, 384, 768, 1536, 1280, 1792, 4096]
    assert table.note == (
        "Not in the thesis's table: a-DeiT-S-distilled (384), a-Inception-v3 (2048), "
        "a-ResNet152 (2048)."
    )


def test_table_3_1_has_ten_ids_a_row():
    wnids = [f"n{number:08d}" for number in range(13)]
    pool = pd.DataFrame({"wnid": wnids[::-1], "dropped_by": "discarded"})
    pool.loc[0, "dropped_by"] = None
    frame = discarded_table(pool, benchmark="cog").frame
    assert frame.to_numpy().tolist() == [wnids[:10], [*wnids[10:12], *[""] * 8]]
    assert discarded_table(pool.iloc[:1], benchmark="cog").frame.empty


@pytest.fixture
def pictured(tmp_path):
    """Two data sets with pictures, and the confident predictions of one's classifier."""
    specs = []
    for wnid in ("n1", "n2"):
        frame = pd.DataFrame({"id": [f"{wnid}_{k}.png" for k in range(4)], "wnid": wnid})
        frame["path"] = [str(tmp_path / name) for name in frame["id"]]
        for place, path in enumerate(frame["path"]):
            Image.new("RGB", (30, 20), (60 * place, 0, 0)).save(path)
        frame = frame.assign(container="file", locator=0, size=-1)
        path = tmp_path / f"{wnid}.parquet"
        write_manifest(frame, path, dataset=wnid, split="test", classes=[wnid])
        specs.append(str(path))
    listed = pd.DataFrame(
        {
            "seed": [0, 0, 0, 1],
            "id": ["n2_0.png", "n2_1.png", "n2_2.png", "n2_2.png"],
            "wnid": "n2",
            "predicted": ["n1", "n1", "n3", "n1"],
            "confidence": [0.991, 0.995, 0.993, 0.992],
        }
    )
    summary = {"images": 4, "confidence": 0.99, "share": 0.5}
    write_parquet(listed, tmp_path / "a.parquet", metadata=summary)
    write_parquet(listed.iloc[:0], tmp_path / "b.parquet", metadata=summary)
    names = pd.DataFrame({"wnid": ["n1", "n2"], "name": ["rock climbing", "cliff, drop"]})
    write_parquet(names, tmp_path / "classes.parquet")
    rows = [
        CrossingRow(encoder="base", dataset=dataset, other=other, listed=str(tmp_path / name))
        for dataset, other, name in (("seen", "L5", "a.parquet"), ("L5", "seen", "b.parquet"))
    ]
    classes = [str(tmp_path / "classes.parquet")]
    return PicturedSpec(crossings=rows, classes=classes, manifests=specs[::-1])


def test_label_noise_shows_the_pictures(pictured, tmp_path):
    figure = noise_figure(pictured)
    first, second, *_ = figure.axes
    # The surest image of each pair of class and prediction, once.
    assert first.images[0].get_array()[0, 0].tolist() == [60, 0, 0]
    assert first.texts[0].get_text().split("\n") == [
        "is: cliff",
        "predicted: rock climbing",
        "confidence 0.9950",
    ]
    assert second.images[0].get_array()[0, 0].tolist() == [120, 0, 0]
    assert "predicted: n3" in second.texts[0].get_text()
    assert sum(len(axes.images) for axes in figure.axes) == 2
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "Images of seen, classifier of L5: none above 0.99" in titles
    save(figure, tmp_path / "noise")
    assert (tmp_path / "noise.png").stat().st_size > 1000


def test_a_list_of_other_images_is_refused(pictured):
    swapped = pictured.model_copy(update={"manifests": pictured.manifests[::-1]})
    with pytest.raises(InputError, match=r"n1\.parquet: no image n2_1\.png"):
        noise_figure(swapped)


def test_images_with_and_without_blurred_faces(tmp_path):
    def manifests(label, published, *counts):
        paths = [str(tmp_path / f"{label}_{split}.parquet") for split in ("train", "val", "test")]
        for path, count in zip(paths, counts, strict=True):
            write_parquet(pd.DataFrame({"wnid": ["n1"] * count}), path)
        return ImagesRow(label=label, train=paths[:2], test=paths[2], published=published)

    datasets = [
        manifests("mine", "in1k", 5, 2, 3),
        manifests("blurred", "in1k_blurred", 4, 2, 2),
        manifests("other", None, 1, 0, 1),
    ]
    paper = Paper(names=["in1k_blurred_counts"], folder=str(PAPER))
    table = image_table(BlurredSpec(datasets=datasets, paper=paper))
    frame = table.frame
    assert frame["images"].tolist() == [7, 3, 6, 2, 1, 1]
    assert frame["thesis"].tolist()[:4] == [1281167, 50000, 1281066, 49997]
    assert math.isnan(frame["thesis"].iloc[4])
    alone = image_table(BlurredSpec(datasets=datasets))
    assert [column.key for column in alone.columns] == ["dataset", "split", "images"]
