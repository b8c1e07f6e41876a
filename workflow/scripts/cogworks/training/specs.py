"""What a training gets: every number of a run, resolved and typed. The config documents the keys.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Any

from cogworks.core.spec import Spec
from cogworks.networks.specs import BackboneSpec


class Augmentation(Spec):
    """Crops and their photometric changes (multi-crop, section 4.3)."""

    recipe: str
    implementation: str
    global_crops: int
    local_crops: int
    global_size: int
    local_size: int
    global_scale: list[float]
    local_scale: list[float]
    mean: list[float]
    std: list[float]


class Projector(Spec):
    """The expendable head between encoder and loss (figure 4.2)."""

    enabled: bool
    layers: int
    hidden: int
    bottleneck: int
    normalize_input: bool


class Loss(Spec):
    """The training objective (equations 4.1 and 4.2)."""

    kind: str
    temperature: float
    init: str
    memory: int
    k: int
    ema_momentum: float
    ema_mode: str
    ema_warmup: bool


class Optimizer(Spec):
    """SGD, its schedule and its batches (table C.1)."""

    epochs: int
    batch: int
    accumulation: int
    lr_per_256: float
    final_lr: float
    momentum: float
    weight_decay: float
    warmup_epochs: float


class Numbers(Spec):
    """Every number that a recipe at a scale sets."""

    backbone: BackboneSpec
    augmentation: Augmentation
    projector: Projector
    loss: Loss
    optimizer: Optimizer
    precision: str
    channels_last: bool
    compile: bool


class KeyMapping(Spec):
    """How the keys of a checkpoint become those of the encoder that starts from it."""

    container: str
    prefix: str
    drop: list[str]


class Traces(Spec):
    """What is recorded of the training's course; 0 steps record nothing."""

    every_steps: int


class Validation(Spec):
    """How often the training is validated."""

    every_epochs: int


class TrainSpec(Numbers):
    """Every number on which the result of a run depends, besides its images.

    `start` is there where the encoder begins with given weights, whose file is an input.
    """

    seed: int
    traces: Traces
    validation: Validation
    start: KeyMapping | None = None


class Description(Spec):
    """What a finished run is: the content of its `spec.json`.

    Attributes:
        backbone: the encoder's architecture.
        feature_dim: width of the encoder's features.
        image_size: pixels of a side of its input.
        mean: of each channel, subtracted from its input.
        std: of each channel, by which its input is divided.
        classes: class ids, in the order of the labels.
        classifier: `kind` of the loss, the numbers on which its logits depend, and `projector`.
        dataset: name of the training data set.
        manifest_digest: of its manifest.
        training: what the run was given.
    """

    backbone: BackboneSpec
    feature_dim: int
    image_size: int
    mean: list[float]
    std: list[float]
    classes: list[str]
    classifier: dict[str, Any]
    dataset: str
    manifest_digest: str
    training: TrainSpec
