"""The measures against slow oracles written from the thesis's definitions."""

import itertools
import math

import numpy as np
import pytest

from cogworks.analysis import blocks as blocks_module
from cogworks.analysis import distance
from cogworks.analysis.blocks import FeatureSet, Part, normalize
from cogworks.analysis.distance import intra_class_distance, mean_pairwise_distance
from cogworks.analysis.measure import measure
from cogworks.analysis.moments import moments
from cogworks.analysis.redundancy import redundancy
from cogworks.analysis.sparsity import sparsity
from cogworks.analysis.specs import MeasureSpec
from cogworks.analysis.spectrum import coding_length, singular_values, spectrum
from cogworks.core.errors import InputError

SPEC = MeasureSpec(
    encoder="e",
    dataset="d",
    split="test",
    metrics=[
        "sparsity",
        "intra_class_distance",
        "redundancy",
        "coding_length",
        "singular_values",
    ],
    sparsity_threshold=1e-5,
    coding_eps2=0.5,
)


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    """Features like a network's: non-negative, sparse, of different scales, one dimension dead."""
    raw = np.maximum(rng.normal(0.2, 1.0, (60, 7)), 0) * rng.uniform(0.1, 10, (60, 1))
    raw[:, 0] += 0.05
    raw[:, 3] = 0
    return raw.astype(np.float32)


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat([0, 1, 2, 5], [20, 25, 14, 1])


def numbers(table) -> dict[str, float]:
    frame = table.to_pandas()
    return frame[frame["metric"] != "singular_values"].set_index("metric")["value"].to_dict()


def test_each_measure_equals_its_oracle(x, labels):
    found = numbers(measure(FeatureSet([Part(x, labels)]), SPEC))
    unit = x.astype(float) / np.linalg.norm(x.astype(float), axis=1, keepdims=True)
    n, d = unit.shape

    assert found["sparsity"] == pytest.approx(sum(abs(v) < 1e-5 for v in unit.ravel()) / (n * d))

    means = []
    for label in (0, 1, 2):
        members = unit[labels == label]
        pairs = itertools.combinations(members, 2)
        means.append(np.mean([math.dist(a, b) for a, b in pairs]))
    assert found["intra_class_distance"] == pytest.approx(np.mean(means))

    alive = [i for i in range(d) if i != 3]
    rho = [[abs(np.corrcoef(unit[:, i], unit[:, j])[0, 1]) for i in alive] for j in alive]
    assert found["redundancy"] == pytest.approx(np.sum(rho) / len(alive) ** 2)
    assert found["constant_dimensions"] == 1

    matrix = np.eye(d) + d / (n * 0.5) * unit.T @ unit
    assert found["coding_length"] == pytest.approx(0.5 * math.log(np.linalg.det(matrix)))


def test_singular_values_equal_those_of_the_matrix(x, labels):
    table = measure(FeatureSet([Part(x, labels)]), SPEC).to_pandas()
    rows = table[table["metric"] == "singular_values"]
    expected = np.linalg.svd(normalize(x), compute_uv=False)
    assert rows["position"].tolist() == list(range(7))
    np.testing.assert_allclose(rows["value"], expected / expected.sum(), atol=1e-8)


def test_fewer_samples_than_dimensions(rng):
    x = normalize(rng.normal(size=(5, 12)))
    found = spectrum(moments([x]))
    expected = np.linalg.svd(x, compute_uv=False)
    np.testing.assert_allclose(singular_values(found)[:5], expected / expected.sum(), atol=1e-7)
    assert (singular_values(found)[5:] < 1e-7).all()
    small = 0.5 * np.linalg.slogdet(np.eye(5) + 12 / (5 * 0.5) * x @ x.T)[1]
    assert coding_length(found, count=5, eps2=0.5) == pytest.approx(small)


@pytest.mark.parametrize("rows", [1, 7, 59, 60, 1000])
def test_blocks_of_any_size_give_the_same(x, labels, rows):
    features = FeatureSet([Part(x, labels)])
    whole, pieces = moments([normalize(x)]), moments(features.blocks(rows=rows))
    np.testing.assert_allclose(pieces.scatter, whole.scatter, atol=1e-12)
    np.testing.assert_allclose(pieces.gram, normalize(x).T @ normalize(x), atol=1e-12)
    assert pieces.count == 60
    assert sparsity(features.blocks(rows=rows), threshold=1e-5) == sparsity(
        [normalize(x)], threshold=1e-5
    )


def test_two_splits_count_as_one_set(x, labels):
    whole = FeatureSet([Part(x, labels)])
    halves = FeatureSet([Part(x[::2], labels[::2]), Part(x[1::2], labels[1::2])])
    together, apart = numbers(measure(whole, SPEC)), numbers(measure(halves, SPEC))
    assert together == pytest.approx(apart)


def test_rows_of_a_class_need_not_lie_together(x, labels, rng):
    order = rng.permutation(len(x))
    shuffled = FeatureSet([Part(x[order], labels[order])])
    expected = numbers(measure(FeatureSet([Part(x, labels)]), SPEC))
    assert numbers(measure(shuffled, SPEC)) == pytest.approx(expected)


def test_large_classes_are_taken_block_by_block(rng, monkeypatch):
    x = rng.normal(size=(23, 4))
    whole = mean_pairwise_distance(x)
    monkeypatch.setattr(distance, "BLOCK_ROWS", 5)
    assert mean_pairwise_distance(x) == pytest.approx(whole)


def test_equal_vectors_have_no_distance():
    x = normalize(np.full((6, 3), 0.3))
    assert mean_pairwise_distance(x) == pytest.approx(0, abs=1e-12)


def test_classes_of_one_image_have_no_pair():
    assert math.isnan(intra_class_distance([np.ones((1, 3)), np.ones((1, 3))]))


def test_correlation_survives_a_large_common_mean(rng):
    x = 1e4 + rng.normal(size=(500, 3)) * [1.0, 1.0, 0.1]
    rho = np.abs(np.corrcoef(x.T)).mean()
    assert redundancy(moments(np.array_split(x, 7))) == pytest.approx(rho, rel=1e-6)


def test_a_constant_dimension_correlates_with_nothing(rng):
    x = np.column_stack([rng.normal(size=50), np.full(50, 0.7)])
    assert redundancy(moments(np.array_split(x, 3))) == pytest.approx(1.0)
    assert math.isnan(redundancy(moments([np.ones((5, 2))])))


def test_a_zero_vector_stays_zero():
    assert (normalize(np.zeros((2, 3))) == 0).all()


def test_no_features_are_an_error():
    with pytest.raises(InputError, match="no images"):
        FeatureSet([Part(np.zeros((0, 3)), np.zeros(0, dtype=int))])
    with pytest.raises(InputError, match=r"different dimensions: \[3, 4\]"):
        FeatureSet(
            [Part(np.ones((2, 3)), np.zeros(2, int)), Part(np.ones((2, 4)), np.zeros(2, int))]
        )


def test_a_mapped_file_is_never_read_whole(x, labels, tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    most = 0
    real = blocks_module.normalize

    def counting(rows):
        nonlocal most
        most = max(most, len(rows))
        return real(rows)

    monkeypatch.setattr(blocks_module, "normalize", counting)
    for _ in FeatureSet([Part(mapped, labels)]).blocks(rows=8):
        pass
    assert most == 8


def test_only_what_is_asked_for_is_measured(x, labels):
    spec = SPEC.model_copy(update={"metrics": ["sparsity"]})
    found = numbers(measure(FeatureSet([Part(x, labels)]), spec))
    assert set(found) == {"samples", "dimensions", "sparsity"}
