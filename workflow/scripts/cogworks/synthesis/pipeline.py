"""Strict loading of a text-to-image pipeline from a folder in diffusers' layout."""

import inspect
from pathlib import Path
from typing import Any

import diffusers
import torch

from cogworks.core.compiler import require_compiler
from cogworks.core.errors import InputError
from cogworks.synthesis import schedulers, tokens
from cogworks.synthesis.components import load_modules, read_parts
from cogworks.synthesis.content import CHECKER_PARTS, INDEX, read_index
from cogworks.synthesis.generator import Marker
from cogworks.synthesis.specs import DrawSpec

DENOISERS = ("unet", "transformer")


def open_pipeline(marker: Marker, spec: DrawSpec, device: torch.device) -> Any:
    """Load the generator that `marker` describes for the clone `spec`.

    Raises:
        InputError: see `load_pipeline`; or it cannot draw with these settings.
    """
    pipe = load_pipeline(
        marker.folder,
        device=device,
        variant=marker.variant,
        precision=spec.precision,
        scheduler=spec.scheduler,
        safety_checker=spec.safety_checker,
        channels_last=spec.channels_last,
        compile_denoiser=spec.compile,
        vae_slicing=spec.vae_slicing,
    )
    schedulers.denoiser_calls(pipe.scheduler, spec.steps)
    accepted = inspect.signature(pipe.__call__).parameters
    if spec.negative_prompt and "negative_prompt" not in accepted:
        raise InputError(f"negative_prompt: {type(pipe).__name__} knows none; leave it empty")
    return pipe


def load_pipeline(
    folder: str | Path,
    *,
    device: torch.device,
    variant: str | None = None,
    precision: str = "float32",
    scheduler: str | None = None,
    safety_checker: bool = False,
    channels_last: bool = False,
    compile_denoiser: bool = False,
    vae_slicing: bool = False,
) -> Any:
    """Return a diffusers text-to-image pipeline, ready to draw.

    Args:
        folder: the pipeline's folder.
        device: where it draws.
        variant: variant of the weight files, such as fp16.
        precision: a key of `DTYPES`.
        scheduler: a key of `SCHEDULERS`; None keeps the folder's own.
        safety_checker: load the folder's own checker and let it flag images.
        channels_last: memory layout of denoiser and autoencoder.
        compile_denoiser: compile the U-Net or transformer on its first call.
        vae_slicing: decode one latent at a time.

    Raises:
        InputError: a part is missing or of an unknown library, a checkpoint lacks keys or has
            others, different prompts are encoded alike, or the folder has no safety checker.
    """
    folder = Path(folder)
    kind = _class_named(folder)
    parts = read_parts(folder, checker=safety_checker)
    modules = load_modules(folder, parts, variant=variant, precision=precision)
    _check_channels(folder, modules)
    pipe = _assemble(folder, kind, modules, safety_checker=safety_checker)
    expected = inspect.get_annotations(type(pipe).__init__).get("scheduler")
    schedulers.check_own(pipe.scheduler, expected, where=str(folder))
    if scheduler is not None:
        pipe.scheduler = schedulers.with_scheduler(pipe.scheduler, scheduler, where=str(folder))
    pipe.set_progress_bar_config(disable=True)
    pipe.to(device)
    check_prompts_differ(pipe, where=str(folder))
    if vae_slicing:
        pipe.vae.enable_slicing()
    if channels_last:
        for name in (*DENOISERS, "vae"):
            if getattr(pipe, name, None) is not None:
                getattr(pipe, name).to(memory_format=torch.channels_last)
    if compile_denoiser:
        require_compiler(torch.device(device))
        denoiser_of(pipe).compile()
    return pipe


def denoiser_of(pipe: Any) -> torch.nn.Module:
    """Return the part that is called once a step: a U-Net or a transformer."""
    found: torch.nn.Module = next(
        getattr(pipe, name) for name in DENOISERS if getattr(pipe, name, None) is not None
    )
    return found


@torch.inference_mode()
def check_prompts_differ(pipe: Any, *, where: str) -> None:
    """Check that two prompts become different tokens and different, finite embeddings."""
    for name, part in pipe.components.items():
        if name.startswith("tokenizer") and part is not None:
            tokens.check_tokenizer(part, where=f"{where}/{name}")
    for suffix in ("", "_2", "_3"):
        tokenizer = getattr(pipe, f"tokenizer{suffix}", None)
        encoder = getattr(pipe, f"text_encoder{suffix}", None)
        if tokenizer is not None and encoder is not None:
            _check_embeddings(tokenizer, encoder, where=f"{where}/text_encoder{suffix}")


def _check_embeddings(tokenizer: Any, encoder: Any, *, where: str) -> None:
    encoded = tokenizer(list(tokens.PROBES), padding=True, truncation=True, return_tensors="pt")
    embedded = encoder(encoded.input_ids.to(encoder.device))[0]
    if not torch.isfinite(embedded).all() or torch.equal(embedded[0], embedded[1]):
        raise InputError(
            f"{where}: {tokens.PROBES[0]!r} and {tokens.PROBES[1]!r} have the same or "
            "non-finite embeddings; its weights are not those of a text encoder, or too large for "
            "the precision"
        )


def _check_channels(folder: Path, modules: dict[str, torch.nn.Module]) -> None:
    """Refuse a U-Net that wants more than a noisy latent: a mask, a picture to change."""
    config = getattr(modules.get("unet"), "config", None)
    # Twice as many come out where the variance of the noise is predicted too.
    if config is None or config.out_channels in (config.in_channels, 2 * config.in_channels):
        return
    raise InputError(
        f"{folder}/unet: it takes {config.in_channels} channels and gives {config.out_channels}, "
        "so it wants a picture beside the text (inpainting, editing, enlarging); take the "
        "text-to-image model of its family"
    )


def _class_named(folder: Path) -> Any:
    """Return the class that a folder's index names; it may be that of another task."""
    name = read_index(folder)["_class_name"]
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if kind is None:
        raise InputError(
            f"{folder}/{INDEX}: the pipeline is {name}, which the installed diffusers "
            f"{diffusers.__version__} does not have; code from a model's folder is not run"
        )
    accepted = {
        *inspect.signature(kind.__init__).parameters,
        *inspect.signature(kind.__call__).parameters,
    }
    if accepted & {"controlnet", "control_image"}:
        raise InputError(
            f"{folder}: {name} wants a picture beside the text; take the text-to-image model of "
            "its family"
        )
    return kind


def _assemble(
    folder: Path, kind: Any, modules: dict[str, torch.nn.Module], *, safety_checker: bool
) -> Any:
    # A part that was saved as none at all has to be given as none.
    off = [key for key, value in read_index(folder).items() if value == [None, None]]
    options: dict[str, object] = dict.fromkeys(off)
    if not safety_checker:
        options |= dict.fromkeys(CHECKER_PARTS) | {"requires_safety_checker": False}
    accepted = inspect.signature(kind.__init__).parameters
    options = {key: value for key, value in options.items() if key in accepted} | modules
    try:
        return diffusers.AutoPipelineForText2Image.from_pretrained(
            folder, local_files_only=True, **options
        )
    except Exception as error:
        raise InputError(
            f"{folder}: not a text-to-image pipeline that can be loaded ({error})"
        ) from error
