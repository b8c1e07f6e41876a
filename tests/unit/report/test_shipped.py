"""Every config that comes with the project: what it plans, and that its report can be made."""

import functools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cogworks.config import published
from cogworks.config.include import layers
from cogworks.config.yaml_file import load_yaml
from cogworks.plan.load import load
from cogworks.report.page import sections
from cogworks.report.planned import Exhibits

from .conftest import REPOSITORY

CONFIG = REPOSITORY / "config"
CHAPTERS = [CONFIG / "thesis" / f"chapter-{number}.yaml" for number in (3, 4, 5)]
# The other files in config/thesis are parts of these.
SHIPPED = [*sorted(CONFIG.glob("*.yaml")), *CHAPTERS]
LEVELS = [f"cog_l{level}" for level in range(1, 6)]
TRANSFER = ["aircraft", "cars196", "dtd", "eurosat", "flowers", "pets", "food101", "sun397"]
LONG_TAIL = ["inat2018", "inat2019"]
# The models of others in the tables of chapter 4.
OTHERS = ["s-DINO", "PAWS", "SupCon", "RSB-A1"]


@functools.cache
def planned(path: Path) -> Exhibits:
    warnings: list[str] = []
    result = Exhibits(load(load_yaml(path), [path], warn=warnings.append))
    assert not warnings, "no list is silently replaced by another file's"
    return result


def chapter(number: int) -> Exhibits:
    return planned(CONFIG / "thesis" / f"chapter-{number}.yaml")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_config_is_planned_with_its_exhibits(path: Path) -> None:
    exhibits = planned(path)
    page = sections.page_spec(exhibits)
    shown = sections.shown(page)
    assert {found.shown for found in exhibits.planned} <= set(shown)
    assert len(set(shown)) == len(shown)
    # A command is one argument of a shell, which holds 128 KiB at most.
    texts = [page.text, *(found.spec.text for found in exhibits.planned)]
    assert max(map(len, texts)) < 100_000


def test_photographs_are_of_the_sets_whose_synsets_are_ranked() -> None:
    exhibits = planned(CONFIG / "cog-lite.yaml")
    plan = exhibits.plan
    tables = [Path(path).stem for path in plan.benchmarks["lite"].section.pool]
    for dataset in plan.datasets.values():
        assert dataset.section.source.datasets == tables
    first = exhibits.planned[0]
    assert (first.kind_name, first.exhibit.spec.grouped) == ("advantage_table", True)
    assert [row.name for row in first.exhibit.spec.encoders] == ["EfficientNet-Lite0"]
    assert first.exhibit.spec.datasets == ["seen", *LEVELS]


def test_chapter_3_is_31_models_on_six_sets_and_the_analyses() -> None:
    plan = chapter(3).plan
    asked = {(e, d) for e, d, protocol in plan.jobs if protocol == "linear"}
    models = published.benchmark()
    assert len(models) == 31
    assert {(m, d) for m in models for d in ["in1k", *LEVELS]} <= asked
    shots = [1, 2, 4, 8, 16, 32, 64, 128, "all"]
    assert (plan.config.probes["linear"].shots, plan.config.probes["linear"].seeds) == (shots, 5)
    further = {(d, p) for e, d, p in plan.jobs if e == "ResNet50"}
    for level in range(1, 6):
        ranked = {
            (f"{name}_l{level}", "linear") for name in ("words", "wu_palmer", "jiang_conrath")
        }
        assert {(f"cog_l{level}", "balanced")} | ranked <= further
    assert {(f"random_{number}", "linear") for number in range(1, 16)} <= further
    assert {(m, "in1k_blurred") for m in models} <= asked
    assert len(plan.crossings) == 2 * 6 * 5
    (encoder,) = chapter(3).figures["chapter_3_fine_tuning"].spec.encoders
    assert list(encoder.tuned) == ["in1k", *LEVELS]
    assert len(plan.jobs) == 31 * 7 + 6 + 3 * 5 + 15 + 6
    rankings = chapter(3).figures["chapter_3_rankings"].spec
    drawn = {entry.label: [column.name for column in entry.columns] for entry in rankings.rankings}
    others = {"word2vec": "words", "Wu-Palmer": "wu_palmer", "Jiang-Conrath": "jiang_conrath"}
    assert drawn == {"Lin": LEVELS} | {
        label: [f"{name}_l{level}" for level in range(1, 6)] for label, name in others.items()
    }
    assert len(rankings.scores.paths) == 6 + 3 * 5 + 15
    similarities = {name: b.section.similarity for name, b in plan.benchmarks.items()}
    assert list(similarities.values()) == ["lin", "wu_palmer", "jiang_conrath", "word_vectors"]


def test_chapter_4_is_every_run_on_the_training_task_and_13_sets() -> None:
    plan = chapter(4).plan
    specs = {name: run.spec for name, run in plan.runs.items()}
    # 5 components, 3 depths, 4 widths, 3 bottlenecks, no input norm, 4 of online class means, 6
    # memories, 1 momentum, 2 of others; 9 more numbers of crops.
    assert len(specs) == 5 + 3 + 4 + 3 + 1 + 4 + 6 + 1 + 2 + 9
    assert len({spec.text for spec in specs.values()}) == len(specs), "nothing is trained twice"
    assert {spec.backbone.name for spec in specs.values()} == {"resnet50"}
    crops = [s for s in specs.values() if s.loss.kind == "cosine" and s.projector.enabled]
    default = [s for s in crops if s.projector.hidden == 2048 and s.augmentation.local_crops]
    assert {(s.projector.layers, s.augmentation.local_crops) for s in default} == {
        (layers, number) for layers in (1, 2, 3) for number in (2, 4, 6, 8)
    }
    memories = [s.loss for s in specs.values() if s.loss.kind == "ocm"]
    assert {loss.memory for loss in memories} == {2**power for power in range(11, 18)}
    assert {loss.ema_momentum for loss in memories} == {0, 0.999}
    assert {s.loss.kind for s in specs.values()} == {"cosine", "ocm", "softmax", "look"}
    assert all(s.traces.every_steps for n, s in specs.items() if not n.startswith("rn50_crops"))
    protocols = dict.fromkeys(["in1k", *LEVELS], "full") | dict.fromkeys(TRANSFER, "small")
    for encoder in [*plan.runs, *OTHERS]:
        assert {(encoder, *pair) for pair in protocols.items()} <= plan.jobs.keys(), encoder
    for encoder in ("rn50_trex", "rn50_trex_star", *OTHERS):
        assert len(plan.jobs[encoder, "in1k", "full"].test_sets) == 6
        long_tail = {(encoder, name, "full") for name in LONG_TAIL}
        assert (long_tail <= plan.jobs.keys()) == (encoder != "SupCon"), "as in table 4.3"
    assert len(plan.jobs) == 42 * (6 + 8) + 5 * 2
    assert len(plan.measures) == 4 * 14


def test_chapter_5_is_27_clones_and_what_was_trained_on_them() -> None:
    plan = chapter(5).plan
    clones = {
        (c.section.like, c.section.prompt, c.section.guidance, c.section.steps, c.section.multiple)
        for c in plan.clones.values()
    }
    assert len(clones) == len(plan.clones) == 27
    prompts = ("c", "c, h", "c, d", "c, h inside b")
    assert {("in100", p, g, 50, 1) for p in prompts for g in (7.5, 2)} <= clones
    assert {("in100", "c, d", 2, 50, m) for m in (0.1, 0.2, 0.5, 1, 5, 10, 20, 50)} <= clones
    assert {("in100", "c, d", g, 50, 1) for g in (1, 2, 3, 5, 7.5, 10)} <= clones
    assert {("in100", "c, d", 7.5, s, 1) for s in (5, 10, 25, 50, 100)} <= clones
    assert {("in1k", "c, d", 7.5, 50, 1), ("in1k", "c, d", 2, 50, 1)} <= clones
    trained = {(run.dataset.name, run.spec.augmentation.recipe) for run in plan.runs.values()}
    assert trained == {(name, "dino") for name in [*plan.clones, "in100"]} | {
        ("in100", "pytorch"),
        ("in100_c_7.5", "pytorch"),
    }
    for name, run in plan.runs.items():
        dataset = "in1k" if "in1k" in name else "in100"
        assert len(plan.jobs[name, dataset, "own_classifier"].test_sets) == 6, name
        assert run.inputs["validation"] == [f"results/images/{dataset}/test.parquet"]
        if not name.endswith("_pytorch"):
            assert {(name, d, "small") for d in TRANSFER} <= plan.jobs.keys()
            assert {(name, d, "full") for d in LONG_TAIL} <= plan.jobs.keys()
    splits = {(d, split) for _, d, split in plan.measures}
    assert {(name, "all") for name in (*TRANSFER, *LONG_TAIL)} <= splits
    assert {("in100", "test"), ("in100_v2_top_images", "test"), ("in100_a", "test")} <= splits


def test_the_thesis_is_its_chapters() -> None:
    whole = planned(CONFIG / "thesis.yaml").plan
    for path in CHAPTERS:
        plan = planned(path).plan
        assert plan.jobs.keys() <= whole.jobs.keys()
        assert plan.measures.keys() <= whole.measures.keys()
        for name, run in plan.runs.items():
            assert whole.runs[name].spec == run.spec
        for key, job in plan.jobs.items():
            # Chapters may test the same classifier on further sets.
            own, found = (
                j.fit_spec.model_dump(exclude={"test_sets"}) for j in (job, whole.jobs[key])
            )
            assert own == found, key
    assert len(whole.runs) == sum(len(planned(path).plan.runs) for path in CHAPTERS)


def test_one_file_of_paths_serves_all() -> None:
    example = load_yaml(CONFIG / "paths.example.yaml")
    needed = {
        name
        for layer in layers([CONFIG / "thesis.yaml", CONFIG / "imagenet-cog.yaml"])
        for name in layer.content.get("paths", {})
    }
    assert set(example) == {"paths"}
    assert set(example["paths"]) == needed


@pytest.fixture(scope="module")
def benchmark(load_module: Callable[[str], ModuleType]) -> ModuleType:
    """The module that measures planning; it makes what a config names, empty."""
    return load_module("benchmarks/plan.py")


def test_snakemake_plans_the_smallest_of_true_size(tmp_path: Path, benchmark: ModuleType) -> None:
    benchmark.prepare(tmp_path)
    jobs = benchmark.plan(tmp_path, Path("config", "imagenet-cog.yaml")).jobs
    # Features of six sets, the search and the fit of each; manifests, concepts and the report.
    assert jobs > 6 * (2 + 2)
