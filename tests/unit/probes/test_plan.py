import copy
from collections.abc import Callable
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.probes import plan

IMAGES = {
    "seen": {"source": {"kind": "world"}, "classes": {"benchmark": "cog", "part": "seen"}},
    "cog": {"source": {"kind": "world"}, "classes": {"benchmark": "cog", "part": "levels"}},
}


@pytest.fixture
def fill() -> Callable[..., dict[str, Any]]:
    """Return a function: sections of the config -> the whole config with all defaults."""

    def whole(**sections: Any) -> dict[str, Any]:
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
        return parse(copy.deepcopy(base | sections)).model_dump()

    return whole


def entry(**keys: Any) -> dict[str, Any]:
    return {"encoders": ["random"], "datasets": ["seen"], "protocols": ["linear"]} | keys


def test_an_evaluation_is_every_combination_and_a_family_all_its_levels(fill: Any) -> None:
    config = fill(
        evaluations={"e0": entry(encoders="all", datasets=["seen", "cog"]), "e1": entry()}
    )
    wanted = [
        (encoder, dataset, "linear")
        for dataset in ("seen", "cog_l1", "cog_l2", "cog_l3")
        for encoder in ("random", "base")
    ]
    assert sorted(plan.jobs(config)) == sorted(wanted)
    assert plan.check(config) == []
    assert len(plan.targets(config)) == 8


def test_all_encoders_means_trained_ones_where_their_own_classifier_is_scored(fill: Any) -> None:
    config = fill(evaluations={"e0": entry(encoders="all", protocols=["linear", "own"])})
    assert ("base", "seen", "own") in plan.jobs(config)
    assert ("random", "seen", "own") not in plan.jobs(config)
    assert plan.run_classifier(config, "base", "own") == [
        "results/training/base/spec.json",
        "results/training/base/classifier.safetensors",
    ]
    assert plan.training_features(config, "base", "seen", "own", 0) == []


def test_a_runs_own_classifier_is_scored_on_the_classes_that_it_knows(fill: Any) -> None:
    own = {"encoders": ["base"], "datasets": ["seen", "cog"], "protocols": ["own"]}
    config = fill(evaluations={"e0": own})
    assert plan.jobs(config) == [("base", "seen", "own")]
    assert plan.check(config) == []
    config = fill(evaluations={"e0": own | {"datasets": ["cog"]}})
    (problem,) = plan.check(config)
    assert problem.startswith("evaluations.e0.datasets: none of them has the classes that the run")


def test_the_search_reads_training_features_alone(fill: Any) -> None:
    config = fill(evaluations={"e0": entry(test_sets=["cog"])})
    job = ("random", "seen", "linear")
    assert plan.training_features(config, *job, 0) == ["results/features/random/seen/train.npy"]
    assert "test" not in str(plan.tune_spec(config, *job))
    assert plan.test_features(config, *job, 1) == ["results/features/random/seen/test.parquet"]
    assert plan.test_sets(config, *job) == ["cog_l1", "cog_l2", "cog_l3"]
    assert plan.other_manifests(config, *job)[0] == "results/images/cog_l1/test.parquet"


@pytest.mark.parametrize(
    ("key", "value", "tunes", "fits"),
    [
        ("epochs", 7, True, True),
        ("lr", {"low": 1.0, "high": 2.0}, True, False),
        ("search_precision", "bfloat16", True, False),
        ("restrict_classes", False, False, True),
        ("classifiers", "none", False, True),
        ("k", 3, False, False),
        ("tolerance", 1.0e-3, False, False),
    ],
)
def test_a_key_makes_stale_only_what_depends_on_it(
    fill: Any, key: str, value: Any, tunes: bool, fits: bool
) -> None:
    before, after = (
        fill(probes={"linear": {"kind": "sgd"} | more}, evaluations={"e0": entry()})
        for more in ({}, {key: value})
    )
    job = ("random", "seen", "linear")
    assert (plan.tune_spec(before, *job) != plan.tune_spec(after, *job)) is tunes
    assert (plan.fit_spec(before, *job) != plan.fit_spec(after, *job)) is fits


def test_a_pool_makes_groups_of_all_its_data_sets(fill: Any) -> None:
    pool = {"name": "random", "classes": 4, "draws": 15, "seed": 7}
    config = fill(evaluations={"e0": entry(datasets=["cog"], pool=pool)})
    assert [dataset for _, dataset, _ in plan.jobs(config)] == [f"random_{i}" for i in range(1, 16)]
    job = ("random", "random_3", "linear")
    assert plan.training_features(config, *job, 0) == [
        f"results/features/random/cog_l{level}/train.npy" for level in (1, 2, 3)
    ]
    group = {"number": 3, "classes": 4, "seed": 7, "benchmark": None}
    assert plan.tune_spec(config, *job)["group"] == group
    assert plan.group_levels(config, *job) == []
    assert plan.check(config) == []


def test_a_pool_by_another_ranking_makes_its_levels(fill: Any) -> None:
    concepts = {"cog": {"levels": {"count": 3}}, "words": {"levels": {"count": 2}}}
    pool = {"name": "w2v", "benchmark": "words"}
    config = fill(concepts=concepts, evaluations={"e0": entry(datasets=["cog"], pool=pool)})
    assert [dataset for _, dataset, _ in plan.jobs(config)] == ["w2v_l1", "w2v_l2"]
    assert plan.group_levels(config, "random", "w2v_l1", "linear") == [
        "results/concepts/words/levels.parquet"
    ]


def test_classifiers_are_crossed_between_all_pairs(fill: Any) -> None:
    config = fill(evaluations={"e0": entry(datasets=["seen", "cog"], confidence=0.99)})
    assert len(plan.crossings(config)) == 12
    assert ("random", "seen", "cog_l3", "linear") in plan.crossings(config)
    spec = plan.cross_spec(config, "random", "seen", "cog_l3", "linear")
    assert spec == {"confidence": 0.99, "kind": "sgd", "normalize": "auto", "seeds": 5}
    assert "results/crossed/random/seen/cog_l3/linear.parquet" in plan.targets(config)


@pytest.mark.parametrize(
    ("probes", "evaluation", "problem"),
    [
        ({}, {"encoders": ["nobody"]}, "evaluations.e0.encoders: 'nobody' is no encoder; known:"),
        ({}, {"datasets": ["nowhere"]}, "evaluations.e0.datasets: 'nowhere' is no data set"),
        ({}, {"test_sets": ["nowhere"]}, "evaluations.e0.test_sets: 'nowhere' is no data set"),
        ({}, {"protocols": ["none"]}, "evaluations.e0.protocols: 'none' is no protocol; known:"),
        ({"lr": {"low": 2.0, "high": 1.0}}, {}, "probes.linear.lr: low (2.0) is above high (1.0)"),
        (
            {"epochs": 5, "pruning": {"epoch": 5, "keep": 0.3}},
            {},
            "probes.linear.pruning.epoch: 5 leaves nothing to save",
        ),
        ({}, {"pool": {"name": "g"}}, "evaluations.e0.pool: give exactly one of classes and"),
        ({}, {"pool": {"name": "g", "benchmark": "x"}}, "'x' is no benchmark; known: cog"),
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
    problems = plan.check(fill(probes=protocols, evaluations={"e0": entry(**evaluation)}))
    assert any(problem in line for line in problems), problems


def test_a_group_may_not_be_called_as_a_data_set_or_another_group(fill: Any) -> None:
    pool = {"name": "cog", "benchmark": "cog"}
    config = fill(evaluations={"e0": entry(datasets=["cog"], pool=pool)})
    assert plan.check(config)[0].startswith("evaluations.e0.pool.name: cog_l1 is the name of a")
    pools = [{"name": "g", "classes": classes, "draws": 1} for classes in (3, 4)]
    config = fill(
        evaluations={f"e{i}": entry(datasets=["cog"], pool=pool) for i, pool in enumerate(pools)}
    )
    assert plan.check(config) == ["evaluations.e1.pool.name: g_1 is another pool's group already"]


def test_a_job_that_nobody_asked_for_is_an_error(fill: Any) -> None:
    with pytest.raises(InputError, match="none applies 'linear' to 'base' on 'seen'"):
        plan.job(fill(evaluations={"e0": entry()}), "base", "seen", "linear")


def test_the_defaults_are_the_thesis(protocol: Callable[..., dict[str, Any]]) -> None:
    section = protocol(kind="sgd")
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


def test_the_wildcard_patterns_divide_the_protocols(fill: Any) -> None:
    config = fill()
    assert plan.protocols(config, own=True) == ["own"]
    assert plan.protocols(config, own=False) == ["linear"]
    assert plan.protocols(fill(probes={"linear": {"kind": "knn"}}), own=True) == []
