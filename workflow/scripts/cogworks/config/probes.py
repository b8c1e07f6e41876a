"""The section `probes` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, Positive, Section, one_of, unique
from cogworks.probes.kinds import KINDS


def _read(key: str) -> Applies:
    """Return the mark of a key that only some kinds of probe read: those whose specs have it."""
    kinds = {name: KINDS.load(name) for name in KINDS}
    specs = {name: (kind.fit, kind.tune or kind.fit) for name, kind in kinds.items()}
    return Applies(
        {"kind": [name for name, own in specs.items() if any(key in s.model_fields for s in own)]}
    )


class Interval(Section):
    """A range of positive numbers, searched on a log scale."""

    low: Above0
    high: Above0


class Pruning(Section):
    """sgd: keep only the best configurations of those trained together. Null trains all to the end,
    as in the thesis.
    """

    epoch: Positive
    """Number of epochs after which to choose."""
    keep: Annotated[float, Field(gt=0, lt=1)]
    """Share of the configurations to keep, rounded up."""


class Protocol(Section):
    """One evaluation protocol."""

    kind: Annotated[str, one_of(KINDS)]
    """`sgd`: multinomial logistic regression by SGD (large data sets). `lbfgs`: the same by L-BFGS,
    all values of C at once (small data sets). `sklearn`: the same by scikit-learn's L-BFGS, one C
    at a time. `knn`: weighted nearest neighbours, not tuned. `classifier`: the classifier with
    which a run or a published model was trained (see `classifier` in `resources/encoders.yaml`).
    """
    shots: Annotated[
        Annotated[list[Positive | Literal["all"]], Field(min_length=1), unique],
        _read("shots"),
    ] = ["all"]
    """Training images per class, drawn anew for each seed; `all` uses every one. Each entry is
    tuned and fitted separately. During tuning, shots come from the part that is not held out, and
    the whole held-out part is used for validation.
    """
    seeds: Annotated[Positive, _read("seeds")] = 5
    """How often tuning and fitting are repeated, with seeds 0, 1, ...; each seed has its own
    held-out images, shots, initial weights, order and search. Adding seeds keeps the finished ones.
    """
    per_class: Annotated[Annotated[int, Field(ge=2)] | None, _read("per_class")] = None
    """Use only this many training images of each class, the same for every seed (the thesis's
    class-balanced levels, section 3.3.3: 732). A class with fewer is an error.
    """
    normalize: Annotated[Literal["auto", "l2", "none"], _read("shots")] = "auto"
    """`l2` scales each feature vector to length 1, `none` leaves it as it is, and `auto` means l2
    for sgd and knn, none for lbfgs and sklearn, as in the thesis.
    """
    validation: Annotated[Annotated[float, Field(gt=0, lt=1)], _read("validation")] = 0.2
    """Share of each class's training images held out for tuning: rounded down, but at least one
    image, and at least one left to train on. A class with a single image is an error.
    """
    trials: Annotated[Positive, _read("trials")] = 30
    """Configurations that the search tries for each seed and number of shots."""
    first_batch: Annotated[Positive, _read("first_batch")] = 10
    """Configurations that the search (TPE) draws at random, and trains together, before it learns
    from results.
    """
    batch: Annotated[Positive, _read("batch")] = 5
    """Configurations drawn, and trained together, in each later round."""
    lr: Annotated[Interval, _read("lr")] = Interval(low=0.1, high=100.0)
    """sgd: range of the learning rate, searched on a log scale."""
    weight_decay: Annotated[Interval, _read("weight_decay")] = Interval(low=1e-12, high=0.0001)
    """sgd: range of the weight decay (of weights and bias), searched on a log scale."""
    C: Annotated[Interval, _read("C")] = Interval(low=1e-05, high=1000000.0)
    """lbfgs and sklearn: range of the inverse regularisation strength, as scikit-learn defines it,
    searched on a log scale.
    """
    epochs: Annotated[Positive, _read("epochs")] = 100
    """sgd: passes over the training images."""
    batch_size: Annotated[Positive, _read("batch_size")] = 1024
    """sgd: images per step."""
    momentum: Annotated[Annotated[float, Field(ge=0, lt=1)], _read("momentum")] = 0.9
    """sgd: momentum."""
    schedule: Annotated[Literal["cosine", "cosine_lagged"], _read("schedule")] = "cosine"
    """sgd: learning rate over epochs e of E. `cosine` is (1 + cos(pi e / E)) / 2, starting at e =
    0; `cosine_lagged` is one epoch behind, so that the first two epochs have the full rate, as in
    the authors' released code.
    """
    search_precision: Annotated[
        Literal["float32", "tf32", "bfloat16"], _read("search_precision")
    ] = "float32"
    """sgd: precision to which the search's matrix products are rounded; weights, momentum and sums
    stay in float32. `tf32` and `bfloat16` take effect only on hardware that has them. The final fit
    always uses float32.
    """
    compile: Annotated[bool, _read("compile")] = False
    """sgd: on a GPU, take steps by fused kernels (Triton; needs a C compiler): a search in bfloat16
    takes two thirds of the time. Results differ in the last digits.
    """
    pruning: Annotated[Pruning | None, _read("pruning")] = None
    """sgd: keep only the best configurations of those trained together. Null trains all to the end,
    as in the thesis.
    """
    max_iterations: Annotated[Positive, _read("max_iterations")] = 2000
    """lbfgs and sklearn: maximum number of iterations. Fits that need more are reported in the log
    and marked in the column `converged` of trials and scores.
    """
    tolerance: Annotated[Above0, _read("tolerance")] = 0.0001
    """When a fit may stop. lbfgs continues until its loss is within a hundredth of this, relative
    to its minimum (1e-6 by default), for any C and scale of features. sklearn stops when the
    largest entry of the gradient (of the loss per image) is below this; at a large C that can be
    far from the minimum.
    """
    k: Annotated[Positive, _read("k")] = 20
    """knn: number of neighbours (at most the number of training images)."""
    temperature: Annotated[Above0, _read("temperature")] = 0.07
    """knn: a neighbour of cosine similarity s votes with weight exp(s / temperature)."""
    restrict_classes: bool = True
    """For test sets with other classes than the classifier (ImageNet-R and -A): whether to predict
    only classes that both have. Images of classes that the classifier does not know never count.
    """
    classifiers: Annotated[Literal["full", "every", "none"], _read("classifiers")] = "full"
    """Which fitted classifiers to keep in the folder of cells, for later test sets and analyses:
    those of `full` data (shots all), of `every` number of shots, or `none`.
    """
