"""The section `probes` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, Positive, Section, unique


class Interval(Section):
    """sgd, range of the learning rate; log-uniform."""

    low: Above0
    high: Above0


class Pruning(Section):
    """sgd, stop all but the best share `keep` of the configurations that are trained at once after
    `epoch` epochs; null trains all to the end. The thesis does not prune.
    """

    epoch: Positive
    """Epochs before the choice."""
    keep: Annotated[float, Field(gt=0, lt=1)]
    """Share that goes on, rounded up."""


class Protocol(Section):
    """One protocol."""

    kind: Literal["sgd", "lbfgs", "sklearn", "knn", "classifier"]
    """`sgd`: multinomial logistic regression by SGD (large data sets). `lbfgs`: the same by L-BFGS
    for all values of C at once (small data sets). `sklearn`: the same by scikit-learn's L-BFGS, one
    C after the other. `knn`: weighted nearest neighbours, not tuned. `classifier`: the classifier
    that the encoder's own training run learned, not trained again; its classes may differ from the
    data set's (see `restrict_classes`).
    """
    shots: Annotated[
        Annotated[list[Positive | Literal["all"]], Field(min_length=1), unique],
        Applies({"kind": ["sgd", "lbfgs", "sklearn", "knn"]}),
    ] = ["all"]
    """Training images a class, drawn anew for each seed; `all` takes every one. Each entry is tuned
    and fitted by itself. While tuning, the shots come from the part that is not held out, and the
    whole held-out part validates.
    """
    seeds: Annotated[Positive, Applies({"kind": ["sgd", "lbfgs", "sklearn", "knn"]})] = 5
    """How often tuning and fit are repeated, with seeds 0, 1, ...: each has its own held-out
    images, shots, start, order and search. Seeds that are added later keep the finished ones.
    """
    per_class: Annotated[
        Annotated[int, Field(ge=2)] | None, Applies({"kind": ["sgd", "lbfgs", "sklearn", "knn"]})
    ] = None
    """Take only this many training images of each class, the same ones for every seed (the thesis's
    class-balanced levels, section 3.3.3: 732). A class with fewer is an error.
    """
    normalize: Annotated[
        Literal["auto", "l2", "none"], Applies({"kind": ["sgd", "lbfgs", "sklearn", "knn"]})
    ] = "auto"
    """`l2` scales each feature vector to length 1, `none` leaves it as it is, `auto` is l2 for sgd
    and knn and none for lbfgs and sklearn, as in the thesis.
    """
    validation: Annotated[
        Annotated[float, Field(gt=0, lt=1)], Applies({"kind": ["sgd", "lbfgs", "sklearn", "knn"]})
    ] = 0.2
    """Share of each class's training images that is held out while tuning, rounded down but at
    least one image; at least one is left to train on. A class of one image is an error.
    """
    trials: Annotated[Positive, Applies({"kind": ["sgd", "lbfgs", "sklearn"]})] = 30
    """Configurations that the search tries for each number of shots and seed."""
    first_batch: Annotated[Positive, Applies({"kind": ["sgd", "lbfgs", "sklearn"]})] = 10
    """Configurations that the search (TPE) draws at random before it learns from results. They are
    trained at once.
    """
    batch: Annotated[Positive, Applies({"kind": ["sgd", "lbfgs", "sklearn"]})] = 5
    """Configurations asked for, and trained, at once after that."""
    lr: Annotated[Interval, Applies({"kind": ["sgd"]})] = Interval(low=0.1, high=100.0)
    """sgd, range of the learning rate; log-uniform."""
    weight_decay: Annotated[Interval, Applies({"kind": ["sgd"]})] = Interval(low=1e-12, high=0.0001)
    """sgd, range of the weight decay (on weights and bias); log-uniform."""
    C: Annotated[Interval, Applies({"kind": ["lbfgs", "sklearn"]})] = Interval(
        low=1e-05, high=1000000.0
    )
    """lbfgs and sklearn, range of the inverse regularisation strength, in scikit-learn's sense;
    log-uniform.
    """
    epochs: Annotated[Positive, Applies({"kind": ["sgd"]})] = 100
    """sgd, passes over the training images."""
    batch_size: Annotated[Positive, Applies({"kind": ["sgd"]})] = 1024
    """sgd, images a step."""
    momentum: Annotated[Annotated[float, Field(ge=0, lt=1)], Applies({"kind": ["sgd"]})] = 0.9
    """sgd, momentum."""
    schedule: Annotated[Literal["cosine", "cosine_lagged"], Applies({"kind": ["sgd"]})] = "cosine"
    """sgd, learning rate by epoch e of E: `cosine` is (1 + cos(pi e / E)) / 2 from e = 0;
    `cosine_lagged` comes one epoch later, so that the first two share the full rate, as in the
    authors' released code.
    """
    search_precision: Annotated[
        Literal["float32", "tf32", "bfloat16"], Applies({"kind": ["sgd"]})
    ] = "float32"
    """sgd, what the matrix products of the search are rounded to; weights, momentum and all sums
    stay in float32. `tf32` and `bfloat16` take effect where the device has them in hardware, and
    are float32 elsewhere. The final fit is always float32.
    """
    compile: Annotated[bool, Applies({"kind": ["sgd"]})] = False
    """sgd on a GPU, fuse the elementwise steps with torch.compile (needs a C compiler there).
    Results differ in the last digits.
    """
    pruning: Annotated[Pruning | None, Applies({"kind": ["sgd"]})] = None
    """sgd, stop all but the best share `keep` of the configurations that are trained at once after
    `epoch` epochs; null trains all to the end. The thesis does not prune.
    """
    max_iterations: Annotated[Positive, Applies({"kind": ["lbfgs", "sklearn"]})] = 2000
    """lbfgs and sklearn, iterations at most. Fits that need more are warned of in the log, and the
    column `converged` of trials and scores says so.
    """
    tolerance: Annotated[Above0, Applies({"kind": ["lbfgs", "sklearn"]})] = 0.0001
    """When a fit may end. lbfgs goes on until its loss is within a hundredth of this of its
    minimum, relative to it, whatever C and the features' scale: at 0.0001 to 1e-6. sklearn ends
    where the largest entry of the gradient (of the loss per image) is below this; at a large C,
    where classes come apart, that can be far from the minimum.
    """
    k: Annotated[Positive, Applies({"kind": ["knn"]})] = 20
    """knn, number of neighbours (all training images where there are fewer)."""
    temperature: Annotated[Above0, Applies({"kind": ["knn"]})] = 0.07
    """knn, a neighbour of cosine similarity s votes with weight exp(s / temperature)."""
    restrict_classes: bool = True
    """For test sets with other classes than the classifier (ImageNet-R and -A): whether only the
    classes that both have can be predicted. Images of classes that the classifier does not know
    never count.
    """
    classifiers: Annotated[
        Literal["full", "every", "none"], Applies({"kind": ["sgd", "lbfgs", "sklearn"]})
    ] = "full"
    """Which fitted classifiers stay in the folder of cells: those of `full` data (shots all), of
    `every` number of shots, or `none`. They serve later test sets and the analyses.
    """
