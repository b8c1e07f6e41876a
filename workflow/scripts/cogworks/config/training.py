"""The section `training` of the config."""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from cogworks.config.base import (
    Above0,
    Applies,
    Channels,
    Positive,
    Range,
    Section,
    UserPath,
    Whole,
    one_of,
    unique,
)
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses import LOSSES

# The losses that compare crops with a memory of embeddings, not with class weights.
WITH_MEMORY = ["look", "ocm"]
# Runs of one sweep.
MOST_RUNS = 1000


class Sweep(Section):
    """A key and the values that it takes in turn."""

    key: str
    """Dotted key within the run, such as `projector.layers`, `recipe` or `seed`."""
    values: Annotated[list[Any], Field(min_length=1), unique]
    """The values, each of the key's own type."""


def _countable(sweep: list[Sweep]) -> list[Sweep]:
    runs = math.prod(len(axis.values) for axis in sweep)
    if runs > MOST_RUNS:
        raise ValueError(f"stands for {runs} runs; expected at most {MOST_RUNS}")
    return sweep


class Start(Section):
    """Weights to start from, those of the run's own architecture (fine-tuning, section 3.5.1): give
    exactly one of `run` and `checkpoint`. Null starts from random weights.
    """

    run: str | None = None
    """Another run, whose encoder is used."""
    checkpoint: UserPath | None = None
    """File with the weights, as for `encoders.NAME.checkpoint`."""
    container: Annotated[str, Applies({"checkpoint": "given"})] = "."
    """Entry of the checkpoint that holds the weights, such as `state_dict`."""
    prefix: Annotated[str, Applies({"checkpoint": "given"})] = ""
    """Prefix to strip from the keys, such as `module.`."""
    drop: Annotated[list[str], Applies({"checkpoint": "given"})] = []
    """Leave out keys that begin with one of these, as they are in the file."""


class Backbone(Section):
    """The encoder's architecture, without a classifier."""

    library: Literal["torchvision", "timm", "cogworks"] | None = None
    """Library that the architecture comes from; `cogworks` has `small_resnet`."""
    name: str | None = None
    """The architecture's name in that library."""
    options: dict[str, Any] | None = None
    """Keyword arguments of the architecture. They replace the recipe's as a whole."""


class Augmentation(Section):
    """Crops and their colour changes (multi-crop, section 4.3)."""

    recipe: Annotated[str, one_of(RECIPES)] | None = None
    """`dino` (crop, flip, colour jitter, greyscale, blur, solarise) or `pytorch` (crop and flip).
    """
    implementation: Literal["fast", "pil"] | None = None
    """`fast` (batches of uint8 tensors, on a GPU if there is one) or `pil` (the slow reference).
    Both draw the same crops; their pixels differ by few grey levels.
    """
    global_crops: Positive | None = None
    """Global crops per image (M_g)."""
    local_crops: Whole | None = None
    """Local crops per image (M_l)."""
    global_size: Annotated[int, Field(ge=8)] | None = None
    """Side of a global crop, and of the images at evaluation, in pixels."""
    local_size: Annotated[
        Annotated[int, Field(ge=8)] | None, Applies({"local_crops": {"above": 0}})
    ] = None
    """Side of a local crop in pixels."""
    global_scale: Range | None = None
    """Smallest and largest share of the image's area that a global crop covers."""
    local_scale: Annotated[Range | None, Applies({"local_crops": {"above": 0}})] = None
    """The same for local crops."""
    mean: Channels | None = None
    """Mean of each channel (red, green, blue; pixels from 0 to 1), which is subtracted."""
    std: Channels | None = None
    """Standard deviation of each channel, by which pixels are divided."""


class Projector(Section):
    """The expendable head between encoder and loss (figure 4.2)."""

    enabled: bool | None = None
    """Whether to use a projector."""
    layers: Annotated[Whole | None, Applies({"enabled": [True]})] = None
    """Number of hidden layers (L)."""
    hidden: Annotated[Positive | None, Applies({"enabled": [True]})] = None
    """Width of a hidden layer (d_h)."""
    bottleneck: Annotated[Positive | None, Applies({"enabled": [True]})] = None
    """Width of the output (d_b)."""
    normalize_input: Annotated[bool | None, Applies({"enabled": [True]})] = None
    """Whether to l2-normalise the encoder's features first."""


class Loss(Section):
    """The training objective (equations 4.1 and 4.2)."""

    kind: Annotated[str, one_of(LOSSES)] | None = None
    """`cosine` (softmax over class weights, equation 4.1), `ocm` (online class means over a memory,
    equation 4.2), `softmax` (plain, with bias, on embeddings that are not normalised) or `look`
    (votes of the nearest embeddings in a memory, Feng et al. 2022; section 4.4.3).
    """
    temperature: Annotated[
        Above0 | None, Applies({"kind": [name for name in LOSSES if name != "softmax"]})
    ] = None
    """tau in equations 4.1 and 4.2; under look, that of the votes."""
    init: Annotated[
        Literal["linear", "truncated_normal"] | None,
        Applies({"kind": [name for name in LOSSES if name not in WITH_MEMORY]}),
    ] = None
    """cosine and softmax: how to initialise class weights, which the thesis leaves open. `linear`
    is that of `torch.nn.Linear`, as in the authors' released code and the recipes;
    `truncated_normal` is that of the projector's layers, with a standard deviation of 0.02. A trial
    could not tell them apart (`benchmarks/readings.py`).
    """
    memory: Annotated[Positive | None, Applies({"kind": WITH_MEMORY})] = None
    """ocm and look: number of embeddings in the memory (|Q|)."""
    k: Annotated[Positive | None, Applies({"kind": ["look"]})] = None
    """look: number of nearest embeddings of the memory that vote; at most `memory`."""
    ema_momentum: Annotated[
        Annotated[float, Field(ge=0, lt=1)] | None, Applies({"kind": WITH_MEMORY})
    ] = None
    """ocm and look: momentum m of the moving-average model whose embeddings fill the memory; 0 uses
    the trained model's own weights.
    """
    ema_mode: Annotated[Literal["train", "eval"] | None, Applies({"kind": WITH_MEMORY})] = None
    """ocm and look: mode of the moving-average model, which the thesis leaves open. With `train`,
    as in the authors' released code and the recipes, batch norm uses the batch's statistics and
    only weights are averaged; with `eval` it uses running statistics, which are averaged too. A
    trial could not tell them apart (`benchmarks/readings.py`).
    """
    ema_warmup: Annotated[bool | None, Applies({"kind": WITH_MEMORY})] = None
    """ocm and look: whether the moving average starts with a short memory: update n has the
    momentum min(m, n / (n + 9)). The authors' released code does not; without it, `ema_mode: eval`
    gives identical embeddings for the first 1 / (1 - m) steps.
    """


class Optimizer(Section):
    """SGD, its schedule and its batches (table C.1)."""

    epochs: Positive | None = None
    """Passes over the training images."""
    batch: Positive | None = None
    """Images per step, over all devices and pieces."""
    accumulation: Positive | None = None
    """Number of pieces into which each process divides its share of a batch, for devices with
    little memory. Batch norm sees one piece at a time.
    """
    lr_per_256: Above0 | None = None
    """Peak learning rate for a batch of 256; it scales linearly with the batch size."""
    final_lr: Annotated[float, Field(ge=0)] | None = None
    """Learning rate at the end of the cosine schedule."""
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = None
    """SGD momentum."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """Weight decay, on all parameters except biases and norms."""
    warmup_epochs: Annotated[float, Field(ge=0)] | None = None
    """Epochs of linear warm-up."""


class Validation(Section):
    """Accuracy on the training task during training. It is reported but selects nothing: the last
    state is the result.
    """

    dataset: Annotated[str | None, Applies({"split": ["test", "val"]})] = None
    """Data set to validate on, with the same classes as the training set. Null uses the training
    data set itself.
    """
    split: Literal["test", "val", "none"] = "test"
    """Split to validate on; `none` trains without validation."""
    every_epochs: Annotated[Positive, Applies({"split": ["test", "val"]})] = 1
    """Number of epochs between validations; the last epoch is always validated."""


class Traces(Section):
    """What to record in the course of training (section 4.4.2)."""

    every_steps: Whole = 0
    """Number of steps between records of two values: the mean cosine between the gradients of
    different class weights, and how much that step changes class weights or prototypes. 0 records
    nothing.
    """


class RunCompute(Section):
    """How the run is computed. Nothing here makes it stale."""

    processes: Positive = 1
    """Processes per node, one per GPU if there are GPUs (each process requests `compute.gpus`)."""
    nodes: Positive = 1
    """Nodes of a Slurm job; `srun` starts torchrun on each."""
    threads: Positive = 2
    """CPU cores per process."""
    workers: Whole | None = None
    """Processes per training process that decode images in advance. Null uses none if the images
    are kept in memory and the device is a CPU, otherwise one per thread.
    """
    cache_mb: Whole = 1000
    """Keep decoded images in memory if all of them fit into this many MB; 0 never does."""
    checkpoint_minutes: Positive = 15
    """Minutes between checkpoints."""
    mem_mb: Annotated[int, Field(ge=500)] | None = None
    """Memory requested per process, in MB. Null works it out from batch, crops and images, and so
    does `runtime`; see docs/cluster.md.
    """
    runtime: Positive | None = None
    """Minutes requested for the job. A job that runs out of time (SIGTERM or SIGUSR1) saves its
    state, ends with status 75 and continues exactly when it is run again, with any number of
    processes; after Ctrl-C it continues from the last checkpoint. A saved state is refused if the
    recipe, images, start weights, code or library versions have changed.
    """


class Numbers(Section):
    """The numbers of a training run. Null takes one from the recipe."""

    backbone: Backbone = Backbone()
    """The encoder's architecture, without a classifier."""
    augmentation: Augmentation = Augmentation()
    """Crops and their colour changes (multi-crop, section 4.3)."""
    projector: Projector = Projector()
    """The expendable head between encoder and loss (figure 4.2)."""
    loss: Loss = Loss()
    """The training objective (equations 4.1 and 4.2)."""
    optimizer: Optimizer = Optimizer()
    """SGD, its schedule and its batches (table C.1)."""
    precision: Literal["float32", "float16", "bfloat16"] | None = None
    """Arithmetic of the forward pass: `float32`, or mixed precision with `float16` (and a loss
    scaler) or `bfloat16`.
    """
    channels_last: bool | None = None
    """Store tensors with channels innermost, which is faster for convolutions."""
    compile: bool | None = None
    """Compile the model with torch.compile; the first steps take a minute."""


class Subject(Section):
    """What to train, on what, and by which recipe."""

    dataset: str
    """Data set to train on, real or a clone of `synthesis`."""
    recipe: str = "base_mc_pr"
    """Name of a recipe, such as base, base_mc_pr, trex or fine_tune. All are in the table of
    [recipes](#recipes).
    """
    scale: str = "imagenet"
    """Size of the experiment: `imagenet` (ResNet50, 224 px, 100 epochs), or `px64` or `px32` (a
    small ResNet, 12 epochs, for a CPU). See [scales](#scales).
    """
    seed: Whole = 0
    """Seed of the initial weights, the order of images and every crop."""
    sweep: Annotated[list[Sweep], AfterValidator(_countable)] = []
    """Keys of this run to vary. Every combination of their values becomes a run named `NAME_VALUE`;
    adding values keeps the runs that exist.
    """
    start: Start | None = None
    """Weights to start from, those of the run's own architecture (fine-tuning, section 3.5.1): give
    exactly one of `run` and `checkpoint`. Null starts from random weights.
    """


class Run(Numbers, Subject):
    """One run, or one sweep of runs."""

    validation: Validation = Validation()
    """Accuracy on the training task during training. It is reported but selects nothing: the last
    state is the result.
    """
    traces: Traces = Traces()
    """What to record in the course of training (section 4.4.2)."""
    compute: RunCompute = RunCompute()
    """How the run is computed. Nothing here makes it stale."""
