"""Where libraries keep the pretrained weights that they fetched: the very files a job loads."""

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine
from cogworks.encoders.pretrained import timm_file, torchvision_file

# What stands for a model's weights in a repository of the hub: one of these.
HUB_WEIGHTS: tuple[str, ...] = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "open_clip_model.safetensors",
)


def missing_from_cache(library: str, name: str) -> Iterator[str]:
    """Yield what keeps pretrained weights from being loaded without a network.

    Args:
        library: torchvision, timm or transformers.
        name: the library's name of the model, with a tag where it has one.
    """
    try:
        file = _torchvision(name) if library == "torchvision" else _hub_file(library, name)
        check_genuine(file)
    except InputError as error:
        yield str(error)


def _torchvision(name: str) -> Path:
    url, path = torchvision_file(name)
    if not path.is_file():
        raise InputError(f"no file {path} (from {url})")
    return path


def _hub_file(library: str, name: str) -> Path:
    """Return the weights, or the list of their parts, of a model that comes from the hub."""
    repository = name.removeprefix("hf-hub:")
    files = HUB_WEIGHTS
    if library == "timm" and repository == name:
        repository, file = timm_file(name)
        files = (file,)
    elif not _cached(repository, "config.json"):
        raise InputError(f"config.json of {repository} is not in the hub's cache")
    found = [path for file in files if (path := _cached(repository, file))]
    if not found:
        raise InputError(f"{' or '.join(files)} of {repository} is not in the hub's cache")
    return found[0]


def _cached(repository: str, file: str) -> Path | None:
    try:
        path = huggingface_hub.try_to_load_from_cache(repository, file)
    except ValueError as error:
        raise InputError(f"{repository!r} is not a repository of the hub ({error})") from error
    return Path(path) if isinstance(path, str) else None
