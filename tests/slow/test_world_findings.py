"""The thesis's findings in the procedural world, as `benchmarks/world.py` prints them (15 min)."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = [0, 1, 2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmark(load_module: Callable[[str], ModuleType]) -> ModuleType:
    return load_module("benchmarks/world.py")


@pytest.fixture(scope="module")
def gains(benchmark: ModuleType) -> pd.DataFrame:
    config = REPOSITORY / "config" / "config.yaml"
    found = [
        benchmark.measure(config, seed, runs=["base", "trex"], concepts=60, way=20)
        for seed in SEEDS
    ]
    table: pd.DataFrame = benchmark.gains(pd.concat(found))
    print(table.round(1).to_string())
    return table


def test_what_is_learned_helps_less_the_further_a_concept_is(gains: pd.DataFrame) -> None:
    base = gains.loc["base"]
    for seed in SEEDS:
        assert base.loc[seed, "cog_l5"] < 0.75 * base.loc[seed, "cog_l1"], seed
    levels = base.loc[SEEDS, [f"cog_l{level}" for level in range(1, 6)]]
    steps = levels.diff(axis=1).iloc[:, 1:]
    # No step up by more than two standard errors over the worlds.
    assert (steps.mean() < 2 * steps.sem()).all()


def test_trex_gains_on_unseen_concepts_what_it_gives_up_on_the_seen(gains: pd.DataFrame) -> None:
    ahead = gains.loc["trex"].loc[SEEDS] - gains.loc["base"].loc[SEEDS]
    unseen = ahead.drop(columns="seen").mean(axis=1)
    assert (unseen > 3).sum() >= 2
    # It is no better encoder all round: where it loses on the seen concepts, it gains elsewhere.
    assert (unseen > ahead["seen"]).all()
