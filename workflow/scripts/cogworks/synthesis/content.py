"""Which files of a generator's folder are read: what the generator is, and nothing else.

A folder in diffusers' layout often comes with more: a repository's history, a card, pictures, the
weights once more in another precision or for another library. None of it may make a clone stale.

Imported while the DAG is planned: standard library only.
"""

import json
import re
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden, read_text

INDEX = "model_index.json"
# Parts that only look at finished images: not needed where nothing is to be flagged.
CHECKER = "safety_checker"
CHECKER_PARTS = (CHECKER, "feature_extractor")

_WEIGHTS = {".safetensors", ".bin"}
# Configurations, vocabularies, merges, SentencePiece models, and chat templates.
_TEXTS = {".json", ".txt", ".model", ".jinja"}
_STEMS = {"model", "pytorch_model", "diffusion_pytorch_model", "adapter_model"}
_SHARD = re.compile(r"-\d{5}-of-\d{5}")
_NO_VARIANT = {"safetensors", "bin", "index", "json"}


def problem(folder: str | Path) -> str | None:
    """Return why a folder is not in diffusers' layout, and what to do; None if it is."""
    folder = Path(folder)
    if (folder / INDEX).is_file():
        return None
    if folder.is_file():
        return (
            f"{folder} is a file, and a folder in diffusers' layout is wanted; a single checkpoint "
            "becomes one by diffusers' from_single_file(...).save_pretrained(folder)"
        )
    if not folder.is_dir():
        return f"{folder}: no such folder; put a model in diffusers' layout there"
    # As the hub's cache has it: models--owner--name/snapshots/revision.
    deeper = sorted(found for depth in ("*", "*/*") for found in folder.glob(f"{depth}/{INDEX}"))
    hint = f"; did you mean {deeper[0].parent}?" if deeper else ""
    return f"{folder} holds no {INDEX}, so it is not a folder in diffusers' layout{hint}"


def read_index(folder: str | Path) -> dict[str, object]:
    """Return what `model_index.json` says.

    Raises:
        InputError: it is missing, or not what its name says.
    """
    path = Path(folder, INDEX)
    try:
        index = json.loads(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); copy it again") from error
    if not isinstance(index, dict) or "_class_name" not in index:
        raise InputError(f"{path}: it names no pipeline (_class_name); is it diffusers' own?")
    return index


def part_classes(index: dict[str, object]) -> dict[str, tuple[str, str]]:
    """Return library and class of each part that an index names; parts left out are not there."""
    return {
        name: (value[0], value[1])
        for name, value in index.items()
        if not name.startswith("_")
        if isinstance(value, list) and len(value) == 2 and None not in value
    }


def content(folder: str | Path, variant: str | None = None) -> list[Path]:
    """Return the files that are read of a generator's folder, sorted.

    Args:
        folder: a folder in diffusers' layout.
        variant: variant of the weight files, see `chosen_variant`.

    Raises:
        InputError: see `read_index`.
    """
    folder = Path(folder)
    files = [folder / INDEX]
    for name in part_classes(read_index(folder)):
        part = folder / name
        files += texts(part) + weights(part, chosen_variant(part, variant))
    return sorted(files)


def texts(part: Path) -> list[Path]:
    """Return the files of a part that are read and hold no weights."""
    return [path for path in _files(part) if path.suffix in _TEXTS and not _holds_weights(path)]


def weights(part: Path, variant: str | None) -> list[Path]:
    """Return the weight files of a part that are read, and the index of their shards.

    Pickled weights (`.bin`) do not count beside safetensors, which are preferred to them.
    """
    found = [path for path in _files(part) if _holds_weights(path)]
    found = [path for path in found if variant_of(path.name) == variant]
    return [path for path in found if ".safetensors" in path.name] or found


def variants(part: Path) -> set[str | None]:
    """Return the variants of weights that a part has; None stands for those without one."""
    return {variant_of(path.name) for path in _files(part) if _holds_weights(path)}


def chosen_variant(part: Path, variant: str | None) -> str | None:
    """Return the variant that is read of a part: `variant`, or none where it has none of that name.

    So does diffusers: a folder may hold single parts in one precision only.
    """
    return variant if variant in variants(part) else None


def variant_of(name: str) -> str | None:
    """Return the variant in the name of a weight file or an index (`model.fp16.safetensors`)."""
    words = _SHARD.sub("", name).split(".")[1:]
    return next((word for word in words if word not in _NO_VARIANT), None)


def _holds_weights(path: Path) -> bool:
    stem = _SHARD.sub("", path.name).split(".")[0]
    is_index = ".index." in path.name and path.suffix == ".json"
    return stem in _STEMS and (path.suffix in _WEIGHTS or is_index)


def _files(part: Path) -> list[Path]:
    if not part.is_dir():
        return []
    return sorted(path for path in part.iterdir() if not is_hidden(path.name) and path.is_file())
