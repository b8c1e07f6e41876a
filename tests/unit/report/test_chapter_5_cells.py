"""Cells of tables 5.1 to 5.4 that are paired with the thesis's: by settings, and by these alone."""

import functools

import pandas as pd
import pytest

from cogworks.config.include import layers, merged
from cogworks.config.yaml_file import load_yaml
from cogworks.core.files import write_parquet
from cogworks.plan.load import load
from cogworks.report import scores
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.part_notes import differences, notes, published_cells
from cogworks.report.planned import Exhibits
from cogworks.report.reproduced import cells
from cogworks.report.targets import Targets

from .conftest import PAPER, REPOSITORY, with_keys
from .test_chapter_5 import COUNTS, PAPER_PROMPTS, paper, probe_row

TABLES = {
    "5.1": "augmentation_in100",
    "5.2": "clone_test_sets",
    "5.3": "clone_transfer",
    "5.4": "clone_levels",
}
MODELS = {"random": "random_weights", "ResNet50": "PyTorch", "s-DINO": "DINO", "real": "Baseline"}


@pytest.fixture(scope="module")
def shipped():
    path = REPOSITORY / "config" / "thesis" / "chapter-5.yaml"
    return merged(layers([path]), load_yaml(path))


@pytest.fixture(scope="module")
def with_changes(shipped):
    """Return a function that sets keys of the shipped config and returns its exhibits."""

    return lambda changes: Exhibits(load(with_keys(shipped, changes)))


@pytest.fixture(scope="module")
def exhibits(with_changes):
    return with_changes({})


@functools.cache
def published():
    """The thesis's numbers: by clone or model, and by test set and metric or data set."""
    found = {}
    for row in paper("sd_imagenet_sets").to_dict("records"):
        clone = (row["classes"], row["prompt"], row["guidance_scale"], row["size_multiple"])
        place = (row["test_set"], row["metric"])
        found[clone if row["source"] == "sd" else row["model"], place] = float(row["value"])
    for file in ("sd_transfer", "sd_cog"):
        for row in paper(file).to_dict("records"):
            name = row["model"]
            if row["training_set"].endswith("_sd"):
                prompt, *size, scale = name.replace("_gs", " gs").split()
                classes = row["training_set"].removesuffix("_sd")
                size = size[0].removesuffix("x") if size else "1"
                name = (classes, prompt, scale.removeprefix("gs"), size)
            found[name, row["dataset"]] = float(row["value"])
    return found


def called(plan, encoder):
    """What `published` calls an encoder."""
    run = plan.encoders[encoder].run
    clone = plan.clones.get(run.dataset.name) if run else None
    if clone is None:
        return MODELS.get(encoder, encoder)
    own = clone.section
    steps = "" if own.steps == 50 else f" in {own.steps} steps"
    prompt = PAPER_PROMPTS.get(own.prompt, own.prompt) + steps
    return own.like, prompt, f"{own.guidance:.1f}", f"{own.multiple:g}"


def score_rows(plan, key, job):
    """The thesis's scores of a job, 50.0 where it has none."""
    encoder, dataset, protocol = key
    counts = COUNTS | {"in100": 100, "in1k": 1000}
    rows = []
    for test_set in [dataset, *(found.name for found in job.test_sets)]:
        name = test_set.removeprefix("in100_").partition("_")[0]
        places = [dataset] * 2
        if protocol == "own_classifier":
            places = [("val" if test_set == dataset else name, m) for m in ("top1", "top5")]
        numbers = [published().get((called(plan, encoder), place), 50.0) for place in places]
        if encoder.endswith("_pytorch"):
            numbers = [{"real_pytorch": 86.6, "sd_pytorch": 28.4}[encoder]] * 2
        rows.append(probe_row(key, test_set, *numbers) | {"n_classes": counts[dataset]})
    return rows


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Return a function that makes the four tables from the thesis's scores."""
    collect = scores.collect

    def made(exhibits, name):
        planned = exhibits.tables[f"chapter_5_{name}"]
        jobs = exhibits.plan.jobs.items()
        rows = [
            r
            for k, j in jobs
            if j.scores in planned.spec.files
            for r in score_rows(exhibits.plan, k, j)
        ]
        file = tmp_path_factory.mktemp("cells") / "scores.parquet"
        write_parquet(pd.DataFrame(rows), file)
        folder = planned.spec.paper.model_copy(update={"folder": str(PAPER)})
        with pytest.MonkeyPatch.context() as patch:
            # One file for all jobs: hundreds would take half a minute.
            patch.setattr(scores, "collect", lambda paths: collect([file]))
            given = planned.spec.model_copy(update={"paper": folder})
            return EXHIBITS.load(planned.kind_name).make(given)

    return lambda exhibits: {number: made(exhibits, name) for number, name in TABLES.items()}


def paired(tables):
    return {n: list(cells(table, f"table {n}")) for n, table in tables.items()}


def test_all_cells_are_reproduced_where_settings_are_the_thesiss(exhibits, make):
    tables = make(exhibits)
    found = paired(tables)
    counts = {n: len(entries) for n, entries in found.items()}
    assert counts == {"5.1": 4, "5.2": 170, "5.3": 80, "5.4": 24}
    assert {cell.difference for entries in found.values() for cell in entries} == {0}
    assert len({cell.cell for entries in found.values() for cell in entries}) == 278
    assert "12 IN-100-SD 50× 2.0 “c, d_c”, IN-v2 Top-5 in table 5.2" in {
        cell.cell for cell in found["5.2"]
    }
    for table in tables.values():
        assert "comparable" not in table.note
        assert "lacks" not in table.note
    (roles,) = exhibits.parts
    assert published_cells(Targets(exhibits), roles) == 278
    assert not [line for line in notes(Targets(exhibits), roles) if "comparable" in line]


def test_what_differs_is_not_paired_and_told_in_one_line(with_changes, make):
    exhibits = with_changes(
        {
            "synthesis/clones/in100_cd_2/guidance": 4,
            "synthesis/clones/in100_ch_2/width": 256,
            "training/sd_in1k/optimizer": {"epochs": 50},
            "images/in100_sketch/max_images": 20,
        }
    )
    tables = make(exhibits)
    counts = {n: len(entries) for n, entries in paired(tables).items()}
    # Two clones of IN-100 and three of IN-1K; Sketch of the other nine encoders of IN-100.
    assert counts == {
        "5.1": 4,
        "5.2": 170 - 10 * (2 + 3) - 2 * 10,
        "5.3": 80 - 10 * 3,
        "5.4": 24 - 6,
    }
    assert "this table lacks IN-100-SD “c, d_c” 2.0." in tables["5.2"].note
    clauses = [
        "synthesis.clones.in100_ch_2.width is 256; the thesis: 512",
        "training.sd_in1k.optimizer.epochs is 50; the thesis: 100",
        "images.in100_sketch.max_images is 20; the thesis: null",
    ]
    text = f"Not comparable with the published rows: {'. '.join(clauses)}."
    assert text in tables["5.2"].note
    told = [line for line in notes(Targets(exhibits), exhibits.parts[0]) if "comparable" in line]
    assert len(told) == 1
    assert all(clause in told[0] for clause in clauses)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"synthesis/generators/sd14": {"path": "weights/sd-turbo"}},
            "synthesis.generators.sd14.path is weights/sd-turbo; the thesis: stable-diffusion-v1-4",
        ),
        (
            {"synthesis/clones/in1k_cd_2/scheduler": "ddim"},
            "synthesis.clones.in1k_cd_2.scheduler is ddim; the thesis: pndm",
        ),
        (
            {"synthesis/clones/in1k_chb_7.5/scenes": "mine.txt"},
            "synthesis.clones.in1k_chb_7.5.scenes is mine.txt; the thesis: the 365 of Places",
        ),
        ({"training/sd/scale": "px64"}, "training.sd.scale is px64; the thesis: imagenet"),
        (
            {"training/sd/projector": {"enabled": True}},
            "training.sd.projector.enabled is true; the thesis: false",
        ),
        (
            {"encoders/sd_in1k": {"run": "sd_in1k", "image_size": 192}},
            "encoders.sd_in1k.image_size is 192; the thesis: 224",
        ),
        (
            {"encoders/random/model": "torchvision:resnet18"},
            "encoders.random.model is torchvision:resnet18; the thesis: torchvision:resnet50",
        ),
        ({"images/in100/max_images": 500}, "images.in100.max_images is 500; the thesis: null"),
        (
            {"probes/own_classifier/restrict_classes": False},
            "probes.own_classifier.restrict_classes is false; the thesis: true",
        ),
        (
            {"images/in100_a/classes": {"wnids": ["n01558993", "n01735189"]}},
            "images.in100_a.classes.wnids lack 13 of the 15 classes that the thesis has",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_setting_that_differs_is_named(with_changes, changes, line):
    roles = with_changes(changes).parts[0]
    found = list(dict.fromkeys(differences(roles)))
    assert found[0] == line
    # Section by section, nothing else differs.
    assert {text.split(".")[1] for text in found} == {line.split(".")[1]}


def test_seeds_and_what_only_computes_do_not_count(with_changes):
    exhibits = with_changes(
        {
            "training/sd/seed": 3,
            "training/sd/compile": True,
            "synthesis/clones/in1k_cd_2/precision": "float16",
            "synthesis/clones/in1k_cd_2/seed": 1,
            "encoders/ResNet50/precision": "bfloat16",
        }
    )
    assert list(differences(exhibits.parts[0])) == []


def test_pixels_of_own_classifiers_are_those_of_either_rule(with_changes):
    """Section 5.5.3 gives the first, for features; the publisher of PyTorch the second."""
    roles = with_changes({"encoders/real_pytorch/resize": 256}).parts[0]
    assert list(differences(roles)) == []
    roles = with_changes({"encoders/real/resize": 256}).parts[0]
    assert set(differences(roles)) == {"encoders.real.resize is 256; the thesis: null"}


def test_figure_5_2_takes_the_thesiss_model_by_the_same_rule(with_changes):
    """It is drawn where the run has none on real images."""
    alone = {"evaluations/sd_classifiers_in1k/encoders": ["sd_in1k"]}
    planned = with_changes(alone).figures["chapter_5_real_and_drawn"]
    assert planned.spec.published.differs == ""
    assert planned.exhibit.note == ""
    planned = with_changes(alone | {"images/inat2019/max_images": 5}).figures[
        "chapter_5_real_and_drawn"
    ]
    line = "images.inat2019.max_images is 5; the thesis: null"
    assert planned.spec.published.differs == line
    assert line in planned.exhibit.note


def test_figures_of_chapter_5_without_published_numbers_have_own_points_alone(exhibits):
    numbers = {"5.4", "5.5 (a)", "5.5 (b)", "5.6"}
    found = [p for p in exhibits.figures.values() if p.exhibit.number in numbers]
    assert {p.exhibit.number for p in found} == numbers
    assert not [path for p in found for path in p.spec.files if "paper" in path]
