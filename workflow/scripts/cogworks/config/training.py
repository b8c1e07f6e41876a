"""The section `training` of the config."""

from typing import Annotated, Any, Literal

from pydantic import Field

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


class Sweep(Section):
    """Sweep"""

    key: str
    """Dotted key within the run, such as `projector.layers`, `recipe` or `seed`."""
    values: Annotated[list[Any], Field(min_length=1), unique]
    """The values, of the type that the key has."""


class Start(Section):
    """Weights with which the encoder begins, those of the run's own architecture (fine-tuning,
    section 3.5.1): give exactly one of `run` and `checkpoint`. Null begins with random ones.
    """

    run: str | None = None
    """Another run, whose encoder is taken."""
    checkpoint: UserPath | None = None
    """File with the weights, as `encoders.NAME.checkpoint`."""
    container: Annotated[str, Applies({"checkpoint": "given"})] = "."
    """Entry of the checkpoint that holds the weights, such as `state_dict`."""
    prefix: Annotated[str, Applies({"checkpoint": "given"})] = ""
    """Beginning of the keys that is taken off, such as `module.`."""
    drop: Annotated[list[str], Applies({"checkpoint": "given"})] = []
    """Beginnings of keys, as they stand in the file, that are left out."""


class Backbone(Section):
    """The encoder's architecture, without a classifier."""

    library: Literal["torchvision", "timm", "cogworks"] | None = None
    """Where the architecture comes from; `cogworks` has `small_resnet`."""
    name: str | None = None
    """The library's name for it."""
    options: dict[str, Any] | None = None
    """Keyword arguments of the architecture; they replace those of the recipe as a whole."""


class Augmentation(Section):
    """Crops and their photometric changes (multi-crop, section 4.3)."""

    recipe: Annotated[str, one_of(RECIPES)] | None = None
    """`dino` (crop, flip, colour jitter, greyscale, blur, solarise) or `pytorch` (crop and flip).
    """
    implementation: Literal["fast", "pil"] | None = None
    """`fast` (uint8 tensors in batches, on the GPU where there is one) or `pil`, the slow
    reference; crops are drawn alike and differ by few grey levels.
    """
    global_crops: Positive | None = None
    """Global crops of each image (M_g)."""
    local_crops: Whole | None = None
    """Local crops of each image (M_l)."""
    global_size: Annotated[int, Field(ge=8)] | None = None
    """Pixels of a side of a global crop, and of the images at evaluation."""
    local_size: Annotated[
        Annotated[int, Field(ge=8)] | None, Applies({"local_crops": {"above": 0}})
    ] = None
    """Pixels of a side of a local crop."""
    global_scale: Range | None = None
    """Least and greatest share of the image's area that a global crop covers."""
    local_scale: Annotated[Range | None, Applies({"local_crops": {"above": 0}})] = None
    """The same for local crops."""
    mean: Channels | None = None
    """Mean of each channel (red, green, blue; pixels from 0 to 1), subtracted."""
    std: Channels | None = None
    """Standard deviation of each channel, by which is divided."""


class Projector(Section):
    """The expendable head between encoder and loss (figure 4.2)."""

    enabled: bool | None = None
    """Whether there is one."""
    layers: Annotated[Whole | None, Applies({"enabled": [True]})] = None
    """Hidden layers (L)."""
    hidden: Annotated[Positive | None, Applies({"enabled": [True]})] = None
    """Width of a hidden layer (d_h)."""
    bottleneck: Annotated[Positive | None, Applies({"enabled": [True]})] = None
    """Width of the output (d_b)."""
    normalize_input: Annotated[bool | None, Applies({"enabled": [True]})] = None
    """Whether the encoder's features are l2-normalised before it."""


class Loss(Section):
    """The training objective (equations 4.1 and 4.2)."""

    kind: Annotated[str, one_of(LOSSES)] | None = None
    """`cosine` softmax over class weights (4.1), `ocm`, online class means over a memory (4.2), or
    plain `softmax` with bias on embeddings that are not normalised.
    """
    temperature: Annotated[Above0 | None, Applies({"kind": ["cosine", "ocm"]})] = None
    """tau of equations 4.1 and 4.2."""
    init: Literal["linear", "truncated_normal"] | None = None
    """cosine and softmax: how class weights start, on which the thesis is silent. `linear` as
    `torch.nn.Linear` (the authors' released code, and the recipes'), `truncated_normal` like the
    projector's layers, with a standard deviation of 0.02. Photographs at 32 px did not tell them
    apart (`benchmarks/readings.py`, t-ReX_1, three seeds): top-1 21.1 ± 0.7 against 21.5 ± 1.6 on
    30 seen classes, k-NN 13.6 ± 0.4 against 13.7 ± 1.1 on 40 unseen.
    """
    memory: Annotated[Positive | None, Applies({"kind": ["ocm"]})] = None
    """ocm: embeddings in the memory (|Q|)."""
    ema_momentum: Annotated[
        Annotated[float, Field(ge=0, lt=1)] | None, Applies({"kind": ["ocm"]})
    ] = None
    """ocm: momentum m of the moving average model whose embeddings the memory holds; 0 takes the
    weights of the trained model itself.
    """
    ema_mode: Literal["train", "eval"] | None = None
    """ocm: mode of the moving average model, on which the thesis is silent. `train` (the authors'
    released code, and the recipes'): batch norm takes the statistics of the batch, and weights
    alone are averaged; `eval`: it takes running statistics, which are averaged like weights. In the
    trial of `init`, t-ReX* had 16.7 ± 0.6 and 12.4 ± 0.7 with `train` against 17.6 ± 2.1 and 12.8 ±
    0.2 with `eval` and `ema_warmup`: not told apart.
    """
    ema_warmup: bool | None = None
    """ocm: whether the first averages are short ones, update n having the momentum min(m, n / (n +
    9)). The authors' released code has no such warm-up; in mode `eval` all embeddings are alike for
    1 / (1 - m) steps without it.
    """


class Optimizer(Section):
    """SGD, its schedule and its batches (table C.1)."""

    epochs: Positive | None = None
    """Passes over the training images."""
    batch: Positive | None = None
    """Images of a step, over all devices and pieces."""
    accumulation: Positive | None = None
    """Pieces into which each process cuts its share of a batch, for devices with too little memory.
    Batch norm sees a piece at a time.
    """
    lr_per_256: Above0 | None = None
    """Peak learning rate for a batch of 256; it grows in proportion to the batch."""
    final_lr: Annotated[float, Field(ge=0)] | None = None
    """Learning rate at the end of the cosine."""
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = None
    """SGD momentum."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """Weight decay, on everything but biases and norms."""
    warmup_epochs: Annotated[float, Field(ge=0)] | None = None
    """Epochs of linear warm-up."""


class Validation(Section):
    """Accuracy on the training task while training goes on. It is reported and chooses nothing: the
    last state is the result.
    """

    dataset: Annotated[str | None, Applies({"split": ["test", "val"]})] = None
    """Data set of the validation images, with the classes of the training set; null takes the
    training data set itself.
    """
    split: Literal["test", "val", "none"] = "test"
    """Its split; `none` trains without validation."""
    every_epochs: Annotated[Positive, Applies({"split": ["test", "val"]})] = 1
    """Epochs from one validation to the next; the last epoch is always validated."""


class Traces(Section):
    """What is recorded of the training's course (section 4.4.2)."""

    every_steps: Whole = 0
    """Every so many steps, the mean cosine between the gradients of different class weights, and
    the change of class weights or prototypes by that step; 0 records none.
    """


class RunCompute(Section):
    """How the run is computed. Nothing here makes it stale."""

    processes: Positive = 1
    """Processes on each node, one per GPU where there are GPUs (`compute.gpus` of them are asked
    for each process).
    """
    nodes: Positive = 1
    """Nodes of a Slurm job, on each of which its `srun` starts torchrun."""
    threads: Positive = 2
    """CPU cores of each process."""
    workers: Whole | None = None
    """Processes that decode images ahead, for each training process; null takes none where the
    images are kept in memory and the device is a CPU, else one for each thread.
    """
    cache_mb: Whole = 1000
    """Decoded images are kept in memory where all of them fit into so many MB; 0 never does."""
    checkpoint_minutes: Positive = 15
    """Minutes from one checkpoint to the next."""
    mem_mb: Annotated[int, Field(ge=500)] = 4000
    """Memory that a job asks for, in MB, for each process."""
    runtime: Positive = 1440
    """Minutes that a job asks for. A job that runs out of time saves its state (at SIGTERM or
    SIGUSR1, then it ends with status 75) and goes on when it is run again, exactly, with any number
    of processes; after Ctrl-C, from its last checkpoint. A state is refused where the recipe, the
    images, the start weights, the code of the rule or the versions of torch, torchvision, NumPy,
    Pillow, simplejpeg (and timm) have changed meanwhile.
    """


class Numbers(Section):
    """The numbers of a training. Null leaves one to the recipe."""

    backbone: Backbone = Backbone()
    """The encoder's architecture, without a classifier."""
    augmentation: Augmentation = Augmentation()
    """Crops and their photometric changes (multi-crop, section 4.3)."""
    projector: Projector = Projector()
    """The expendable head between encoder and loss (figure 4.2)."""
    loss: Loss = Loss()
    """The training objective (equations 4.1 and 4.2)."""
    optimizer: Optimizer = Optimizer()
    """SGD, its schedule and its batches (table C.1)."""
    precision: Literal["float32", "float16", "bfloat16"] | None = None
    """Arithmetic of the forward pass: float32, or mixed precision with float16 (and a loss scaler)
    or bfloat16.
    """
    channels_last: bool | None = None
    """Memory format with the channels innermost; faster for convolutions."""
    compile: bool | None = None
    """torch.compile of the model; the first steps take a minute."""


class Subject(Section):
    """What is trained, on what, and by which recipe."""

    dataset: str
    """The data set, real or a clone of `synthesis`, whose training images are used."""
    recipe: str = "base_mc_pr"
    """Name of a recipe: base, base_mc, base_pr, base_mc_pr, trex, trex_star, trex_1 to trex_3, ocm,
    sl_mlp, fine_tune, or one of the ablations in `workflow/recipes/training.yaml`.
    """
    scale: str = "imagenet"
    """Size of the experiment: `imagenet` (ResNet50, 224 px, 100 epochs), `px64` or `px32` (a small
    ResNet, 12 epochs, for a CPU).
    """
    seed: Whole = 0
    """Seed of the weights, of the order of images and of every crop."""
    sweep: list[Sweep] = []
    """Keys of this run with the values that each is to take: every combination becomes a run named
    `NAME_VALUE`. The runs that exist already are kept.
    """
    start: Start | None = None
    """Weights with which the encoder begins, those of the run's own architecture (fine-tuning,
    section 3.5.1): give exactly one of `run` and `checkpoint`. Null begins with random ones.
    """


class Run(Numbers, Subject):
    """One run, or one sweep of runs."""

    validation: Validation = Validation()
    """Accuracy on the training task while training goes on. It is reported and chooses nothing: the
    last state is the result.
    """
    traces: Traces = Traces()
    """What is recorded of the training's course (section 4.4.2)."""
    compute: RunCompute = RunCompute()
    """How the run is computed. Nothing here makes it stale."""
