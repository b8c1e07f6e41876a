"""A classifier on a test set, also one with other classes (sections 4.4.4 and 5.5.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cogworks.core.errors import InputError
from cogworks.probes.classifier import same_classes
from cogworks.probes.scores import WRONG, Score, ranks, score
from cogworks.probes.table import FeatureTable, TableSource

CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Evaluation:
    """What a classifier makes of a test set.

    Attributes:
        predicted: `(N,)` int32, places among the classifier's classes, in the order of the test
            features; -1 for an image whose class the classifier does not know, or whose logits are
            not finite numbers.
        score: its scores, over the images whose class it knows.
        unranked: how many of these have logits that are not finite; they count as wrong.
    """

    predicted: npt.NDArray[np.int32]
    score: Score
    unranked: int


def evaluate(
    test: FeatureTable,
    classify: Callable[[Tensor], Tensor],
    classes: Sequence[str],
    *,
    restrict: bool,
    device: torch.device,
) -> Evaluation:
    """Score a classifier.

    Args:
        test: N images.
        classify: gives logits `(n, C)` for features `(n, D)`.
        classes: ids of its C classes.
        restrict: whether it may predict only those that the test set has as well.
        device: where to compute.

    Raises:
        InputError: no class in common.
    """
    own, theirs = same_classes(classes, test.classes)
    if not own:
        raise InputError(
            f"{test.name}: has none of the {len(classes)} classes that the classifier knows "
            f"(such as {classes[0]}); remove it from test_sets"
        )
    allowed = torch.tensor(own if restrict else range(len(classes)), device=device)
    # From labels of the test set to places among the classes that may be predicted.
    places = torch.full((len(test.classes),), -1)
    places[theirs] = torch.arange(len(own)) if restrict else torch.tensor(own)
    wanted = places[test.y]
    rows = torch.nonzero(wanted >= 0)[:, 0]
    if not len(rows):
        raise InputError(f"{test.name}: holds no image of a class that the classifier knows")
    predicted = np.full(len(test.y), -1, dtype=np.int32)
    rank = []
    with torch.no_grad():
        for part in rows.split(CHUNK_ROWS):
            x = test.x[part.to(test.x.device)].to(device)
            logits = classify(x)
            if len(allowed) < logits.shape[1]:
                logits = logits[:, allowed]
            found = ranks(logits, wanted[part].to(device)).cpu()
            rank.append(found)
            predicted[part] = allowed[logits.argmax(1)].cpu().where(found != WRONG, -1)
    all_ranks = torch.cat(rank).numpy()
    unranked = int((all_ranks == WRONG).sum())
    return Evaluation(predicted, score(all_ranks, test.labels[rows.numpy()]), unranked)


def require_classes(train: TableSource, test: FeatureTable) -> None:
    """Refuse a test split that does not show every class of the training split, and no other.

    Raises:
        InputError: naming the first class that is missing on one side.
    """
    shown = {test.classes[label] for label in np.unique(test.labels)}
    missing = sorted(set(train.classes) - shown)
    if missing:
        raise InputError(
            f"class {missing[0]} ({len(missing)} in all) is in {train.name} but has no image in "
            f"{test.name}; give the data set test images of it, or leave the class out"
        )
    unknown = sorted(set(test.classes) - set(train.classes))
    if unknown:
        raise InputError(f"class {unknown[0]} is in {test.name} but not in {train.name}")
