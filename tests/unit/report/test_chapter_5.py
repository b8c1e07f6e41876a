"""Tables and figures of chapter 5, from scores that are the thesis's own."""

import functools

import pandas as pd
import pytest

from cogworks.core.files import write_parquet
from cogworks.plan.load import load
from cogworks.report import scores
from cogworks.report.clone_pictures import by_prompt, series, simplest_and_richest
from cogworks.report.clone_rows import PROMPTS
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.formats import to_csv, to_latex, to_markdown
from cogworks.report.page.html_table import html_table
from cogworks.report.planned import Exhibits

from .conftest import IN1K, PAPER

WORLD = {"kind": "world", "size": 32}
RULE = {"max_images": 20, "test_images": 5}
TRANSFER = ["aircraft", "cars196", "dtd", "eurosat", "flowers", "pets", "food101", "sun397"]
LONG_TAIL = ["inat2018", "inat2019"]
SETS = [*TRANSFER, *LONG_TAIL]
CLASSES = {"in100": ["n02084071", "n02121620"], "in1k": ["n02084071", "n02121620", "n02274259"]}
# What the thesis's files call the prompts.
PAPER_PROMPTS = {"c, h": "c,hc", "c, d": "c,dc", "c, h inside b": "c,hc_inside_b"}
COUNTS = {"in100": 100, "in1k": 1000, "pets": 37, "flowers": 102, "dtd": 47, "eurosat": 10}
COUNTS |= {"aircraft": 100, "cars196": 196, "food101": 101, "sun397": 397}
COUNTS |= {"inat2018": 8142, "inat2019": 1010} | {f"cog_l{n}": 1000 for n in range(1, 6)}


def clone_name(like, prompt, guidance, size=1):
    """The name of a clone, and of the run and the encoder on it."""
    return f"{like}_{PROMPTS.index(prompt)}_g{guidance:g}_x{size}".replace(".", "")


# Clones as the thesis's tables have them, and some that they have not.
CLONES = {
    clone_name(like, *recipe): {"like": like, "prompt": recipe[0], "guidance": recipe[1]}
    | ({"multiple": recipe[2]} if len(recipe) > 2 else {})
    for like, recipe in [
        *(("in1k", (prompt, 7.5)) for prompt in ("c, h inside b", "c, d")),
        ("in1k", ("c, d", 2.0)),
        *(("in100", ("c, d", 2.0, size)) for size in (50, 20, 10)),
        *(("in100", (prompt, guidance)) for guidance in (2.0, 7.5) for prompt in PROMPTS),
        ("in100", ("c, d", 4.0)),
    ]
}
OTHER = clone_name("in100", "c, d", 4.0)
PLAIN_100 = clone_name("in100", "c, d", 2.0)
BEST_100, BEST_1K = clone_name("in100", "c, d", 2.0, 50), clone_name("in1k", "c, d", 2.0)


@pytest.fixture(scope="module")
def config():
    """Chapter 5 at a small size."""
    world = {"source": WORLD, **RULE}
    plain = world | {"classes": {"wnids": CLASSES["in1k"]}}
    run = {"recipe": "base_mc", "scale": "px32", "augmentation": {"recipe": "dino"}}
    crops = run | {"augmentation": {"recipe": "pytorch", "local_crops": 0}}
    in100 = [name for name, clone in CLONES.items() if clone["like"] == "in100"]
    in1k = [name for name, clone in CLONES.items() if clone["like"] == "in1k"]
    plain_c = clone_name("in100", "c", 7.5)
    return {
        "concepts": {"bench": {"levels": {"count": 5, "size": 100, "gaps": "none"}}},
        "images": {
            **{name: world | {"classes": {"wnids": wnids}} for name, wnids in CLASSES.items()},
            "cog": world | {"classes": {"benchmark": "bench", "part": "levels"}},
            **dict.fromkeys(("v2_a", "v2_b", "sketch", "r", "a", *SETS), plain),
        },
        "synthesis": {
            "generators": {"tiny": {"train": {"dataset": "in100"}}},
            "clones": {name: clone | {"generator": "tiny"} for name, clone in CLONES.items()},
        },
        "training": {
            "real": run | {"dataset": "in100"},
            "real_crop": crops | {"dataset": "in100"},
            "drawn_crop": crops | {"dataset": plain_c, "validation": {"dataset": "in100"}},
            **{
                name: run | {"dataset": name, "validation": {"dataset": clone["like"]}}
                for name, clone in CLONES.items()
            },
        },
        "encoders": {
            "random": {"model": "cogworks:small_resnet", "weights": "random"},
            **{name: {"run": name} for name in ("real", "real_crop", "drawn_crop", *CLONES)},
        },
        "probes": {
            "own": {"kind": "classifier"},
            "linear": {"kind": "sgd"},
            "small": {"kind": "lbfgs"},
        },
        "evaluations": {
            "large": {
                "encoders": in1k,
                "datasets": ["in1k"],
                "protocols": ["own"],
                "test_sets": ["a", "r", "sketch", "v2_a", "v2_b"],
            },
            "small": {
                "encoders": [*in100, "real", "real_crop", "drawn_crop"],
                "datasets": ["in100"],
                "protocols": ["own"],
                "test_sets": ["v2_a", "v2_b", "sketch", "r", "a"],
            },
            "transfer": {
                "encoders": [*in1k, BEST_100, PLAIN_100, "real", "random"],
                "datasets": SETS,
                "protocols": ["small"],
            },
            "levels": {
                "encoders": [BEST_1K],
                "datasets": ["cog", "in1k"],
                "protocols": ["linear"],
            },
        },
        "analysis": {"features": {"encoders": ["real", plain_c], "datasets": ["in100"]}},
        "report": {
            "chapter": 5,
            "seen": "in100",
            "labels": {"real": "Baseline", "random": "Random Weights"},
            "test_set_groups": {"v2": ["v2_a", "v2_b"]},
        },
    }


@pytest.fixture(scope="module")
def exhibits(config):
    return Exhibits(load(config))


def paper_model(encoder):
    """What the thesis's files call an encoder in tables 5.2 and in 5.3 and 5.4."""
    names = {"real": "Baseline", "random": "random_weights", OTHER: None}
    if encoder not in CLONES or encoder == OTHER:
        return names[encoder], names[encoder]
    clone = CLONES[encoder]
    prompt = PAPER_PROMPTS.get(clone["prompt"], clone["prompt"])
    size = f" {clone['multiple']}x" if "multiple" in clone else ""
    return (
        (clone["like"], str(clone.get("multiple", 1)), f"{clone['guidance']:.1f}", prompt),
        f"{prompt}{size} gs{clone['guidance']:.1f}",
    )


@functools.cache
def paper(name):
    return pd.read_csv(PAPER / f"{name}.csv", keep_default_na=False, dtype=str)


def published_52(encoder, test_set, metric):
    rows = paper("sd_imagenet_sets")
    rows = rows[(rows["test_set"] == test_set) & (rows["metric"] == metric)]
    model, _ = paper_model(encoder)
    if isinstance(model, tuple):
        keys = ["classes", "size_multiple", "guidance_scale", "prompt"]
        rows = rows[(rows[keys] == list(model)).all(axis=1)]
    else:
        rows = rows[rows["model"] == model]
    return float(rows["value"].item()) if model else 50.0


def published_top1(encoder, dataset):
    file = "sd_cog" if dataset.startswith(("cog_", "in1k")) else "sd_transfer"
    rows = paper(file)
    _, model = paper_model(encoder)
    names = rows["model"].str.replace("_gs", " gs")
    found = rows[(names == model) & (rows["dataset"] == dataset)]["value"]
    return 50.0 if encoder == PLAIN_100 else float(found.item())


def probe_row(key, test_set, top1, top5=99.0):
    encoder, dataset, protocol = key
    return {
        "encoder": encoder,
        "dataset": dataset,
        "test_set": test_set,
        "protocol": protocol,
        "shots": "all",
        "seed": 0,
        "top1": top1,
        "top5": top5,
        "mean_class": top1,
        "log_odds": 0.0,
        "class_right": [round(10 * top1)],
        "class_images": [1000],
        "n_train": IN1K["n_train"] if dataset == "in1k" else 400,
        "n_test": IN1K["n_test"] if dataset == "in1k" else 200,
        "n_classes": COUNTS[dataset],
        "diverged": False,
        "converged": None,
    }


def score_rows(key, job):
    """The thesis's scores of a job."""
    encoder, dataset, protocol = key
    if protocol != "own":
        return [probe_row(key, dataset, published_top1(encoder, dataset))]
    crops = {"real_crop": 86.6, "drawn_crop": 28.4}
    test_sets = [dataset, *(found.name for found in job.test_sets)]
    if encoder in crops:
        return [probe_row(key, test_set, crops[encoder]) for test_set in test_sets]
    rows = []
    for test_set in test_sets:
        name = "val" if test_set == dataset else test_set.removesuffix("_a").removesuffix("_b")
        rows.append(probe_row(key, test_set, *(published_52(encoder, name, m) for m in METRICS)))
    return rows


METRICS = ("top1", "top5")


@pytest.fixture(scope="module")
def make(exhibits, tmp_path_factory):
    """Return a function that makes an exhibit of the thesis's scores by its medium and name."""
    folder = tmp_path_factory.mktemp("chapter5")
    for key, job in exhibits.plan.jobs.items():
        write_parquet(pd.DataFrame(score_rows(key, job)), folder / job.scores)

    def maker(medium, name):
        planned = getattr(exhibits, medium)[name]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            given = type(planned.spec).model_validate(as_the_thesis(planned.spec.model_dump()))
            return EXHIBITS.load(planned.kind_name).make(given)

    return maker


def as_the_thesis(value):
    """A spec as if no setting differed from the thesis's, with the folder of its numbers."""
    if isinstance(value, dict):
        fixed = {"differs": "", "folder": str(PAPER)}
        return {key: fixed.get(key, as_the_thesis(found)) for key, found in value.items()}
    return [as_the_thesis(found) for found in value] if isinstance(value, list) else value


def marked(table, mark):
    """The numbers that are marked, by the number of their row; rows without any are left out."""
    found = {
        int(row["row"]): [
            f"{row[column.key]:.1f}"
            for column in table.columns
            if column.is_number and getattr(marks[column.key], mark)
        ]
        for (_, row), marks in zip(table.frame.iterrows(), table.marks(), strict=True)
    }
    return {row: numbers for row, numbers in found.items() if numbers}


def test_table_5_2_has_the_rows_of_the_thesis_in_its_order(make, exhibits):
    table = make("tables", "clone_test_sets")
    rows = paper("sd_imagenet_sets")
    wide = rows.assign(value=rows["value"].astype(float)).pivot(
        index="row", columns=["test_set", "metric"], values="value"
    )
    wide.index = wide.index.astype(int)
    wide = wide.sort_index()[[(s, m) for s in ("val", "v2", "sketch", "r", "a") for m in METRICS]]
    numbers = [column.key for column in table.columns if column.is_number]
    assert table.frame[numbers].to_numpy().tolist() == wide.to_numpy().tolist()
    assert [c.title for c in table.columns][-4:] == [
        "IN-R* Top-1",
        "IN-R* Top-5",
        "IN-A* Top-1",
        "IN-A* Top-5",
    ]
    assert table.frame["model"].tolist()[:5] == [
        "Baseline",
        "“c”",
        "“c, h_c”",
        "“c, d_c”",
        "“c, h_c inside b”",
    ]
    assert table.frame["size"].tolist()[9:12] == ["10×", "20×", "50×"]
    assert exhibits.tables["clone_test_sets"].exhibit.number == "5.2"


def test_table_5_2_has_the_bold_and_the_colours_of_the_thesis(make):
    table = make("tables", "clone_test_sets")
    best = ["42.9", "70.3", "43.0", "70.3", "16.6", "35.1", "26.3", "45.3", "3.6", "15.1"]
    bold = {
        5: ["81.8"],
        6: ["41.8", "67.6", "64.2", "83.9"],
        7: ["39.2", "66.7", "61.9", "85.1"],
        8: ["60.5"],
        9: ["65.5", "64.0", "87.2", "21.9", "63.1"],
        10: ["40.0", "65.7"],
        11: ["63.9", "81.5"],
        12: ["73.3", "91.7", "72.3", "91.2", "42.0", "67.0", "59.4", "82.3"],
        17: best,
    }
    assert marked(table, "bold") == bold
    above = bold | {9: ["65.5", "64.0", "87.2"], 12: ["42.0", "67.0", "59.4", "82.3"]}
    del above[17]
    assert marked(table, "above") == above
    assert list(marked(table, "italic")) == [1, 13, 14]


def test_table_5_3_is_the_thesiss(make):
    table = make("tables", "clone_transfer")
    rows = paper("sd_transfer").astype({"row": int, "value": float})
    wide = rows.pivot(index="row", columns="dataset", values="value").sort_index()
    assert table.frame[SETS].to_numpy().tolist() == wide[SETS].to_numpy().tolist()
    # The thesis averaged before it rounded.
    assert table.frame["average"].to_numpy() == pytest.approx(wide["average"], abs=0.06)
    assert [c.label for c in table.columns][-3:] == ["iNat18", "iNat19", "Avg."]
    best = ["55.3", "57.2", "75.9", "96.7", "92.9", "73.1", "46.3", "68.4"]
    bold = marked(table, "bold")
    assert (bold[4], bold[5], bold[8]) == (["35.5"], ["93.0", "63.4"], best)
    assert len(bold[3]) == 11
    assert marked(table, "above")[6] == ["96.5", "90.1"]


def test_table_5_4_underlines_the_second_best(make):
    table = make("tables", "clone_levels")
    text = to_markdown(table)
    rows = [line.split("|")[3:-1] for line in text.splitlines() if line.startswith("| IN-1K")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["PyTorch", "<u>75.8</u>", "67.8", "63.1", "58.9", "58.2", "52.0"],
        ["RSB-A1", "**79.8**", *(f"<u>{n}</u>" for n in (69.9, "65.0", 60.9, 59.3, 52.8))],
        ["DINO", "74.8", *(f"**{n}**" for n in (71.1, 67.2, 63.2, 62.6, 57.6))],
        ["“c, d_c”", "70.4", "65.7", "61.8", "58.5", "58.0", "52.4"],
    ]
    assert r"\underline{75.8}" in to_latex(table, name="t")
    assert '<td class="number second" data-value="75.8">' in html_table(table, name="t")


def test_table_5_1_is_two_by_two(make):
    frame = make("tables", "augmentation_in100").frame
    shown = frame[["data", "PyTorch", "DINO (+ multi-crop)", "gain"]].round(1)
    assert shown.to_numpy().tolist() == [
        ["IN-100", 86.6, 87.4, 0.8],
        ["IN-100-SD", 28.4, 43.1, 14.7],
    ]


def test_marks_survive_in_every_format(make):
    table = make("tables", "clone_test_sets")
    page = html_table(table, name="t")
    assert '<td class="number best above" data-value="81.8">' in page
    assert '<td class="number reference" data-value="87.4">' in page
    assert '<th colspan="2" scope="colgroup" class="over">IN-Val</th>' in page
    assert page.count(' begins"') == 2
    latex = to_latex(table, name="t")
    assert r"\textbf{\textcolor[HTML]{A63A2B}{81.8}}" in latex
    assert r"\textit{87.4}" in latex
    assert r"\multicolumn{2}{c}{IN-Val} & \multicolumn{2}{c}{IN-v2}" in latex
    assert r"\cmidrule(lr){6-7} \cmidrule(lr){8-9}" in latex
    assert latex.count(r"\midrule") == 2
    text = to_markdown(table)
    assert "**81.8 ▲**" in text
    assert "*87.4*" in text
    assert "▲: in colour" in text
    texts, _, numbers = to_csv(table).splitlines()[5].rpartition('"')
    assert texts == '5,IN-100-SD,,7.5,"“c, h_c inside b”'
    # Top-1 with deviation and interval, which one seed and no counts by class do not give; top-5.
    assert numbers.startswith(",51.5,,,,76.8,,")


def test_models_of_the_thesis_stay_out_where_classes_differ(make, monkeypatch):
    collect = scores.collect
    monkeypatch.setattr(scores, "collect", lambda paths: collect(paths).assign(n_classes=20))
    table = make("tables", "clone_levels")
    assert table.frame["model"].tolist() == ["“c, d_c”"]
    text = "Not comparable with the published rows: IN-1K has 20 classes; the thesis: 1,000."
    assert text in table.note


def test_a_table_of_another_chapter_or_none_has_all_rows(config):
    report = config["report"] | {"chapter": None}
    exhibits = Exhibits(load(config | {"report": report}))
    names = [row.name for row in exhibits.tables["clone_test_sets"].spec.rows]
    assert OTHER in names
    assert len(names) == len(CLONES) + 3


def test_published_models_stand_with_their_own_classifiers_among_those_of_their_classes(config):
    images = dict(config["images"])
    for name, known in (("in1k", "imagenet1k"), ("in100", "imagenet100")):
        images[name] = images[name] | {"classes": {"file": known}}
    large = ["ResNet50", "RSB-A1", "ImageNet-1K-SD"]
    evaluations = dict(config["evaluations"])
    for name, models in (("large", large), ("small", ["ImageNet-100-SD"])):
        encoders = [*evaluations[name]["encoders"], *models]
        evaluations[name] = evaluations[name] | {"encoders": encoders}
    encoders = config["encoders"] | {
        name: {"registry": name} for name in (*large, "ImageNet-100-SD")
    }
    sections = {"images": images, "evaluations": evaluations, "encoders": encoders}
    exhibits = Exhibits(load(config | sections))
    spec = exhibits.tables["clone_test_sets"].spec
    rows = [(row.data, row.model) for row in spec.rows if row.name not in config["encoders"]]
    assert rows == [
        ("IN-100-SD", "ImageNet-100-SD"),
        ("IN-1K", "PyTorch"),
        ("IN-1K", "RSB-A1"),
        ("IN-1K-SD", "ImageNet-1K-SD"),
    ]
    assert spec.published == []
    groups = exhibits.tables["augmentation_in100"].spec.rows
    assert len(groups) == 2


def test_figure_5_6_is_of_encoders_that_learned_from_clones(exhibits, config):
    assert exhibits.figures["features"].numbered.number == "5.6"
    analysis = {"features": config["analysis"]["features"] | {"encoders": ["real"]}}
    others = Exhibits(load(config | {"analysis": analysis}))
    assert others.figures["features"].numbered is None


def test_figure_5_2_has_the_thesiss_model_where_the_run_has_none(make, exhibits, monkeypatch):
    spec = exhibits.figures["real_and_drawn"].spec
    assert [corner.label for corner in spec.corners] == [
        "IN-Val",
        "IN-v2",
        "IN-Sketch",
        "IN-R",
        "IN-A",
        "small sets (8)",
        "long-tail sets (2)",
        "CoG levels (5)",
    ]
    assert [polygon.name for polygon in spec.polygons] == [BEST_1K]
    texts = {text.get_text() for text in make("figures", "real_and_drawn").axes[0].texts}
    # Top-5 on IN-Val of tables 5.2, means over the two long-tail sets and the levels.
    assert {"92.9", "70.3", "38.5", "40.6", "60.0", "59.3", "IN-Val\ntop-5"} <= texts
    collect = scores.collect
    monkeypatch.setattr(scores, "collect", lambda paths: collect(paths).assign(n_classes=20))
    texts = {text.get_text() for text in make("figures", "real_and_drawn").axes[0].texts}
    assert "70.3" in texts
    assert "92.9" not in texts


def test_figure_5_2_is_a_polygon_for_each_of_two_encoders(config):
    names = {name: entry for name, entry in config["evaluations"].items() if name != "large"}
    exhibits = Exhibits(load(config | {"evaluations": names}))
    spec = exhibits.figures["real_and_drawn"].spec
    assert len(spec.corners) == 7
    assert [polygon.name for polygon in spec.polygons] == ["real", PLAIN_100]
    assert spec.published is None
    assert "resources" not in " ".join(spec.files)


def test_the_longest_series_in_one_number_is_shown(exhibits):
    clones = exhibits.plan.clones.values()
    assert [clone.section.guidance for clone in series(clones, "guidance")] == [2, 4, 7.5]
    assert {clone.section.prompt for clone in series(clones, "guidance")} == {"c, d"}
    assert len(series(clones, "steps")) == 1
    assert [f.exhibit.number for f in exhibits.planned if f.kind.photographs] == [
        "E.1 (a)",
        *(f"E.{number}" for number in range(2, 10)),
    ]


def test_prompts_are_compared_at_the_thesiss_guidance(exhibits):
    clones = by_prompt(exhibits.plan.clones.values())
    assert [clone.section.prompt for clone in clones] == ["c", "c, h", "c, d", "c, h inside b"]
    assert {(c.section.guidance, c.section.like) for c in clones} == {(7.5, "in100")}
    names = [clone.name for clone in simplest_and_richest(exhibits.plan.clones.values())]
    assert names == [clone_name("in100", "c", 7.5), clone_name("in100", "c, h inside b", 2.0)]


def test_an_exhibit_waits_for_the_images_that_it_shows(exhibits):
    spec = exhibits.figures["pictures_of_classes_1"].spec
    assert spec.files == [
        "results/images/in100/test.parquet",
        *(
            f"results/synthesis/{c.name}/manifest.parquet"
            for c in simplest_and_richest(exhibits.plan.clones.values())
        ),
        f"results/synthesis/{clone_name('in100', 'c', 7.5)}/classes.parquet",
    ]
    assert exhibits.figures["pictures_of_classes_1"].shown.endswith(".png")
