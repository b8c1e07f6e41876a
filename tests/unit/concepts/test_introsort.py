"""NumPy's old order of ties: by hand, by its properties, and against NumPy without vector code."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cogworks.concepts.introsort import _Introsort, legacy_argsort

NUMPY_SCALAR_SORT = """
import sys
import numpy as np
keys = np.load(sys.argv[1])
np.savez(sys.argv[2], **{name: np.argsort(keys[name], kind="quicksort") for name in keys.files})
"""


def killer(size: int) -> np.ndarray:
    """Keys that give a median of three the worst pivots (Musser 1997)."""
    half = size // 2
    odd = [i + 1 if i % 2 == 0 else half + i + 1 - half % 2 for i in range(half)]
    return np.array(odd + [2 * (i + 1) for i in range(half)], dtype=float)


def inputs() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = (1, 2, 5, 15, 16, 17, 18, 33, 100, 1000, 5146)
    cases = [rng.integers(0, k, n).astype(float) for n in sizes for k in (1, 2, 5, 335, 10**9)]
    cases += [np.arange(3000.0), -np.arange(3000.0)]
    return cases + [case for n in (200, 4096) for case in (killer(n), killer(n) // 7)]


def test_sorts_and_permutes():
    for keys in inputs():
        order = legacy_argsort(keys)
        assert sorted(order) == list(range(len(keys)))
        assert (np.diff(keys[order]) >= 0).all()
    assert legacy_argsort([]) == []


def test_up_to_sixteen_keys_are_insertion_sorted_and_keep_their_order():
    assert legacy_argsort([3, 1, 2, 1, 3, 1]) == [1, 3, 5, 2, 0, 4]
    assert legacy_argsort([7.0] * 16) == list(range(16))


def test_seventeen_equal_keys_by_hand():
    # The pivot, index 8, goes to place 15 (and 15 to 8). The scans stop at each key: 1 and 14
    # change places, 2 and 13, 3 and 12, 4 and 11, 5 and 10, 6 and 9, 7 and 8; both meet at 8,
    # where the pivot comes back: what stood there, 7, goes to place 15.
    assert legacy_argsort([7.0] * 17) == [0, 14, 13, 12, 11, 10, 9, 15, 8, 6, 5, 4, 3, 2, 1, 7, 16]


def test_nineteen_keys_by_hand():
    # The keys of first, middle (9) and last are 2, 1, 0: the medians' swaps put 18 first, 0 last.
    # The pivot 9 (key 1) waits at 17, and 17 stands at 9. All others are 1 as well.
    keys = [2.0] + [1.0] * 17 + [0.0]
    expected = [18, 16, 15, 14, 13, 12, 11, 10, 17, 9, 7, 6, 5, 4, 3, 2, 1, 8, 0]
    assert legacy_argsort(keys) == expected


def test_bad_pivots_end_in_heap_sort(monkeypatch):
    ranges = []
    heap_sort = _Introsort._heap_sort
    monkeypatch.setattr(
        _Introsort,
        "_heap_sort",
        lambda self, low, high: (ranges.append(high - low + 1), heap_sort(self, low, high))[1],
    )
    keys = killer(4096)
    assert (np.diff(keys[legacy_argsort(keys)]) >= 0).all()
    assert ranges
    ranges.clear()
    legacy_argsort(np.random.default_rng(0).random(4096))
    assert not ranges


def test_equals_numpys_scalar_quicksort(tmp_path):
    """NumPy still has the old code for processors without vector instructions: switch them off."""
    umath = pytest.importorskip("numpy._core._multiarray_umath")
    features = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]
    if not any("X86" in name or "AVX" in name for name in features):
        pytest.skip("this build of NumPy has no vector code that can be switched off")
    cases = {f"case{number:03d}": keys for number, keys in enumerate(inputs())}
    np.savez(tmp_path / "keys.npz", **cases)
    program = [sys.executable, "-c", NUMPY_SCALAR_SORT]
    environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}
    command = [*program, str(tmp_path / "keys.npz"), str(tmp_path / "order.npz")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with np.load(tmp_path / "order.npz") as orders:
        for name, keys in cases.items():
            np.testing.assert_array_equal(legacy_argsort(keys), orders[name])
