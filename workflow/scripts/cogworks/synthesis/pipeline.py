"""Strict loading of a text-to-image pipeline from a folder in diffusers' layout.

diffusers and transformers load a checkpoint with a renamed key as well: they report it, fill the
gap with random numbers, and draw noise. Here each part is loaded by itself, and a key that is
missing or left over is an error that names it.
"""

import inspect
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.synthesis import tokens
from cogworks.synthesis.generator import INDEX

SCHEDULERS: dict[str, Any] = {
    "pndm": diffusers.PNDMScheduler,
    "ddim": diffusers.DDIMScheduler,
    "ddpm": diffusers.DDPMScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "euler_ancestral": diffusers.EulerAncestralDiscreteScheduler,
    "heun": diffusers.HeunDiscreteScheduler,
    "dpm_multistep": diffusers.DPMSolverMultistepScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
    "lms": diffusers.LMSDiscreteScheduler,
    "lcm": diffusers.LCMScheduler,
}
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
DENOISERS = ("unet", "transformer")
CHECKER = "safety_checker"
SETTINGS = ("precision", "scheduler", "safety_checker", "channels_last", "vae_slicing")


def open_pipeline(marker: dict[str, Any], settings: dict[str, Any], device: torch.device) -> Any:
    """Load the generator that `marker` describes with the settings of a clone."""
    return load_pipeline(
        marker["folder"],
        device=device,
        variant=marker["variant"],
        compile_denoiser=settings["compile"],
        **{key: settings[key] for key in SETTINGS},
    )


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
    parts = read_parts(folder)
    if safety_checker and CHECKER not in parts:
        raise InputError(f"{folder}: it has no safety checker; set safety_checker to false")
    modules = {
        name: _load_module(folder, name, kind, variant).to(DTYPES[precision])
        for name, kind in parts.items()
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module)
        if name != CHECKER or safety_checker
    }
    pipe = _assemble(folder, modules, safety_checker=safety_checker)
    if scheduler is not None:
        # Latents are not confined to [-1, 1], which some schedulers assume unless told.
        pipe.scheduler = SCHEDULERS[scheduler].from_config(pipe.scheduler.config, clip_sample=False)
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
        denoiser_of(pipe).compile()
    return pipe


def read_parts(folder: Path) -> dict[str, Any]:
    """Return the class of each part that the folder's `model_index.json` names.

    Raises:
        InputError: no index, a part without its folder, or of a library that is not known here.
    """
    index = read_json(folder / INDEX)
    parts = {}
    for name, value in index.items():
        if not isinstance(value, list) or len(value) != 2 or value[0] is None:
            continue
        if not (folder / name).is_dir():
            raise InputError(
                f"{folder}: {INDEX} names the part {name}, but there is no folder {name}; "
                "copy it from where the model comes from"
            )
        parts[name] = _class(folder, name, *value)
    if not {"tokenizer", "text_encoder"} <= parts.keys():
        lacking = sorted({"tokenizer", "text_encoder"} - parts.keys())
        raise InputError(f"{folder}: {INDEX} names no {' and no '.join(lacking)}")
    return parts


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
    encoded = pipe.tokenizer(
        list(tokens.PROBES), padding="max_length", truncation=True, return_tensors="pt"
    )
    embedded = pipe.text_encoder(encoded.input_ids.to(pipe.text_encoder.device))[0]
    if not torch.isfinite(embedded).all() or torch.equal(embedded[0], embedded[1]):
        raise InputError(
            f"{where}/text_encoder: {tokens.PROBES[0]!r} and {tokens.PROBES[1]!r} have the same or "
            "non-finite embeddings; its weights are not those of a text encoder"
        )


def _class(folder: Path, name: str, library: str, kind: str) -> Any:
    if library == "transformers":
        # A class that was renamed since (CLIPFeatureExtractor) is no module; diffusers knows it.
        return getattr(transformers, kind, None)
    if library == "diffusers" and hasattr(diffusers, kind):
        return getattr(diffusers, kind)
    if kind == StableDiffusionSafetyChecker.__name__:
        return StableDiffusionSafetyChecker
    raise InputError(
        f"{folder}/{INDEX}: the part {name} is {library}.{kind}, which the installed diffusers "
        f"{diffusers.__version__} does not have; code from a model's folder is not run"
    )


def _load_module(folder: Path, name: str, kind: Any, variant: str | None) -> torch.nn.Module:
    try:
        module, info = kind.from_pretrained(
            folder,
            subfolder=name,
            variant=variant,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # sizes that do not fit, a damaged file, a missing one
        raise InputError(f"{folder}/{name}: cannot be loaded ({error})") from error
    lines = [
        f"{label}: {', '.join(sorted(map(str, info[key])))}"
        for key, label in (
            ("missing_keys", "missing keys"),
            ("unexpected_keys", "unexpected keys"),
            ("mismatched_keys", "keys of another shape"),
        )
        if info[key]
    ]
    if lines:
        raise InputError(
            f"{folder}/{name}: the weights do not fit {kind.__name__}; {'; '.join(lines)}"
        )
    loaded: torch.nn.Module = module
    return loaded


def _assemble(folder: Path, modules: dict[str, Any], *, safety_checker: bool) -> Any:
    kind = getattr(diffusers, read_json(folder / INDEX)["_class_name"], None)
    options: dict[str, Any] = dict(modules)
    if kind is not None and not safety_checker:
        accepted = inspect.signature(kind.__init__).parameters
        off = {CHECKER: None, "requires_safety_checker": False}
        options |= {key: value for key, value in off.items() if key in accepted}
    try:
        return diffusers.AutoPipelineForText2Image.from_pretrained(
            folder, local_files_only=True, **options
        )
    except Exception as error:
        raise InputError(
            f"{folder}: not a text-to-image pipeline that can be loaded ({error})"
        ) from error
