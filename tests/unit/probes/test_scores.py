import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from cogworks.probes.scores import all_finite, log_odds, mean_log_odds, predicts, ranks, score

PAPER = Path(__file__).resolve().parents[3] / "resources" / "paper"


def test_ranks_count_who_comes_before_and_break_ties_like_argmax() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 5.0, 5.0]])
    assert ranks(logits, torch.tensor([0, 1, 2, 1])).tolist() == [2, 1, 2, 0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None])
@pytest.mark.parametrize("n_classes", [1, 2, 7])
def test_who_is_predicted_is_who_has_rank_0(bad: float | None, n_classes: int) -> None:
    """With many ties, and numbers that are not finite in any place."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randint(0, 3, (400, n_classes), generator=generator).float()
    labels = torch.randint(0, n_classes, (400,), generator=generator)
    if bad is not None:
        rows = torch.arange(0, 400, 3)
        logits[rows, torch.randint(0, n_classes, rows.shape, generator=generator)] = bad
    rank = ranks(logits, labels)
    for row, label in enumerate(labels.tolist()):
        values = logits[row].tolist()
        order = sorted(range(n_classes), key=lambda c, values=values: (-values[c], c))
        wrong = not all(map(math.isfinite, values))
        assert rank[row] == (2**31 if wrong else order.index(label))
    assert torch.equal(predicts(logits.clone(), labels), rank == 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_never_score(bad: float) -> None:
    """Not even where there are fewer than five classes: such an image is wrong in top-5 too."""
    labels = torch.tensor([0, 1, 0, 1])
    whole = torch.full((4, 2), bad)
    found = score(ranks(whole, labels).numpy(), labels.numpy())
    assert (found.top1, found.top5, found.mean_class) == (0, 0, 0)
    one = torch.tensor([[2.0, 1.0], [1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
    for place in (0, 1):
        row = one.clone()
        row[3, place] = bad
        found = score(ranks(row, labels).numpy(), labels.numpy())
        assert (found.top1, found.top5, found.mean_class) == (75, 75, 75)


def test_a_classifier_that_never_decides_is_right_on_one_class() -> None:
    labels = torch.arange(8).repeat_interleave(5)
    found = score(ranks(torch.zeros(40, 8), labels).numpy(), labels.numpy())
    assert found.top1 == found.mean_class == 100 / 8
    assert found.top5 == 100 * 5 / 8


def test_scores_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.standard_normal((200, 8)))
    labels = rng.integers(0, 7, 200)  # class 7 has no image
    found = score(ranks(logits, torch.from_numpy(labels)).numpy(), labels)
    order = [sorted(range(8), key=lambda c: -row[c]) for row in logits.numpy()]
    right = np.array([o[0] == label for o, label in zip(order, labels, strict=True)])
    assert found.top1 == pytest.approx(100 * right.mean())
    assert found.top5 == pytest.approx(
        100 * np.mean([label in o[:5] for o, label in zip(order, labels, strict=True)])
    )
    by_class = [right[labels == c].mean() for c in range(7)]
    assert found.mean_class == pytest.approx(100 * np.mean(by_class))
    assert found.class_right == [right[labels == c].sum() for c in range(7)]
    assert found.class_images == [(labels == c).sum() for c in range(7)]
    p = right.mean()
    assert found.log_odds == pytest.approx(math.log(p / (1 - p)))
    assert (found.n_test, found.n_classes) == (200, 7)


def test_log_odds_of_perfect_and_hopeless_are_finite_and_opposite() -> None:
    assert log_odds(100, 100) == pytest.approx(math.log(199))
    assert log_odds(0, 100) == pytest.approx(-math.log(199))
    assert log_odds(75, 100) == pytest.approx(math.log(3))


def test_the_published_mean_log_odds_follow_from_the_13_accuracies() -> None:
    frame = pd.read_csv(PAPER / "trex_transfer.csv")
    for model, rows in frame.groupby("model"):
        published = rows.loc[rows["dataset"] == "mean_log_odds", "value"].item()
        accuracies = rows[(rows["metric"] == "top1") & (rows["dataset"] != "in1k")]["value"]
        assert len(accuracies) == 13
        # Accuracies are printed with one decimal: at 97% that moves log odds by 0.02, a 13th of it
        # the mean.
        assert mean_log_odds(accuracies) == pytest.approx(published, abs=0.004), model


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 8, 36])
def test_a_row_is_finite_where_each_of_its_numbers_is(
    odd: float, place: int, processor: str
) -> None:
    logits = 3e38 * torch.linspace(-1, 1, 4 * 37).view(4, 37)
    logits[2, place] = odd
    assert all_finite(logits).tolist() == [True, True, False, True], processor
