"""What the rules of the synthesis room hand to their scripts.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Literal

from cogworks.core.spec import Spec


class GivenSpec(Spec):
    """A generator that the user brings, see `config.synthesis.Generator`."""

    name: str
    path: str
    revision: str | None
    variant: str | None


class Learning(Spec):
    """How long and how fast a part of a trained generator learns."""

    steps: int
    batch_size: int
    lr: float


class Autoencoder(Learning):
    """The part between pixels and latents, see `config.synthesis.Autoencoder`."""

    downscale: int
    channels: int
    latent_channels: int


class TextEncoder(Spec):
    """Tokenizer and text encoder, see `config.synthesis.Text`."""

    vocabulary: int
    length: int
    width: int
    layers: int


class Denoiser(Learning):
    """The U-Net, see `config.synthesis.Denoiser`."""

    channels: list[int]
    drop_prompt: float
    ema: float


class TrainedSpec(Spec):
    """A generator that the workflow trains, see `config.synthesis.Tiny`."""

    name: str
    dataset: str
    wordnet: str | None
    """Folder of WordNet; null looks where NLTK and the system keep it."""
    image_size: int
    prompts: list[str]
    scenes: str | None
    """File of scenes, where a template has the letter b."""
    seed: int
    autoencoder: Autoencoder
    text_encoder: TextEncoder
    denoiser: Denoiser


class PromptSpec(Spec):
    """The prompts of a clone, and its images at multiple 1, see `config.synthesis.Clone`."""

    name: str
    prompt: str
    seed: int
    like: str | None
    classes: str | None
    images_per_class: int | None
    wordnet: str | None
    """Folder of WordNet; null looks where NLTK and the system keep it."""
    scenes: str | None
    """File of scenes, where the template has the letter b."""


class DrawSpec(Spec):
    """What an image of a clone looks like, given its prompt, see `config.synthesis.Clone`."""

    name: str
    generator: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    guidance: float
    scheduler: str | None
    precision: Literal["float32", "float16", "bfloat16"]
    channels_last: bool
    compile: bool
    vae_slicing: bool
    safety_checker: bool
    seed: int
    padded_batch: int
    format: Literal["jpeg", "png"]
    quality: int
    max_attempts: int
    duplicate_distance: int | None


class PartSpec(DrawSpec):
    """Which images of each class are drawn: those that one multiple adds to another."""

    start: float
    end: float


class MergeSpec(Spec):
    """How shards become one data set."""

    name: str
    drawing: str
    """Name of the drawing whose shards they are."""
    multiple: float
    shortfall: Literal["drop", "error"]


class JudgeSpec(Spec):
    """How the images of a clone are compared with the meaning of their classes."""

    clip: str
    """Folder of the CLIP model."""
    clip_images: int
    """Images of each class to look at."""


class SheetSpec(Spec):
    """The contact sheets of a data set and its clones."""

    images: int
    """Images of each data set on the sheet of a class."""
    size: int
    """Side in pixels of the square in which an image is shown."""
    captions: list[str]
    """What to call each clone."""
