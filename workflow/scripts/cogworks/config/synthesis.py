"""The section `synthesis` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, Name, Positive, Section, UserPath, Whole, Words


class Autoencoder(Section):
    """Between pixels and latents."""

    downscale: Literal[2, 4, 8] = 4
    """Width of an image over width of its latent."""
    channels: Annotated[int, Field(ge=4)] = 24
    """Channels of its convolutions."""
    latent_channels: Annotated[int, Field(ge=3)] = 4
    """Channels of the latent."""
    steps: Positive = 300
    """Training steps."""
    batch_size: Positive = 32
    """Images a step."""
    lr: Above0 = 0.002
    """Peak learning rate of AdamW."""


class Text(Section):
    """Tokenizer and text encoder, of CLIP's kind."""

    vocabulary: Annotated[int, Field(ge=520)] = 1024
    """Number of tokens learned from the prompts (512 are the single bytes)."""
    length: Annotated[int, Field(ge=8)] = 32
    """Tokens that a prompt may have, start and end included."""
    width: Annotated[int, Field(ge=8, multiple_of=4)] = 64
    """Width of the text encoder; a multiple of 4."""
    layers: Positive = 2
    """Transformer layers."""


class Denoiser(Section):
    """The U-Net, which learns together with the text encoder."""

    channels: Annotated[list[Annotated[int, Field(ge=8, multiple_of=8)]], Field(min_length=1)] = [
        48,
        64,
    ]
    """Channels at each resolution, from the latent's own down; multiples of 8."""
    steps: Positive = 1500
    """Training steps."""
    batch_size: Positive = 32
    """Latents a step."""
    lr: Above0 = 0.002
    """Peak learning rate of AdamW, one-cycle."""
    drop_prompt: Annotated[float, Field(ge=0, le=1)] = 0.12
    """Share of training texts replaced by the empty one, for guidance."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.995
    """Decay of the moving average of the weights that is kept."""


class Tiny(Section):
    """Train a tiny latent diffusion model on the CPU with these settings."""

    dataset: str
    """Data set whose training images and class names the model learns."""
    image_size: Annotated[int, Field(ge=16, multiple_of=8)] = 32
    """Width and height in pixels at which it learns and draws; a multiple of 8."""
    prompts: Annotated[list[str], Field(min_length=1)] = ["c", "c, h", "c, d", "c, h inside b"]
    """Templates from which each training image's text is drawn, all equally often."""
    scenes: UserPath = "resources/scenes.txt"
    """File of scenes for the letter `b`, one a line."""
    seed: Whole = 0
    """Seed of initialisation, batches and noise."""
    autoencoder: Autoencoder = Autoencoder()
    """Between pixels and latents."""
    text: Text = Text()
    """Tokenizer and text encoder, of CLIP's kind."""
    denoiser: Denoiser = Denoiser()
    """The U-Net, which learns together with the text encoder."""


class Generator(Section):
    """One text-to-image model; give exactly one of `path` and `train`."""

    path: UserPath | None = None
    """A folder in diffusers' layout (`model_index.json` and a folder for each part), or, where
    `compute.online` is true, the id of a model on the hub. Only the files that are read count as
    its content: the index, and each part's configuration, vocabulary and weights; hidden files,
    cards, pictures, and weights of another variant or for another library may change. The safety
    checker's folders may be missing where no clone uses it.
    """
    revision: Annotated[str | None, Applies({"path": "given"})] = None
    """Revision on the hub; null takes the newest."""
    variant: Annotated[str | None, Applies({"path": "given"})] = None
    """Variant of the weight files, such as `fp16`; null takes those without one, and so do parts
    that have none of that variant.
    """
    train: Tiny | None = None
    """Train a tiny latent diffusion model on the CPU with these settings."""


class Clone(Section):
    """Clone"""

    generator: str
    """Name of an entry of `generators`."""
    like: str | None = None
    """Data set whose classes it copies, and whose number of training images in each class. Give
    exactly one of `like` and `classes`.
    """
    classes: UserPath | None = None
    """File with a wnid a line; needs `images_per_class`."""
    images_per_class: Positive | None = None
    """The same number for every class, instead of that of `like`."""
    multiple: Above0 = 1
    """Times as many images in each class (thesis, figure 5.4: 0.1 to 50), rounded down, at least
    one. A clone's first images are those of the same clone with a smaller multiple.
    """
    prompt: Words = "c"
    """Template in which the single letters stand for: c the lemmas of the class, h those of its
    parents, d its definition, b a scene (each of `scenes` in turn). The thesis compares `c`, `c,
    h`, `c, d` and `c, h inside b`. The article "a" stands for itself.
    """
    negative_prompt: Annotated[str, Applies({"guidance": {"above": 1}})] = ""
    """Text to be guided away from. Where it is empty the model's own stand-in for no text is taken.
    """
    scenes: UserPath = "resources/scenes.txt"
    """File of scenes for the letter `b`, one a line."""
    wordnet: UserPath | None = None
    """Folder with WordNet 3.0; null takes that of the benchmark behind `like`, or looks where NLTK
    and the system keep it.
    """
    width: Annotated[int, Field(ge=8)] = 512
    """Width of the images in pixels; a multiple of 8 (thesis, section 5.5)."""
    height: Annotated[int, Field(ge=8)] = 384
    """Height of the images in pixels; a multiple of 8."""
    steps: Positive = 50
    """Diffusion steps (thesis, section 5.5.4)."""
    guidance: Annotated[float, Field(ge=0)] = 7.5
    """Guidance scale: 7.5, or 2 for more diverse images. At 1 or below, the half of the work that
    draws without the text is left out.
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
    """Sampler; null takes the one in the generator's folder (PNDM for Stable Diffusion v1.4). One
    that does not fit is refused before anything is drawn: models of flow matching (Stable Diffusion
    3, FLUX) take `flow_match_euler`, or, where their own is of that kind, `dpm_multistep` and
    `unipc`; all others take the rest. Noise and prediction stay those of the folder's own.
    """
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the models. What a model keeps in float32 by its own account (T5's output
    projections) stays so. In float16 some models overflow: images with NaN or infinities, before
    they are clamped, are drawn again, and where nothing else comes the shard stops.
    """
    channels_last: bool = True
    """Keep convolutions' data with the channels innermost."""
    compile: bool = False
    """Compile the denoiser; a minute at the start of each shard, faster afterwards."""
    vae_slicing: bool = False
    """Decode one latent at a time, to save memory."""
    safety_checker: bool = False
    """Use the generator's own checker, and draw again what it flags. The thesis had it off."""
    seed: Whole = 0
    """Root of the seeds. An image's seed is a function of this, its class, its number in the class
    and the attempt, so clones that differ in prompt or guidance start from the same noise.
    """
    padded_batch: Positive = 8
    """Images that go through the model at once. Every batch is filled up to this number, since the
    last bits of an image depend on the size of its batch: part of what the clone is.
    """
    batch_size: Positive = 32
    """Images drawn between two looks at the stop signal and two writes, rounded up to whole batches
    of `padded_batch`. Changes no image.
    """
    n_shards: Positive = 1
    """Number of tar files, each a job of its own with whole classes. Changes no image; more shards
    than classes leave some empty.
    """
    format: Literal["jpeg", "png"] = "jpeg"
    """How images are encoded."""
    quality: Annotated[Annotated[int, Field(ge=1, le=100)], Applies({"format": ["jpeg"]})] = 95
    """Quality of JPEGs."""
    max_attempts: Positive = 5
    """Seeds tried for an image whose earlier attempts were flagged, constant, not finite or
    duplicates. After the last one the image is given up, and counted. A generator from which 64
    images in a row are constant or not finite (512 flagged), or that draws always the same picture,
    stops the shard.
    """
    duplicate_distance: Annotated[int, Field(ge=0, le=64)] | None = 0
    """Images of one class whose 64-bit perceptual hashes differ in at most this many bits are
    duplicates; null does not look for them.
    """
    shortfall: Literal["drop", "error"] = "drop"
    """What images given up mean: `drop` makes the clone smaller by them, `error` refuses it. A
    class without any image is an error in any case.
    """
    clip: UserPath | None = None
    """Folder of a CLIP model (transformers); with it, the similarity of each class's images to its
    texts is measured. null leaves it out.
    """
    clip_images: Annotated[Positive, Applies({"clip": "given"})] = 50
    """Images of each class that are looked at with it, the first ones."""


class Sheets(Section):
    """Contact sheets, the real images of a class beside each clone's."""

    images: Positive = 8
    """Images of each data set on the sheet of a class."""
    size: Annotated[int, Field(ge=16)] = 96
    """Side in pixels of the square in which an image is shown."""


class Synthesis(Section):
    """Synthetic clones of data sets, drawn from class names alone (thesis, chapter 5): the models
    that draw, and the data sets that they draw.
    """

    generators: dict[Name, Generator] = {}
    """Text-to-image models by name."""
    clones: dict[Name, Clone] = {}
    """Data sets to draw, by name. A clone is a data set like any other for training and features:
    its name may stand wherever a data set's name may.
    """
    sheets: Sheets = Sheets()
    """Contact sheets, the real images of a class beside each clone's."""
