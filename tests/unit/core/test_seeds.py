"""Seeds and hash orders depend on names alone."""

from cogworks.core.seeds import derive_seed, shuffle_by_hash
from cogworks.core.spec import canonical, digest


def test_seeds_are_fixed_and_distinct() -> None:
    assert derive_seed("clone", "n01440764", 3) == derive_seed("clone", "n01440764", "3")
    assert derive_seed("a", "bc") != derive_seed("ab", "c")
    seeds = {derive_seed(0, "n01440764", index) for index in range(1000)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_subset_by_hash_is_stable_when_others_come_or_go() -> None:
    keys = [f"n{number:08d}" for number in range(100)]
    order = shuffle_by_hash(keys, "seed", 1)
    assert sorted(order) == keys
    assert order != keys
    assert shuffle_by_hash(reversed(keys), "seed", 1) == order
    fewer = [key for key in keys if key not in order[50:]]
    assert shuffle_by_hash(fewer, "seed", 1) == order[:50]
    assert shuffle_by_hash(keys, "seed", 2) != order


def test_canonical_text_ignores_order_alone() -> None:
    assert canonical({"b": 1, "a": [2, 1]}) == '{"a": [2, 1], "b": 1}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"lr": 1, "wd": 2}) != digest({"lr": 2, "wd": 1})
    assert digest({"a": 1}) != digest({"a": 1.0})
