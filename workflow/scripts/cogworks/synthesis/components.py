"""The parts of a text-to-image pipeline, each loaded by itself and strictly.

diffusers and transformers load a checkpoint with a renamed key as well: they report it, fill the
gap with random numbers, and draw noise. Here a key that is missing or left over is an error that
names it, and so are weights that are not numbers.
"""

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine
from cogworks.synthesis import content

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def read_parts(folder: Path, *, checker: bool) -> dict[str, object]:
    """Return the class of each part that the folder's `model_index.json` names.

    Args:
        folder: the pipeline's folder.
        checker: whether the safety checker is wanted; its parts may be missing otherwise, and are
            left out.

    Raises:
        InputError: no index, a part without its folder, or of a library that is not known here.
    """
    parts: dict[str, object] = {}
    for name, (library, kind) in content.part_classes(content.read_index(folder)).items():
        if name in content.CHECKER_PARTS and not checker:
            continue
        if not (folder / name).is_dir():
            raise InputError(
                f"{folder}: {content.INDEX} names the part {name}, but there is no folder {name}; "
                "copy it from where the model comes from"
            )
        parts[name] = _class(folder, name, library, kind)
    if not {"tokenizer", "text_encoder"} <= parts.keys():
        lacking = sorted({"tokenizer", "text_encoder"} - parts.keys())
        raise InputError(f"{folder}: {content.INDEX} names no {' and no '.join(lacking)}")
    if checker and content.CHECKER not in parts:
        raise InputError(f"{folder}: it has no safety checker; set safety_checker to false")
    return parts


def load_modules(
    folder: Path, parts: dict[str, object], *, variant: str | None, precision: str
) -> dict[str, torch.nn.Module]:
    """Return the parts of a pipeline that have weights.

    Args:
        folder: the pipeline's folder.
        parts: what `read_parts` returned.
        variant: variant of the weight files, see `content.chosen_variant`.
        precision: a key of `DTYPES`. What a model's own class keeps in float32, such as the output
            projections of T5, stays so.

    Raises:
        InputError: weights are missing, no weights at all, do not fit, or are not finite.
    """
    for name in parts:
        for path in content.texts(folder / name):
            check_genuine(path)
    return {
        name: _load(folder, name, kind, variant, DTYPES[precision])
        for name, kind in parts.items()
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module)
    }


def _class(folder: Path, name: str, library: str, kind: str) -> object:
    if library == "transformers":
        # A class that was renamed since (CLIPFeatureExtractor) is not a module; diffusers knows it.
        return getattr(transformers, kind, None)
    if library == "diffusers" and hasattr(diffusers, kind):
        return getattr(diffusers, kind)
    if kind == StableDiffusionSafetyChecker.__name__:
        return StableDiffusionSafetyChecker
    raise InputError(
        f"{folder}/{content.INDEX}: the part {name} is {library}.{kind}, which the installed "
        f"diffusers {diffusers.__version__} does not have; code from a model's folder is not run"
    )


def _load(
    folder: Path, name: str, kind: Any, variant: str | None, dtype: torch.dtype
) -> torch.nn.Module:
    chosen = _check_weights(folder / name, variant)
    # transformers leaves it to its log which keys have another shape, unless they may have.
    is_transformers = issubclass(kind, transformers.PreTrainedModel)
    options = {"ignore_mismatched_sizes": True} if is_transformers else {}
    try:
        module, info = kind.from_pretrained(
            folder,
            subfolder=name,
            variant=chosen,
            torch_dtype=dtype,
            local_files_only=True,
            output_loading_info=True,
            **options,
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
    _check_finite(module, where=f"{folder}/{name}")
    loaded: torch.nn.Module = module
    return loaded


def _check_weights(part: Path, variant: str | None) -> str | None:
    """Return the variant of a part that can be read, after a look at its files."""
    found = content.variants(part)
    chosen = content.chosen_variant(part, variant)
    if not found:
        raise InputError(
            f"{part}: no weights that can be read (*.safetensors or *.bin of diffusers' or "
            "transformers' names); copy them from where the model comes from"
        )
    if chosen not in found:
        known = ", ".join(sorted(map(str, found)))
        raise InputError(
            f"{part}: it holds weights of the variant {known} only; set the generator's variant "
            "to that"
        )
    for path in content.weights(part, chosen):
        check_genuine(path)
    return chosen


def _check_finite(module: torch.nn.Module, *, where: str) -> None:
    wrong = [name for name, value in module.named_parameters() if not torch.isfinite(value).all()]
    if wrong:
        raise InputError(
            f"{where}: NaN or infinities among the weights {', '.join(wrong[:5])}; the file is "
            "damaged, or holds numbers too large for the precision: try float32 or bfloat16"
        )
