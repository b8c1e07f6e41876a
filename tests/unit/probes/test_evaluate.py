import numpy as np
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.probes.evaluate import evaluate
from cogworks.probes.table import FeatureTable

CPU = torch.device("cpu")
CLASSES = ["a", "b", "c", "d"]


def table(labels: list[int], classes: list[str], dim: int = 4) -> FeatureTable:
    """Features are what the classifier below takes for logits."""
    x = torch.tensor(np.random.default_rng(0).standard_normal((len(labels), dim))).float()
    return FeatureTable(x, torch.tensor(labels), classes, "test.npy")


def test_the_same_classes_need_no_matching() -> None:
    test = table([0, 1, 2, 3] * 5, CLASSES)
    found = evaluate(test, lambda x: x, CLASSES, restrict=True, device=CPU)
    assert np.array_equal(found.predicted, test.x.argmax(1))
    assert found.score.top1 == 100 * int((test.x.argmax(1) == test.y).sum()) / 20


@pytest.mark.parametrize("restrict", [True, False])
def test_only_images_of_common_classes_count(restrict: bool) -> None:
    """The test set knows d and b, in its own order, and z, which the classifier does not."""
    test = table([0, 1, 2, 0, 1, 2, 1, 0], ["b", "d", "z"])
    found = evaluate(test, lambda x: x, CLASSES, restrict=restrict, device=CPU)
    own = {0: 1, 1: 3}
    allowed = [1, 3] if restrict else [0, 1, 2, 3]
    right = []
    for row, label in enumerate(test.y.tolist()):
        if label == 2:
            assert found.predicted[row] == -1
            continue
        best = max(allowed, key=lambda c, row=row: float(test.x[row, c]))
        assert found.predicted[row] == best
        right.append(best == own[label])
    assert found.score.n_test == 6
    assert found.score.n_classes == 2
    assert found.score.top1 == pytest.approx(100 * np.mean(right))


def test_an_image_without_finite_scores_is_wrong_and_has_no_prediction() -> None:
    test = table([0, 1, 2, 3], CLASSES)
    logits = 5 * torch.eye(4)
    logits[2] = float("nan")
    found = evaluate(test, lambda x: logits[: len(x)], CLASSES, restrict=True, device=CPU)
    assert found.predicted.tolist() == [0, 1, -1, 3]
    assert found.score.top1 == found.score.mean_class == 75
    assert found.unranked == 1


def test_restricting_can_only_help() -> None:
    test = table([0, 1] * 200, ["b", "d"])
    free, held = (
        evaluate(test, lambda x: x, CLASSES, restrict=r, device=CPU).score for r in (False, True)
    )
    assert held.top1 > free.top1
    assert held.top5 == 100


def test_a_test_set_without_a_common_class_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"test\.npy: has none of the 4 classes"):
        evaluate(table([0], ["z"]), lambda x: x, CLASSES, restrict=True, device=CPU)
