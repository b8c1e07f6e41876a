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
    """One of the 31 models of the ImageNet-CoG benchmark, by its name in `resources/encoders.yaml`.
    Its weights are expected in the folder `weights`, under the file name given there, unless
    `checkpoint` says where.
    """
    run: str | None = None
    """A training run of the section `training`. Of a sweep, this entry stands for one encoder a run
    (`ocm` for `ocm_2048`, `ocm_4096`), and so does its name in lists of encoders.
    """
    model: ModelName | None = None
    """An architecture: `torchvision:NAME`, `timm:NAME`, `timm:hf-hub:OWNER/NAME`, `timm:FOLDER`,
    `hf:OWNER/NAME`, `hf:FOLDER` or `hf:TYPE` (transformers), `cogworks:small_resnet`. Some names
    choose their pretrained weights by a tag (`torchvision:resnet50.IMAGENET1K_V1`,
    `timm:resnet50.a1_in1k`).
    """
    entry_point: EntryPoint | None = None
    """Your own function, `path/to/file.py:function` or `package.module:function`. It is called with
    `options` and returns (module, feature_dim): a torch module that takes normalised images (B, 3,
    S, S) and gives features (B, feature_dim), with its weights loaded.
    """
    options: Annotated[dict[str, Any], Applies({"model": "given"}, {"entry_point": "given"})] = {}
    """Keyword arguments of the architecture or of the entry point. For `hf:` the entries of the
    model's config, and `pool`: `pooler` (default), `cls` or `mean`.
    """
    files: Annotated[list[UserPath], Applies({"entry_point": "given"})] = []
    """Further files that the entry point reads (weights, modules): a change of one makes the
    features stale, and a missing one is found before any work starts.
    """
    weights: Annotated[
        Literal["checkpoint", "random", "pretrained"] | None,
        Applies({"model": "given"}, {"registry": "given"}),
    ] = None
    """`checkpoint` (a file), `random` (by `seed`), or `pretrained` (the library's own, from its
    cache or a local folder; fetched only with `compute.online`). Null: `checkpoint` where one is
    named or the registry knows it, `pretrained` for a local folder.
    """
    seed: Annotated[
        Whole, Applies({"model": "given", "weights": ["random"]}, {"entry_point": "given"})
    ] = 0
    """Seed of random weights, and of whatever an entry point draws while it builds its network (by
    Python's `random`, NumPy's global generator or torch's).
    """
    checkpoint: Annotated[
        UserPath | None,
        Applies(
            {"model": "given", "weights": ["checkpoint", None]},
            {"registry": "given", "entry_point": [None]},
        ),
    ] = None
    """File with the weights: safetensors, a torch file of tensors and plain values, or a
    TorchScript archive. Other pickles (whole modules, dicts of configuration packages, NumPy
    arrays) go through `convert_checkpoint.py` first, which runs none of their code. Values that are
    not finite, kernels of zeros, and integers are refused. A file that is replaced, even by an
    older one, makes the features stale.
    """
    container: Annotated[str, Applies({"model": "given", "weights": ["checkpoint", None]})] = "."
    """Entry of the checkpoint that holds the weights, such as `state_dict`, `model`, `teacher` or
    `a.b` for an entry inside another; `.` is the file itself.
    """
    prefix: Annotated[str, Applies({"model": "given", "weights": ["checkpoint", None]})] = ""
    """Beginning of the keys that is taken off, such as `module.encoder_q.`."""
    drop: Annotated[list[Words], Applies({"model": "given", "weights": ["checkpoint", None]})] = []
    """Beginnings of keys (as they stand in the file) that do not belong to the encoder, such as
    those of a momentum encoder or a projection head. The classifier of a library's architecture is
    dropped anyway. Any other key that does not fit is an error.
    """
    rename: Annotated[
        list[Annotated[list[str], Field(min_length=2, max_length=2)]],
        Applies({"model": "given", "weights": ["checkpoint", None]}),
    ] = []
    """Pairs of a regular expression and its replacement for keys, applied in turn after `prefix`;
    `{1}` is the first group, `{1-1}` the first group as a number less one.
    """
    image_size: Annotated[int, Field(ge=8)] | None = None
    """Side of the square that the encoder sees, in pixels. Null: its own (registry, training run,
    or what torchvision, timm or transformers publish with the model), else 224. A model whose own
    images are not square is an error unless this is set.
    """
    geometry: Annotated[Literal["thesis", "library"], Applies({"model": "given"})] = "thesis"
    """Which pixels of an image the encoder sees. `thesis` (section 3.4.1): the shortest side is
    resized to `resize`, and the central square cut out. `library`, for models of torchvision, timm
    and transformers: resize, crop (or squashing to a square) and interpolation as the library does
    them in front of this model; what cannot be followed (borders, other interpolations) is an
    error. Size, normalisation and channel order are the model's own in both.
    """
    resize: Annotated[int, Field(ge=8)] | None = None
    """The shortest side is resized to this before the central square is cut out. Null: to
    `image_size`, as in the thesis (section 3.4.1).
    """
    interpolation: Literal["bicubic", "bilinear"] | None = None
    """Interpolation of the resize; antialiased in any case. Null: bicubic, as in the thesis, or the
    library's with `geometry: library`.
    """
    mean: (
        Annotated[list[Annotated[float, Field(le=1)]], Field(min_length=3, max_length=3)] | None
    ) = None
    """Mean of the channels, on pixels in [0, 1]. Null: the encoder's own, else ImageNet's. A folder
    or a hub's model of transformers that lacks `preprocessor_config.json` does not tell its own:
    give both then.
    """
    std: (
        Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=3, max_length=3)]
        | None
    ) = None
    """Standard deviation of the channels, on pixels in [0, 1]."""
    channel_order: Literal["rgb", "bgr"] | None = None
    """Order of the channels that the encoder takes. Null is its own, else `rgb`."""
    decoder: Literal["pil", "fast"] = "pil"
    """`pil` decodes and resizes as in the thesis, to the bit. `fast` (antialiased resizing of
    bytes) is over twice as fast and at most one grey level away, except for about one value in a
    million, which is two away (one in a hundred thousand where it enlarges). Both accept the same
    images.
    """
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    """Arithmetic of the network. `tf32` concerns NVIDIA GPUs only; `bfloat16` is faster where the
    device computes in it, and changes features by about a thousandth.
    """
    compile: bool = False
    """Compile the network (torch.compile; needs a C++ compiler on the CPU). The first minute goes
    into that; float32 features change in their last digits.
    """
    dtype: Literal["float32", "float16"] = "float32"
    """Type in which features are stored."""
    batch_size: Positive = 128
    """Images per batch. The batches are a fixed grid over the manifest, so that features do not
    depend on shards or workers.
    """
    shards: Annotated[int, Field(ge=1, le=10000)] = 1
    """Jobs among which the images of each data set and split are divided; the result is the same to
    the byte.
    """
