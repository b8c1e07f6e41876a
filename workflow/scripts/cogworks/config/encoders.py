"""The section `encoders` of the config."""

from typing import Annotated, Any, Literal

from pydantic import Field

from cogworks.config.base import (
    Applies,
    EntryPoint,
    ModelName,
    Positive,
    Section,
    UserPath,
    Whole,
    Words,
)


class Encoder(Section):
    """One encoder."""

    registry: str | None = None
    """A published model, by its name in `resources/encoders.yaml`. Its weights are expected in the
    folder `weights`, under the file name given there, unless `checkpoint` says otherwise. `all`
    stands for the 31 models of the ImageNet-CoG benchmark, each under its own name, also in lists
    of encoders; one that has an entry of its own is as that says.
    """
    run: str | None = None
    """A run of the section `training`. For a sweep, this entry stands for one encoder per run
    (`ocm` for `ocm_2048`, `ocm_4096`), also in lists of encoders.
    """
    model: ModelName | None = None
    """An architecture: `torchvision:NAME`, `timm:NAME`, `timm:hf-hub:OWNER/NAME`, `timm:FOLDER`,
    `hf:OWNER/NAME`, `hf:FOLDER` or `hf:TYPE` (transformers), or `cogworks:small_resnet`. A tag in
    the name may choose pretrained weights (`torchvision:resnet50.IMAGENET1K_V1`,
    `timm:resnet50.a1_in1k`).
    """
    entry_point: EntryPoint | None = None
    """Your own function, as `path/to/file.py:function` or `package.module:function`. It is called
    with `options` and returns (module, feature_dim): a torch module, with its weights loaded, that
    maps normalised images (B, 3, S, S) to features (B, feature_dim).
    """
    options: Annotated[dict[str, Any], Applies({"model": "given"}, {"entry_point": "given"})] = {}
    """Keyword arguments of the architecture or entry point. For `hf:`, entries of the model's
    config, and `pool`: `pooler` (default), `cls` or `mean`.
    """
    files: Annotated[list[UserPath], Applies({"entry_point": "given"})] = []
    """Other files that the entry point reads (weights, modules). Changing one makes the features
    stale, and a missing one is reported before any work starts.
    """
    weights: Annotated[
        Literal["checkpoint", "random", "pretrained"] | None,
        Applies({"model": "given"}, {"registry": "given"}),
    ] = None
    """Where weights come from: `checkpoint` (a file), `random` (by `seed`) or `pretrained` (the
    library's own, from its cache or a local folder; fetched only with `compute.online`). Null means
    `checkpoint` if one is named or the registry knows it, and `pretrained` for a local folder.
    """
    seed: Annotated[
        Whole, Applies({"model": "given", "weights": ["random"]}, {"entry_point": "given"})
    ] = 0
    """Seed of random weights, and of whatever an entry point draws while it builds its network
    (with Python's `random`, NumPy's global generator or torch's).
    """
    checkpoint: Annotated[
        UserPath | None,
        Applies(
            {"model": "given", "weights": ["checkpoint", None]},
            {"registry": "given", "entry_point": [None]},
        ),
    ] = None
    """File with the weights: safetensors, a torch file of tensors and plain values, or a
    TorchScript archive; `package:NAME/FILE` is one of an installed Python package. Convert other
    pickles with `convert_checkpoint.py`, which runs none of their code. Values that are not finite,
    all-zero kernels and integers are refused. Replacing the file, even with an older one, makes the
    features stale.
    """
    container: Annotated[str, Applies({"model": "given", "weights": ["checkpoint", None]})] = "."
    """Entry of the checkpoint that holds the weights, such as `state_dict`, `model`, `teacher`, or
    `a.b` for a nested one; `.` is the file itself.
    """
    prefix: Annotated[str, Applies({"model": "given", "weights": ["checkpoint", None]})] = ""
    """Prefix to strip from the keys, such as `module.encoder_q.`."""
    drop: Annotated[list[Words], Applies({"model": "given", "weights": ["checkpoint", None]})] = []
    """Leave out keys that begin with one of these, as they are in the file: a momentum encoder or a
    projection head, for example. The classifier of a library's architecture is dropped
    automatically. Any other key that does not fit is an error.
    """
    rename: Annotated[
        list[Annotated[list[str], Field(min_length=2, max_length=2)]],
        Applies({"model": "given", "weights": ["checkpoint", None]}),
    ] = []
    """Pairs of a regular expression and its replacement, applied to the keys in turn after
    `prefix`; `{1}` is the first group, `{1-1}` the first group as a number minus one.
    """
    image_size: Annotated[int, Field(ge=8)] | None = None
    """Side, in pixels, of the square that the encoder sees. Null uses its own (from the registry,
    the training run, or what torchvision, timm or transformers publish with the model), else 224. A
    model whose own images are not square needs this key.
    """
    geometry: Annotated[Literal["thesis", "library"], Applies({"model": "given"})] = "thesis"
    """Which pixels of an image the encoder sees. `thesis` (section 3.4.1) resizes the shortest side
    to `resize` and cuts out the central square. `library` resizes, crops or squashes as
    torchvision, timm or transformers do for this model; a step that cannot be reproduced is an
    error. Size, normalisation and channel order are the model's own in both.
    """
    resize: Annotated[int, Field(ge=8)] | None = None
    """Length to which the shortest side is resized before the central square is cut out. Null uses
    `image_size`, as in the thesis (section 3.4.1).
    """
    interpolation: Literal["bicubic", "bilinear"] | None = None
    """Interpolation of the resize, always antialiased. Null uses bicubic, as in the thesis, or the
    library's own with `geometry: library`.
    """
    mean: (
        Annotated[list[Annotated[float, Field(le=1)]], Field(min_length=3, max_length=3)] | None
    ) = None
    """Mean of each channel, for pixels in [0, 1]. Null uses the encoder's own, else ImageNet's. A
    transformers model without `preprocessor_config.json` has none of its own: give both `mean` and
    `std`.
    """
    std: (
        Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=3, max_length=3)]
        | None
    ) = None
    """Standard deviation of each channel, for pixels in [0, 1]."""
    channel_order: Literal["rgb", "bgr"] | None = None
    """Order of the channels that the encoder expects. Null uses its own, else `rgb`."""
    decoder: Literal["pil", "fast"] = "pil"
    """`pil` decodes and resizes exactly as in the thesis. `fast` (antialiased resizing of bytes) is
    over twice as fast; its values differ by at most one grey level, in rare cases by two (one in a
    million, or in a hundred thousand when enlarging). Both accept the same images.
    """
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    """Arithmetic of the network. `tf32` only affects NVIDIA GPUs; `bfloat16` is faster on devices
    that support it and changes features by about 0.1%.
    """
    compile: bool = False
    """Compile the network (torch.compile; needs a C++ compiler on the CPU). It takes about a minute
    and changes float32 features in their last digits.
    """
    dtype: Literal["float32", "float16"] = "float32"
    """Type in which features are stored."""
    batch_size: Positive = 128
    """Images per batch. Batches follow a fixed grid over the manifest, so features do not depend on
    shards or workers.
    """
    shards: Annotated[int, Field(ge=1, le=10000)] = 1
    """Number of jobs that share the images of each data set and split. The result is byte for byte
    the same.
    """
