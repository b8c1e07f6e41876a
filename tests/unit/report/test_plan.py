"""What follows from the config: roles of data sets, sections of the report, errors."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.core.place import LINK
from cogworks.core.spec import unpacked
from cogworks.plan.load import load as load_config
from cogworks.report import eval_sets
from cogworks.report.ablations import ablations
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.page import sections
from cogworks.report.planned import Exhibits
from cogworks.report.specs import Group
from cogworks.report.targets import Targets
from cogworks.report.thesis import BLURRED, BY_NAME

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
    """Return the exhibits of the config with changes of its report section, or of the whole."""

    def loader(changes=None, **report):
        config = copy.deepcopy(small) | (changes or {})
        config["report"] = config["report"] | report
        return Exhibits(load_config(config))

    return loader


@pytest.fixture
def roles(load):
    return load().parts[0]


def errors(load, changes=None, **report):
    with pytest.raises(InputError) as caught:
        load(changes, **report)
    return str(caught.value)


def on_page(exhibits):
    return sections.shown(sections.page_spec(exhibits))


def sections_of(exhibits):
    (part,) = sections.page_spec(exhibits).parts
    return [section.id for section in part.sections]


def scores(*keys):
    return ["results/probes/{}/{}/{}.parquet".format(*key) for key in keys]


def test_roles_are_found_from_the_evaluations(roles):
    assert roles.levels == ["cog_l1", "cog_l2", "cog_l3"]
    assert roles.seen == "seen"
    assert roles.axis == ["seen", "cog_l1", "cog_l2", "cog_l3"]
    assert roles.transfer == ["cog_l1", "cog_l2", "cog_l3", "Pets"]
    assert [roles.label(name) for name in roles.axis] == ["seen", "L1", "L2", "L3"]


def test_a_linear_probe_stands_for_a_data_set_unless_told_otherwise(load):
    assert load().parts[0].protocols["cog_l1"] == "linear"
    assert load().parts[0].protocols["Pets"] == "small"
    roles = load(protocol="near", baseline=None).parts[0]
    assert roles.protocols["cog_l1"] == "near"
    assert roles.protocols["seen"] == "linear"


def test_the_first_encoder_on_the_levels_is_the_default_baseline(load):
    assert load(baseline=None).parts[0].baseline == "random"
    assert load(baseline="base").parts[0].baseline == "base"


def test_sections_for_all_that_is_evaluated(load):
    assert sections_of(load()) == [
        "levels",
        "by_concept",
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


def test_concept_by_concept_where_two_encoders_have_the_same_synsets(load):
    found = load().figures["branches"].spec
    assert [column.name for column in found.columns] == load().parts[0].axis
    assert [entry.test for entry in found.sets] == [
        f"results/images/{name}/test.parquet" for name in load().parts[0].axis
    ]
    assert set(found.files) >= {entry.classes for entry in found.sets}
    assert found.ranking in found.files
    assert found.seen == "seen"
    assert "branches" not in load(encoders=["random"]).figures
    assert "branches" not in load(chapter=4).figures


def test_what_a_config_with_levels_lacks_is_not_the_levels(load):
    targets = Targets(load())
    assert targets.lacks(BY_NAME["figure A.1"]) == BLURRED
    assert not [name for name in load(chapter=5).tables if name.startswith("published_cog")]


def test_concepts_alone_make_a_report(load):
    empty = {"images": {}, "training": {}, "encoders": {}, "evaluations": {}}
    exhibits = load(empty, baseline=None, test_set_groups={}, published_as={})
    assert sections_of(exhibits) == ["concepts"]
    assert on_page(exhibits) == [
        "results/tables/filters_cog.parquet",
        "results/tables/discarded_cog.parquet",
        "results/tables/contents_cog.parquet",
        "results/tables/filters_other.parquet",
        "results/tables/discarded_other.parquet",
        "results/tables/contents_other.parquet",
        "results/figures/ranking_cog.svg",
        "results/figures/ranking_other.svg",
    ]


def test_nothing_published_where_it_is_not_wanted(load):
    exhibits = load(published=False)
    assert not [path for path in on_page(exhibits) if "published" in path or "standing" in path]
    assert not any("paper" in path for found in exhibits.planned for path in found.spec.files)


def test_every_text_of_the_page_exists(load):
    # In a working folder they are found through a link to the workflow.
    for exhibits in (load(), load(protocol="near", baseline=None)):
        for path in sections.texts(sections.page_spec(exhibits)):
            assert (REPOSITORY / Path(path).relative_to(LINK)).is_file(), path


@pytest.mark.parametrize("name", list(EXHIBITS))
def test_every_kind_says_what_a_reader_needs(name):
    kind = EXHIBITS.load(name)
    assert name.endswith(("_table", "_figure"))
    assert kind.section in sections.TITLES
    assert kind.title
    assert bool(kind.caption) == name.endswith("_figure")


def test_kinds_are_planned_without_what_draws():
    code = "import sys; from cogworks.report.planned import EXHIBITS; "
    code += "[EXHIBITS.load(name) for name in EXHIBITS]; "
    code += "sys.exit(bool({'numpy', 'pandas', 'matplotlib', 'torch'} & set(sys.modules)))"
    folder = REPOSITORY / "workflow" / "scripts"
    assert subprocess.run([sys.executable, "-c", code], cwd=folder).returncode == 0


def test_an_exhibit_waits_for_the_scores_that_it_shows(load):
    exhibits = load()
    encoders = ("random", "base", "few", "many")
    spec = exhibits.tables["published_cog_l3"].spec
    assert spec.scores.paths == scores(*((name, "cog_l3", "linear") for name in encoders))
    assert spec.files == [*spec.scores.paths, *spec.paper.paths]
    assert exhibits.tables["test_sets_linear"].spec.files == scores(
        *((name, "seen", "linear") for name in encoders)
    )
    files = exhibits.figures["trade_off"].spec.files
    assert scores(("base", "Pets", "small"))[0] in files
    assert not [path for path in files if "again" in path or "drawn" in path or "/near." in path]


def test_an_exhibit_has_the_code_of_its_own_kind(load):
    tables = load().tables
    assert tables["filters_cog"].code == tables["filters_other"].code
    assert len({tables[name].code for name in ("levels", "levels_relative", "standing")}) == 3


def test_published_names(roles):
    assert [roles.published_name(n) for n in ("seen", "cog_l2", "Pets", "v2_a")] == [
        "in1k",
        "cog_l2",
        "pets",
        None,
    ]
    names = [roles.published_name(name) for name in roles.published_axis]
    assert names == ["in1k", "cog_l1", "cog_l2", "cog_l3"]


def test_a_level_without_a_published_table_has_none_here(load):
    exhibits = load(levels=["cog_l1", "Pets"], published_as={"Pets": "sketch"}, baseline=None)
    assert [name for name in exhibits.tables if name.startswith("published_")] == [
        "published_in1k",
        "published_cog_l1",
    ]


def test_test_sets_are_grouped(load):
    spec = load().tables["test_sets_linear"].spec
    assert [(t.label, t.published, len(t.members)) for t in spec.test_sets] == [
        ("seen", "val", 1),
        ("v2", "v2", 2),
    ]


def test_an_encoder_with_its_classifier_has_a_table_for_each_data_set(load, small):
    own = {"encoders": ["base", "twenty"], "datasets": ["seen", "Pets"], "protocols": ["own"]}
    exhibits = load(
        {
            "training": small["training"] | {"twenty": CROPS | {"dataset": "Pets"}},
            "encoders": small["encoders"] | {"twenty": {"run": "twenty"}},
            "probes": small["probes"] | {"own": {"kind": "classifier"}},
            "evaluations": small["evaluations"] | {"own": own},
        }
    )
    assert eval_sets.tables(exhibits.parts[0]) == {
        "linear": ("seen", "linear"),
        "own": ("seen", "own"),
        "own_Pets": ("Pets", "own"),
    }
    assert [name for name in exhibits.tables if name.startswith("test_sets_published")] == [
        "test_sets_published_own"
    ]
    spec = exhibits.tables["test_sets_own_Pets"].spec
    assert [encoder.name for encoder in spec.encoders] == ["twenty"]
    assert "results/tables/test_sets_own_Pets.parquet" in on_page(exhibits)


def test_recipes_show_what_tells_runs_apart(roles):
    found = {encoder.name: encoder.recipe for encoder in roles.trade_off().encoders}
    assert found["random"] == {}
    assert found["few"] == {"trained on": "seen", "local crops": "2"}
    assert found["base"] == {"trained on": "seen", "local crops": "0"}


def test_a_property_that_alone_varies_makes_a_figure(load):
    exhibits = load()
    assert [name for name in exhibits.figures if name.startswith("ablation_")] == [
        "ablation_local_crops"
    ]
    spec = exhibits.figures["ablation_local_crops"].spec
    assert spec.property == "local crops"
    points = [(point.value, point.encoder) for point in spec.series[0].points]
    assert points == [(0, "base"), (2, "few"), (8, "many")]
    assert "random" not in {encoder.name for encoder in spec.encoders}
    assert ablations(exhibits.plan, ["random", "few"]) == {}


def test_other_rankings_and_random_groups(load):
    spec = load().figures["rankings"].spec
    assert [entry.label for entry in spec.rankings] == ["Lin", "path"]
    assert [c.name for c in spec.rankings[1].columns] == ["again_l1", "again_l2", "again_l3"]
    assert [c.name for c in spec.random] == ["drawn_1", "drawn_2"]
    assert [e.name for e in spec.encoders] == ["base"]


def test_collected_jobs_are_those_of_the_evaluations(load):
    exhibits = load()
    assert exhibits.scores.files == scores(*exhibits.plan.jobs)
    assert exhibits.tables["all_scores"].spec.files == exhibits.scores.files


def test_the_device_does_not_change_the_report(load):
    here, there = load(), load({"compute": {"device": "cuda", "gpus": 1}})
    assert sections.page_spec(here) == sections.page_spec(there)


def test_the_page_shows_what_may_change_a_result(load, small):
    verified = {name: entry | {"verify": False} for name, entry in small["images"].items()}
    shown = unpacked(sections.page_spec(load({"images": verified})).config)
    assert shown["images"]["seen"]["max_images"] == 20
    assert "verify" not in shown["images"]["seen"]
    assert "compute" not in shown


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"baseline": "dino"}, "report.baseline: 'dino' is not an encoder; known: random, base"),
        ({"baseline": ""}, "report.baseline: expected text or null, not ''"),
        ({"baseline": "unused"}, "report.baseline: unused has no scores on seen with linear"),
        ({"levels": "cag"}, "report.levels: 'cag' is not an evaluated data set; evaluated are"),
        ({"seen": "v2_a"}, "report.seen: 'v2_a' is not an evaluated data set"),
        ({"transfer": ["cars"]}, "report.transfer: 'cars' is not an evaluated data set"),
        ({"protocol": "lin"}, "report.protocol: 'lin' is not a protocol; known: linear"),
        ({"samples": ["x"]}, "report.samples: 'x' is not a data set"),
        ({"test_set_groups": {"v2": ["v3"]}}, "report.test_set_groups.v2: 'v3' is not a data set"),
        ({"labels": {"base": "random"}}, "encoders random and base would both be called 'random'"),
        ({"publish": True}, "report.publish: unknown key; did you mean published?"),
    ],
)
def test_errors_name_their_key(load, report, message):
    assert message in errors(load, **report)


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ({"encoders": ["x"]}, "analysis.a.encoders: 'x' is not an encoder; known: random"),
        ({"datasets": ["x"]}, "analysis.a.datasets: 'x' is not a data set"),
        ({"groups": {"g": ["cog"]}}, "groups.g: 'cog' is not analysed; add it to analysis.a.data"),
        ({"groups": {"g": ["x"]}}, "analysis.a.groups.g: 'x' is not a data set"),
    ],
)
def test_errors_of_the_analysis_section(load, analysis, message):
    section = {"encoders": ["random"], "datasets": ["seen"]} | analysis
    assert message in errors(load, {"analysis": {"a": section}})


def test_no_encoder_is_measured_on_a_data_set_by_two_entries(load):
    entry = {"encoders": ["random"], "datasets": ["cog"]}
    assert "analysis.b: random on cog_l2 is in analysis.a too" in errors(
        load, {"analysis": {"a": entry, "b": entry | {"datasets": ["cog_l2"], "split": "all"}}}
    )


def test_measures_of_features_make_a_section(load):
    levels = {"encoders": "all", "datasets": ["cog"], "groups": {"levels": ["cog"]}}
    exhibits = load({"analysis": {"a": levels}})
    assert "results/tables/features.parquet" in on_page(exhibits)
    spec = exhibits.tables["features"].spec
    assert spec.groups == [Group(name="levels", datasets=["cog_l1", "cog_l2", "cog_l3"])]
    assert len(spec.files) == 5 * 3
    seen = {"encoders": ["random"], "datasets": ["seen"], "split": "all"}
    spec = load({"analysis": {"a": levels, "b": seen}}).tables["features"].spec
    assert [group.name for group in spec.groups] == ["levels", "seen"]
    assert [path for path in spec.files if path.endswith("/all.parquet")] == [
        "results/analysis/random/seen/all.parquet"
    ]
