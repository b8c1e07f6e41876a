"""What follows from the config: roles of data sets, sections of the report, errors."""

import copy
import functools
import re

import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.plan.load import load as load_config
from cogworks.probes import plan as probes
from cogworks.report import fine_tuned, plan, recipes, roles, sections

from .conftest import REPOSITORY

WORLD = {"kind": "world", "size": 32}
RULE = {"max_images": 20, "test_images": 5}
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}
CROPS = {"dataset": "seen", "recipe": "base_mc", "scale": "px32"}


@pytest.fixture(scope="module")
def small():
    """A config that visits the parts of the report, as a user writes it."""
    return {
        "concepts": {
            "cog": {"levels": {"count": 3, "size": 100, "gaps": "none"}},
            "other": {"similarity": "path", "levels": {"count": 3, "size": 100, "gaps": "none"}},
        },
        "images": {
            "seen": {"source": WORLD, "classes": {"benchmark": "cog", "part": "seen"}, **RULE},
            "cog": {"source": WORLD, "classes": {"benchmark": "cog", "part": "levels"}, **RULE},
            "v2_a": {"source": WORLD, "classes": {"benchmark": "cog", "part": "seen"}, **RULE},
            "v2_b": {"source": WORLD, "classes": {"benchmark": "cog", "part": "seen"}, **RULE},
            "Pets": {"source": WORLD, "classes": {"wnids": ["n02084071", "n02121620"]}, **RULE},
        },
        "training": {
            "base": {"dataset": "seen", "recipe": "base", "scale": "px32"},
            "crops_2": CROPS | {"augmentation": {"local_crops": 2}},
            "crops_8": CROPS | {"augmentation": {"local_crops": 8}},
        },
        "encoders": {
            "random": RANDOM,
            "base": {"run": "base"},
            "few": {"run": "crops_2"},
            "many": {"run": "crops_8"},
            "unused": RANDOM | {"seed": 1},
        },
        "probes": {
            "linear": {"kind": "sgd", "shots": [1, 4, "all"]},
            "small": {"kind": "lbfgs"},
            "near": {"kind": "knn"},
        },
        "evaluations": {
            "e0": {"encoders": ["random"], "datasets": ["cog"], "protocols": ["near"]},
            "e1": {
                "encoders": ["random", "base", "few", "many"],
                "datasets": ["cog", "seen"],
                "protocols": ["linear"],
            },
            "e2": {
                "encoders": ["base"],
                "datasets": ["seen"],
                "protocols": ["linear"],
                "test_sets": ["v2_a", "v2_b"],
            },
            "e3": {"encoders": ["base", "few"], "datasets": ["Pets"], "protocols": ["small"]},
            "e4": {
                "encoders": ["base"],
                "datasets": ["cog"],
                "protocols": ["linear"],
                "pool": {"name": "again", "benchmark": "other"},
            },
            "e5": {
                "encoders": ["base"],
                "datasets": ["cog"],
                "protocols": ["linear"],
                "pool": {"name": "drawn", "classes": 50, "draws": 2},
            },
        },
        "report": {
            "test_set_groups": {"v2": ["v2_a", "v2_b"]},
            "published_as": {"Pets": "pets"},
            "baseline": "random",
        },
    }


@pytest.fixture
def load(small):
    """Load the config with changes of its report section, or of the whole."""

    def loader(changes=None, **report):
        config = copy.deepcopy(small) | (changes or {})
        config["report"] = config["report"] | report
        return load_config(config)

    return loader


def errors(load, changes=None, **report):
    with pytest.raises(InputError) as caught:
        load(changes, **report)
    return str(caught.value)


def test_roles_are_found_from_the_evaluations(load):
    config = load()
    assert roles.levels(config) == ["cog_l1", "cog_l2", "cog_l3"]
    assert roles.seen(config) == "seen"
    assert roles.axis(config) == ["seen", "cog_l1", "cog_l2", "cog_l3"]
    assert roles.transfer(config) == ["cog_l1", "cog_l2", "cog_l3", "Pets"]
    assert [roles.label(config, name) for name in roles.axis(config)] == ["seen", "L1", "L2", "L3"]


def test_a_linear_probe_stands_for_a_data_set_unless_told_otherwise(load):
    assert roles.protocol(load(), "cog_l1") == "linear"
    assert roles.protocol(load(), "Pets") == "small"
    config = load(protocol="near", baseline=None)
    assert roles.protocol(config, "cog_l1") == "near"
    assert roles.protocol(config, "seen") == "linear"


def test_the_first_encoder_on_the_levels_is_the_default_baseline(load):
    assert roles.baseline(load(baseline=None)) == "random"
    assert roles.baseline(load(baseline="base")) == "base"


def test_sections_for_all_that_is_evaluated(load):
    found = [section["id"] for section in sections.report_spec(load())["sections"]]
    assert found == [
        "levels",
        "few_shot",
        "rankings",
        "published",
        "transfer",
        "test_sets",
        "training",
        "concepts",
        "samples",
        "scores",
    ]


def test_concepts_alone_make_a_report(load):
    empty = {"images": {}, "training": {}, "encoders": {}, "evaluations": {}}
    config = load(empty, baseline=None, test_set_groups={}, published_as={})
    assert [s["id"] for s in sections.report_spec(config)["sections"]] == ["concepts"]
    assert sections.inputs(config) == [
        "results/tables/filters_cog.parquet",
        "results/tables/contents_cog.parquet",
        "results/tables/filters_other.parquet",
        "results/tables/contents_other.parquet",
        "results/figures/ranking_cog.svg",
        "results/figures/ranking_other.svg",
    ]


def test_nothing_published_where_it_is_not_wanted(load):
    inputs = sections.inputs(load(published=False))
    assert not [path for path in inputs if "published" in path or "standing" in path]


def test_every_text_of_the_page_exists(load):
    for config in (load(), load(protocol="near", baseline=None)):
        for path in sections.texts(config):
            assert (REPOSITORY / path).is_file(), path


def test_every_caption_of_a_rule_exists():
    # Snakemake fills no wildcards into a caption's path.
    rules = (REPOSITORY / "workflow/rules/report.smk").read_text()
    captions = re.findall(r'caption="(.+?)"', rules)
    assert len(captions) > 8
    for caption in captions:
        assert (REPOSITORY / "workflow" / "rules" / caption).is_file(), caption


def test_published_names(load):
    config = load()
    assert [roles.published_name(config, n) for n in ("seen", "cog_l2", "Pets", "v2_a")] == [
        "in1k",
        "cog_l2",
        "pets",
        None,
    ]
    assert plan.published_sets(config) == ["in1k", "cog_l1", "cog_l2", "cog_l3"]


def test_test_sets_are_grouped(load):
    spec = plan.test_sets_spec(load(), "linear")
    assert [(t["label"], t["published"], len(t["members"])) for t in spec["test_sets"]] == [
        ("seen", "val", 1),
        ("v2", "v2", 2),
    ]


def test_an_encoder_with_its_classifier_has_a_table_for_each_data_set(load, small):
    own = {"encoders": ["base", "twenty"], "datasets": ["seen", "Pets"], "protocols": ["own"]}
    config = load(
        {
            "training": small["training"] | {"twenty": CROPS | {"dataset": "Pets"}},
            "encoders": small["encoders"] | {"twenty": {"run": "twenty"}},
            "probes": small["probes"] | {"own": {"kind": "classifier"}},
            "evaluations": small["evaluations"] | {"own": own},
        }
    )
    assert plan.test_tables(config) == {
        "linear": ("seen", "linear"),
        "own": ("seen", "own"),
        "own_Pets": ("Pets", "own"),
    }
    assert plan.published_test_tables(config) == ["linear", "own"]
    spec = plan.test_sets_spec(config, "own_Pets")
    assert [encoder["name"] for encoder in spec["encoders"]] == ["twenty"]
    assert "results/tables/test_sets_own_Pets.parquet" in sections.inputs(config)


def test_recipes_show_what_tells_runs_apart(load):
    found = {e["name"]: e["recipe"] for e in plan.transfer_spec(load())["encoders"]}
    assert found["random"] == {}
    assert found["few"] == {"trained on": "seen", "local crops": "2"}
    assert found["base"] == {"trained on": "seen", "local crops": "0"}


def test_a_property_that_alone_varies_makes_a_figure(load):
    config = load()
    assert plan.ablations(config) == ["local crops"]
    spec = plan.ablation_spec(config, "local_crops")
    assert spec["series"][0]["points"] == [[0, "base"], [2, "few"], [8, "many"]]
    assert recipes.ablations(config, ["random", "few"]) == {}


def test_other_rankings_and_random_groups(load):
    spec = plan.rankings_spec(load())
    assert [entry["label"] for entry in spec["rankings"]] == ["as ranked", "again"]
    assert [c["name"] for c in spec["rankings"][1]["columns"]] == [
        "again_l1",
        "again_l2",
        "again_l3",
    ]
    assert [c["name"] for c in spec["random"]] == ["drawn_1", "drawn_2"]
    assert [e["name"] for e in spec["encoders"]] == ["base"]


def test_collected_jobs_are_those_of_the_evaluations(load):
    config = load()
    spec = plan.collect_spec(config)
    files = [
        "results/probes/{}/{}/{}.parquet".format(*(spec["names"][p][i] for p, i in enumerate(job)))
        for job in spec["jobs"]
    ]
    assert files == plan.score_files(config)


def test_the_device_does_not_change_the_report(load):
    here, there = load(), load({"compute": {"device": "cuda", "gpus": 1}})
    assert sections.report_spec(here) == sections.report_spec(there)
    assert sections.packed_config(here) == sections.packed_config(there)


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"baseline": "dino"}, "report.baseline: 'dino' is no encoder; known: random, base"),
        ({"baseline": ""}, "report.baseline: expected text or null, not ''"),
        ({"baseline": "unused"}, "report.baseline: unused has no scores on seen with linear"),
        ({"levels": "cag"}, "report.levels: 'cag' is no evaluated data set; evaluated are"),
        ({"seen": "v2_a"}, "report.seen: 'v2_a' is no evaluated data set"),
        ({"transfer": ["cars"]}, "report.transfer: 'cars' is no evaluated data set"),
        ({"protocol": "lin"}, "report.protocol: 'lin' is no protocol of probes; known: linear"),
        ({"samples": ["x"]}, "report.samples: 'x' is no data set"),
        ({"test_set_groups": {"v2": ["v3"]}}, "report.test_set_groups.v2: 'v3' is no data set"),
        ({"labels": {"base": "random"}}, "encoders random and base would both be called 'random'"),
        ({"publish": True}, "report.publish: unknown key; did you mean published?"),
    ],
)
def test_errors_name_their_key(load, report, message):
    assert message in errors(load, **report)


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ({"encoders": ["x"]}, "analysis.encoders: 'x' is not an encoder; known: random"),
        ({"datasets": ["x"]}, "analysis.datasets: 'x' is not a data set"),
        ({"groups": {"g": ["cog"]}}, "analysis.groups.g: 'cog' is not analysed"),
        ({"groups": {"g": ["x"]}}, "analysis.groups.g: 'x' is not a data set"),
    ],
)
def test_errors_of_the_analysis_section(load, analysis, message):
    assert message in errors(load, {"analysis": analysis})


def test_measures_of_features_make_a_section(load):
    section = {"encoders": "all", "datasets": ["cog"], "groups": {"levels": ["cog"]}}
    config = load({"analysis": section})
    assert "results/tables/features.parquet" in sections.inputs(config)
    spec = plan.features_spec(config)
    assert spec["groups"] == [{"name": "levels", "datasets": ["cog_l1", "cog_l2", "cog_l3"]}]
    assert len(plan.feature_files(config)) == 5 * 3


def merged(names):
    """Return config files merged from left to right, as Snakemake merges them."""

    def merge(left, right):
        both = {
            key: merge(left[key], right[key])
            for key in left.keys() & right.keys()
            if isinstance(left[key], dict) and isinstance(right[key], dict)
        }
        return left | right | both

    files = [load_yaml(REPOSITORY / "config" / f"{name}.yaml") for name in names]
    return load_config(functools.reduce(merge, files))


def test_chapter_3s_further_analyses_are_one_config():
    config = merged(["imagenet-cog", "cog-analysis"])
    datasets = {dataset for _, dataset, _ in probes.jobs(config)}
    assert {"words_l5", "random_15", "in1k_blurred", "cog_l5"} <= datasets
    assert len(probes.crossings(config)) == 2 * 6 * 5
    (comparison,) = fine_tuned.comparisons(config)
    assert list(comparison["tuned"]) == ["in1k", *(f"cog_l{level}" for level in range(1, 6))]


@pytest.mark.parametrize(
    "names",
    [
        ["config"],
        ["test"],
        ["photographs"],
        ["imagenet-cog", "cog-31"],
        ["imagenet-cog", "cog-analysis"],
    ],
)
def test_the_rules_make_what_the_configs_ask_for(names):
    config = merged(names)
    folder = REPOSITORY / "workflow" / "rules"
    rules = "".join(path.read_text() for path in folder.glob("*.smk"))
    stems = re.findall(r'"(results/[^"]+?)(?:\.parquet|\.svg|\.png)?"', rules)
    patterns = [re.sub(r"\\{\w+\\}", "[^/]+", re.escape(stem)) for stem in stems]
    for path in sections.inputs(config):
        stem = path.rpartition(".")[0]
        assert any(re.fullmatch(pattern, stem) for pattern in patterns), path
