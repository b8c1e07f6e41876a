import copy
from collections.abc import Callable
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.plan.evaluations import problems
from cogworks.plan.jobs import Job
from cogworks.plan.plan import Plan
from cogworks.probes.specs import CrossSpec, Draw, FitSpec

DRAWN = {"source": {"kind": "world"}, "max_images": 1000, "test_images": 100}
IMAGES = {
    "seen": DRAWN | {"classes": {"benchmark": "cog", "part": "seen"}},
    "cog": DRAWN | {"classes": {"benchmark": "cog", "part": "levels"}},
}


@pytest.fixture
def fill() -> Callable[..., Plan]:
    """Return a function: sections of the config -> the plan, whatever is wrong with it."""

    def whole(**sections: Any) -> Plan:
        base = {
            "concepts": {"cog": {"levels": {"count": 3, "size": 10}}},
            "images": IMAGES,
            "encoders": {
                "random": {"model": "cogworks:small_resnet", "weights": "random"},
                "base": {"run": "base"},
            },
            "training": {"base": {"dataset": "seen"}},
            "probes": {"linear": {"kind": "sgd"}, "own": {"kind": "classifier"}},
        }
        config = parse(copy.deepcopy(base | sections))
        return Plan(config)

    return whole


def entry(**keys: Any) -> dict[str, Any]:
    return {"encoders": ["random"], "datasets": ["seen"], "protocols": ["linear"]} | keys


def job_of(plan: Plan) -> Job:
    return plan.jobs["random", "seen", "linear"]


def test_an_evaluation_is_every_combination_and_a_family_all_its_levels(fill: Any) -> None:
    plan = fill(evaluations={"e0": entry(encoders="all", datasets=["seen", "cog"]), "e1": entry()})
    wanted = [
        (encoder, dataset, "linear")
        for dataset in ("seen", "cog_l1", "cog_l2", "cog_l3")
        for encoder in ("random", "base")
    ]
    assert sorted(plan.jobs) == sorted(wanted)
    assert list(problems(plan)) == []
    assert len({job.scores for job in plan.jobs.values()}) == 8


def test_all_encoders_means_trained_ones_where_their_own_classifier_is_scored(fill: Any) -> None:
    plan = fill(evaluations={"e0": entry(encoders="all", protocols=["linear", "own"])})
    assert ("base", "seen", "own") in plan.jobs
    assert ("random", "seen", "own") not in plan.jobs
    assert plan.encoders["base"].classifier_files == [
        "results/training/base/spec.json",
        "results/training/base/classifier.safetensors",
    ]
    assert plan.jobs["base", "seen", "own"].classifier_inputs == {
        "features": ["results/features/base/seen/test.npy"],
        "indices": ["results/features/base/seen/test.parquet"],
        "manifests": ["results/images/seen/test.parquet"],
    }


def test_a_runs_own_classifier_is_scored_on_the_classes_that_it_knows(fill: Any) -> None:
    own = {"encoders": ["base"], "datasets": ["seen", "cog"], "protocols": ["own"]}
    plan = fill(evaluations={"e0": own})
    assert list(plan.jobs) == [("base", "seen", "own")]
    assert list(problems(plan)) == []
    (problem,) = problems(fill(evaluations={"e0": own | {"datasets": ["cog"]}}))
    assert problem.startswith("evaluations.e0.datasets: none of them has the classes that base")


def test_a_published_classifier_is_scored_on_its_list_of_classes(fill: Any) -> None:
    classes = {
        "all": {"file": "imagenet1k"},
        "some": {"file": "imagenet1k", "limit": 5},
        "in100": {"file": "imagenet100"},
    }
    source = {"kind": "folder", "path": "x"}
    images = {
        name: {"source": source, "classes": chosen, "test_images": 50}
        for name, chosen in classes.items()
    }
    encoders = {
        "published": {"registry": "RSB-A1", "checkpoint": "a1.pth"},
        "small": {"registry": "ImageNet-100-SD"},
        "headless": {"registry": "t-ReX*"},
    }
    generators = {"generators": {"g": {"path": "g"}}}
    clones = {"copy": {"generator": "g", "like": "all"}}
    own = {"encoders": "all", "datasets": [*IMAGES, *images, "copy"], "protocols": ["own"]}
    sections = {"images": IMAGES | images, "synthesis": generators | {"clones": clones}}
    plan = fill(**sections, encoders=encoders, evaluations={"e0": own})
    assert list(problems(plan)) == []
    assert [(encoder, dataset) for encoder, dataset, _ in plan.jobs] == [
        *(("published", name) for name in ("seen", "all")),
        ("small", "in100"),
        ("published", "copy"),
    ]
    job = plan.jobs["published", "seen", "own"]
    assert job.encoder.classifier_files == ["a1.pth"]
    assert FitSpec.read(job.fit_spec.text) == job.fit_spec
    assert job.fit_spec.classifier.model_dump(include={"layer", "classes"}) == {
        "layer": "fc",
        "classes": "imagenet1k",
    }
    named = {"encoders": ["headless", "small"], "datasets": ["all"], "protocols": ["own"]}
    found = list(problems(fill(**sections, encoders=encoders, evaluations={"e0": named})))
    assert len(found) == 2
    assert "encoders: headless comes from no training run and is no published model" in found[0]
    assert "datasets: none of them has the classes that small was trained on" in found[1]


def test_the_search_reads_training_features_alone(fill: Any) -> None:
    job = job_of(fill(evaluations={"e0": entry(test_sets=["cog"])}))
    assert job.tune_inputs == {
        "features": ["results/features/random/seen/train.npy"],
        "indices": ["results/features/random/seen/train.parquet"],
        "manifests": ["results/images/seen/train.parquet"],
        "levels": [],
    }
    assert "test" not in job.tune_spec.text
    assert job.fit_inputs["test_indices"] == ["results/features/random/seen/test.parquet"]
    assert [found.name for found in job.test_sets] == ["cog_l1", "cog_l2", "cog_l3"]
    assert job.fit_inputs["other_manifests"][0] == "results/images/cog_l1/test.parquet"


def test_evaluations_of_one_job_join_their_test_sets(fill: Any) -> None:
    evaluations = {"e0": entry(test_sets=["cog_l2"]), "e1": entry(test_sets=["cog"])}
    job = job_of(fill(evaluations=evaluations))
    assert job.fit_spec.test_sets == ["cog_l2", "cog_l1", "cog_l3"]


@pytest.mark.parametrize(
    ("key", "value", "tunes", "fits"),
    [
        ("epochs", 7, True, True),
        ("lr", {"low": 1.0, "high": 2.0}, True, False),
        ("search_precision", "bfloat16", True, False),
        ("restrict_classes", False, False, True),
        ("classifiers", "none", False, True),
        ("normalize", "none", True, True),
        ("normalize", "l2", False, False),  # what `auto` is for sgd
        ("k", 3, False, False),
        ("tolerance", 1.0e-3, False, False),
    ],
)
def test_a_key_makes_stale_only_what_depends_on_it(
    fill: Any, key: str, value: Any, tunes: bool, fits: bool
) -> None:
    before, after = (
        fill(
            probes={"linear": {"kind": "sgd"} | more},
            evaluations={"e0": entry(test_sets=["cog"])},
        )
        for more in ({}, {key: value})
    )
    assert (job_of(before).tune_spec != job_of(after).tune_spec) is tunes
    assert (job_of(before).fit_spec != job_of(after).fit_spec) is fits


def test_a_pool_makes_groups_of_all_its_data_sets(fill: Any) -> None:
    pool = {"name": "random", "classes": 4, "draws": 15, "seed": 7}
    plan = fill(evaluations={"e0": entry(datasets=["cog"], pool=pool)})
    assert [dataset for _, dataset, _ in plan.jobs] == [f"random_{i}" for i in range(1, 16)]
    job = plan.jobs["random", "random_3", "linear"]
    assert job.tune_inputs["features"] == [
        f"results/features/random/cog_l{level}/train.npy" for level in (1, 2, 3)
    ]
    assert job.tune_spec.group == Draw(number=3, classes=4, seed=7)
    assert job.group is not None
    assert job.tune_inputs["levels"] == []
    assert list(problems(plan)) == []


def test_a_pool_by_another_ranking_makes_its_levels(fill: Any) -> None:
    concepts = {"cog": {"levels": {"count": 3}}, "words": {"levels": {"count": 2}}}
    pool = {"name": "w2v", "benchmark": "words"}
    plan = fill(concepts=concepts, evaluations={"e0": entry(datasets=["cog"], pool=pool)})
    assert [dataset for _, dataset, _ in plan.jobs] == ["w2v_l1", "w2v_l2"]
    levels = ["results/concepts/words/levels.parquet"]
    job = plan.jobs["random", "w2v_l1", "linear"]
    assert job.tune_inputs["levels"] == job.fit_inputs["levels"] == levels


def test_classifiers_are_crossed_between_all_pairs(fill: Any) -> None:
    plan = fill(evaluations={"e0": entry(datasets=["seen", "cog"], confidence=0.99)})
    assert len(plan.crossings) == 12
    crossing = plan.crossings["random", "seen", "cog_l3", "linear"]
    assert crossing.spec == CrossSpec(confidence=0.99, normalize=True, seeds=5)
    assert crossing.listed == "results/crossed/random/seen/cog_l3/linear.parquet"
    assert crossing.inputs == {
        "scores": "results/probes/random/seen/linear.parquet",
        "features": "results/features/random/cog_l3/test.npy",
        "index": "results/features/random/cog_l3/test.parquet",
        "manifest": "results/images/cog_l3/test.parquet",
    }


@pytest.mark.parametrize(
    ("probes", "evaluation", "problem"),
    [
        (
            {},
            {"encoders": ["nobody"]},
            "evaluations.e0.encoders: 'nobody' is not an encoder; known:",
        ),
        ({}, {"datasets": ["nowhere"]}, "evaluations.e0.datasets: 'nowhere' is not a data set"),
        ({}, {"test_sets": ["nowhere"]}, "evaluations.e0.test_sets: 'nowhere' is not a data set"),
        ({}, {"protocols": ["none"]}, "evaluations.e0.protocols: 'none' is not a protocol; known:"),
        ({"lr": {"low": 2.0, "high": 1.0}}, {}, "probes.linear.lr: low (2.0) is above high (1.0)"),
        (
            {"epochs": 5, "pruning": {"epoch": 5, "keep": 0.3}},
            {},
            "probes.linear.pruning.epoch: 5 leaves nothing to save",
        ),
        ({}, {"pool": {"name": "g"}}, "evaluations.e0.pool: give exactly one of classes and"),
        ({}, {"pool": {"name": "g", "benchmark": "x"}}, "'x' is not a benchmark; known: cog"),
        (
            {},
            {"pool": {"name": "g", "classes": 3}, "test_sets": ["cog"]},
            "evaluations.e0.test_sets: not with a pool",
        ),
        (
            {},
            {"pool": {"name": "cog_l", "classes": 3, "draws": 1}, "confidence": 0.9},
            "evaluations.e0.confidence: not with a pool",
        ),
        ({}, {"protocols": ["own"]}, "random comes from no training run"),
        ({"shots": [1]}, {"confidence": 0.9}, "protocol linear trains no classifier on shots all"),
        ({"classifiers": "none"}, {"confidence": 0.9}, "probes.linear.classifiers is none"),
    ],
)
def test_errors_name_the_key(
    fill: Any, probes: dict[str, Any], evaluation: dict[str, Any], problem: str
) -> None:
    protocols = {"linear": {"kind": "sgd"} | probes, "own": {"kind": "classifier"}}
    found = list(problems(fill(probes=protocols, evaluations={"e0": entry(**evaluation)})))
    assert any(problem in line for line in found), found


def test_a_group_may_not_be_called_as_a_data_set_or_another_group(fill: Any) -> None:
    pool = {"name": "cog", "benchmark": "cog"}
    found = problems(fill(evaluations={"e0": entry(datasets=["cog"], pool=pool)}))
    assert next(found).startswith("evaluations.e0.pool.name: cog_l1 is the name of a")
    pools = [{"name": "g", "classes": classes, "draws": 1} for classes in (3, 4)]
    plan = fill(
        evaluations={f"e{i}": entry(datasets=["cog"], pool=pool) for i, pool in enumerate(pools)}
    )
    assert list(problems(plan)) == ["evaluations.e1.pool.name: g_1 is another pool's group already"]


def test_a_job_that_nobody_asked_for_is_an_error(fill: Any) -> None:
    with pytest.raises(InputError, match="none applies 'linear' to 'base' on 'seen'"):
        fill(evaluations={"e0": entry()}).jobs["base", "seen", "linear"]


def test_the_defaults_are_the_thesis() -> None:
    section = parse({"probes": {"p": {"kind": "sgd"}}}).model_dump()["probes"]["p"]
    wanted = {
        "epochs": 100,
        "batch_size": 1024,
        "momentum": 0.9,
        "trials": 30,
        "seeds": 5,
        "validation": 0.2,
        "lr": {"low": 0.1, "high": 100.0},
        "weight_decay": {"low": 1e-12, "high": 1e-4},
        "schedule": "cosine",
        "search_precision": "float32",
        "pruning": None,
        "restrict_classes": True,
    }
    assert {key: section[key] for key in wanted} == wanted


def test_protocols_are_for_own_classifiers_or_train_others(fill: Any) -> None:
    assert fill().protocols(own=True) == ["own"]
    assert fill().protocols(own=False) == ["linear"]


def test_a_clone_has_the_classes_of_its_model_and_a_source_its_own(fill: Any) -> None:
    tar = {"source": {"kind": "tar", "path": "x.tar"}, "classes": {"part": "source"}}
    generators = {"g": {"path": "g"}}
    clones = {
        "copy": {"generator": "g", "like": "seen"},
        "list": {"generator": "g", "classes": "a.txt", "images_per_class": 2},
        "other": {"generator": "g", "classes": "b.txt", "images_per_class": 2},
    }
    plan = fill(
        images=IMAGES | {"one": tar, "two": tar},
        synthesis={"generators": generators, "clones": clones},
    )
    names = ["seen", "cog_l1", "cog_l2", "one", "two", "copy", "list", "other"]
    choices = [plan.images(name).class_choice for name in names]
    equal = [(a, b) for a in range(8) for b in range(a) if choices[a] == choices[b]]
    assert equal == [(names.index("copy"), names.index("seen"))]


def test_restricting_classes_is_a_matter_of_further_test_sets(fill: Any) -> None:
    plans = [
        fill(
            probes={"linear": {"kind": "sgd", "restrict_classes": restrict}},
            evaluations={"e0": entry()},
        )
        for restrict in (True, False)
    ]
    assert job_of(plans[0]).fit_spec == job_of(plans[1]).fit_spec
