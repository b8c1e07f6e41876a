"""The section `synthesis` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, Name, Positive, Section, UserPath, Whole, Words


class Autoencoder(Section):
    """The autoencoder between pixels and latents."""

    downscale: Literal[2, 4, 8] = 4
    """Width of an image divided by the width of its latent."""
    channels: Annotated[int, Field(ge=4)] = 24
    """Channels of its convolutions."""
    latent_channels: Annotated[int, Field(ge=3)] = 4
    """Channels of the latent."""
    steps: Positive = 300
    """Training steps."""
    batch_size: Positive = 32
    """Images per step."""
    lr: Above0 = 0.002
    """Peak learning rate of AdamW."""


class Text(Section):
    """Tokenizer and text encoder, in the style of CLIP."""

    vocabulary: Annotated[int, Field(ge=520)] = 1024
    """Number of tokens, learned from the prompts (512 are single bytes)."""
    length: Annotated[int, Field(ge=8)] = 32
    """Maximum number of tokens in a prompt, start and end included."""
    width: Annotated[int, Field(ge=8, multiple_of=4)] = 64
    """Width of the text encoder; a multiple of 4."""
    layers: Positive = 2
    """Transformer layers."""


class Denoiser(Section):
    """The U-Net, trained together with the text encoder."""

    channels: Annotated[list[Annotated[int, Field(ge=8, multiple_of=8)]], Field(min_length=1)] = [
        48,
        64,
    ]
    """Channels at each resolution, starting at the latent's own; multiples of 8."""
    steps: Positive = 1500
    """Training steps."""
    batch_size: Positive = 32
    """Latents per step."""
    lr: Above0 = 0.002
    """Peak learning rate of AdamW, with a one-cycle schedule."""
    drop_prompt: Annotated[float, Field(ge=0, le=1)] = 0.12
    """Share of training texts replaced by the empty text, for guidance."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.995
    """Decay of the moving average of the weights; the average is what is kept."""


class Tiny(Section):
    """Train a tiny latent diffusion model, on the CPU, with these settings."""

    dataset: str
    """Data set whose training images and class names the model learns."""
    image_size: Annotated[int, Field(ge=16, multiple_of=8)] = 32
    """Width and height in pixels at which it trains and draws; a multiple of 8."""
    prompts: Annotated[list[str], Field(min_length=1)] = ["c", "c, h", "c, d", "c, h inside b"]
    """Templates for the training images' texts, all equally frequent."""
    scenes: UserPath = "resources/scenes.txt"
    """File with scenes for the letter `b`, one per line."""
    seed: Whole = 0
    """Seed of initial weights, batches and noise."""
    autoencoder: Autoencoder = Autoencoder()
    """The autoencoder between pixels and latents."""
    text: Text = Text()
    """Tokenizer and text encoder, in the style of CLIP."""
    denoiser: Denoiser = Denoiser()
    """The U-Net, trained together with the text encoder."""


class Generator(Section):
    """A text-to-image model; give exactly one of `path` and `train`."""

    path: UserPath | None = None
    """A folder in diffusers' layout (`model_index.json` and one folder per part) or, if
    `compute.online` is true, the id of a model on the hub. Only the files that are read count as
    its content: the index and each part's configuration, vocabulary and weights. The safety
    checker's folders may be missing if no clone uses it.
    """
    revision: Annotated[str | None, Applies({"path": "given"})] = None
    """Revision on the hub; null uses the newest."""
    variant: Annotated[str | None, Applies({"path": "given"})] = None
    """Variant of the weight files, such as `fp16`. Null uses those without a variant, as do parts
    that lack this one.
    """
    train: Tiny | None = None
    """Train a tiny latent diffusion model, on the CPU, with these settings."""


class Clone(Section):
    """One data set to draw."""

    generator: str
    """Name of an entry in `generators`."""
    like: str | None = None
    """Data set whose classes, and number of training images per class, the clone copies. Give
    exactly one of `like` and `classes`.
    """
    classes: UserPath | None = None
    """File with one wnid per line; needs `images_per_class`."""
    images_per_class: Positive | None = None
    """The same number of images for every class, instead of that of `like`."""
    multiple: Annotated[float, Field(gt=0, le=1000)] = 1
    """How many times as many images per class (thesis, figure 5.4: 0.1 to 50), rounded down, at
    least one. Clones that differ in this alone are drawn once, up to the largest multiple, and each
    takes the first images of every class.
    """
    prompt: Words = "c"
    """Template whose single letters stand for parts: c the class's lemmas, h those of its parents,
    d its definition, b a scene (each of `scenes` in turn). The thesis compares `c`, `c, h`, `c, d`
    and `c, h inside b`. The article "a" stays as it is.
    """
    negative_prompt: Annotated[str, Applies({"guidance": {"above": 1}})] = ""
    """Text to guide away from. If it is empty, the model's own empty text is used."""
    scenes: UserPath = "resources/scenes.txt"
    """File with scenes for the letter `b`, one per line."""
    wordnet: UserPath | None = None
    """Folder with WordNet 3.0. Null uses that of the benchmark behind `like`, or searches where
    NLTK and the system keep it.
    """
    width: Annotated[int, Field(ge=8)] = 512
    """Width of the images in pixels; a multiple of 8 (thesis, section 5.5)."""
    height: Annotated[int, Field(ge=8)] = 384
    """Height of the images in pixels; a multiple of 8."""
    steps: Positive = 50
    """Diffusion steps (thesis, section 5.5.4)."""
    guidance: Annotated[float, Field(ge=0)] = 7.5
    """Guidance scale: 7.5, or 2 for more diverse images. At 1 or below, the unconditional half of
    the work is skipped.
    """
    scheduler: (
        Literal[
            "pndm",
            "ddim",
            "ddpm",
            "euler",
            "euler_ancestral",
            "heun",
            "dpm_multistep",
            "unipc",
            "lms",
            "lcm",
            "flow_match_euler",
        ]
        | None
    ) = None
    """Sampler; null uses the one in the generator's folder (PNDM for Stable Diffusion v1.4).
    Flow-matching models (Stable Diffusion 3, FLUX) take `flow_match_euler`, or `dpm_multistep` and
    `unipc` if their own is of that kind; all others take the rest. A sampler that does not fit is
    refused before anything is drawn. The noise schedule and prediction type stay the folder's own.
    """
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the models; parts that a model itself keeps in float32 stay so. Some models
    overflow in float16: an image with NaN or infinite values is drawn again, and a shard that gets
    nothing else stops.
    """
    channels_last: bool = True
    """Store convolutions' data with channels innermost."""
    compile: bool = False
    """Compile the denoiser: it costs a minute at the start of each shard and is faster afterwards.
    """
    vae_slicing: bool = False
    """Decode one latent at a time, to save memory."""
    safety_checker: bool = False
    """Use the generator's own safety checker and redraw what it flags. The thesis had it off."""
    seed: Whole = 0
    """Root seed. An image's seed depends on this, its class, its number within the class and the
    attempt, so clones that differ only in prompt or guidance start from the same noise.
    """
    padded_batch: Positive = 8
    """Images that go through the model together. Every batch is padded to this number, because the
    last bits of an image depend on the batch size; changing it changes the clone.
    """
    batch_size: Positive = 32
    """Images drawn between two writes, when the stop signal is checked too; rounded up to a
    multiple of `padded_batch`. Changes no image.
    """
    n_shards: Annotated[int, Field(ge=1, le=10000)] = 1
    """Number of tar files for each whole multiple, each made by its own job and holding all images
    that the multiple adds to some classes. Changes no image; with more shards than classes, some
    are empty. Clones that differ in `multiple` alone have the same number.
    """
    format: Literal["jpeg", "png"] = "jpeg"
    """How images are encoded."""
    quality: Annotated[Annotated[int, Field(ge=1, le=100)], Applies({"format": ["jpeg"]})] = 95
    """Quality of JPEGs."""
    max_attempts: Positive = 5
    """Seeds tried for an image whose earlier attempts were flagged, constant, not finite or
    duplicates; after the last one the image is given up and counted. A generator that gives 64
    constant or non-finite images in a row (or 512 flagged ones), or always the same picture, stops
    the shard.
    """
    duplicate_distance: Annotated[int, Field(ge=0, le=64)] | None = 0
    """Images of one class whose 64-bit perceptual hashes differ in at most this many bits count as
    duplicates. Null turns the check off.
    """
    shortfall: Literal["drop", "error"] = "drop"
    """What to do if images were given up: `drop` makes the clone smaller, `error` refuses it. A
    class without any image is always an error.
    """
    clip: UserPath | None = None
    """Folder of a CLIP model (transformers), with which the similarity between each class's images
    and its texts is measured. Null skips this.
    """
    clip_images: Annotated[Positive, Applies({"clip": "given"})] = 50
    """How many images of each class to measure, taken from the start."""


class Sheets(Section):
    """Contact sheets that show real images of a class beside those of each clone."""

    images: Positive = 8
    """Images of each data set on a class's sheet."""
    size: Annotated[int, Field(ge=16)] = 96
    """Side, in pixels, of the square in which an image is shown."""


class Synthesis(Section):
    """Synthetic clones of data sets, drawn from class names alone (thesis, chapter 5): the models
    that draw, and the data sets that they draw.
    """

    generators: dict[Name, Generator] = {}
    """Text-to-image models by name."""
    clones: dict[Name, Clone] = {}
    """Data sets to draw, by name. A clone is a data set like any other for training and features,
    so its name may be used wherever a data set's name may.
    """
    sheets: Sheets = Sheets()
    """Contact sheets that show real images of a class beside those of each clone."""
