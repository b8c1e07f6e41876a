"""What the encoders section of the config stands for: specs, input files, shards, and its errors.

Imported while the DAG is planned: no torch.
"""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cogworks.config.yaml_file import load_yaml
from cogworks.core import fingerprint, paths
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden
from cogworks.core.needs import is_missing_file
from cogworks.core.place import ROOT
from cogworks.encoders import identity
from cogworks.encoders.shards import noted, shard_paths
from cogworks.training import plan as training

REGISTRY = ROOT / "resources" / "encoders.yaml"
WEIGHTS = "weights"
SOURCES = ("registry", "run", "model", "entry_point")
LIBRARIES = {
    "torchvision": "torchvision",
    "timm": "timm",
    "hf": "transformers",
    "cogworks": "cogworks",
}
KEY_MAPPING = ("container", "prefix", "drop", "rename")
IMAGE_KEYS = (
    "image_size",
    "geometry",
    "resize",
    "interpolation",
    "mean",
    "std",
    "channel_order",
    "decoder",
)
COMPUTE_KEYS = ("precision", "compile", "dtype", "batch_size")

_registry: dict[str, Any] = {}


def registry() -> dict[str, dict[str, Any]]:
    """Return the published models by name, each with its normalisation resolved."""
    if not _registry:
        content = load_yaml(REGISTRY)
        for name, entry in content["models"].items():
            normalization = content["normalizations"][entry.get("normalization", "imagenet")]
            _registry[name] = {"image_size": 224} | entry | normalization
    return _registry


def expand_sweeps(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config in which an encoder of a sweep is one encoder for each of its runs.

    An encoder `ocm` of the sweep `memory` becomes `ocm_2048`, `ocm_4096` and so on, and lists of
    encoders that name `ocm` name all of them.

    Raises:
        InputError: one of those names is that of another encoder.
    """
    families = {
        name: {f"{name}{run.removeprefix(section['run'])}": run for run in runs}
        for name, section in config["encoders"].items()
        if (runs := _swept(config, section["run"]))
    }

    for name, members in families.items():
        for member in members:
            if member in config["encoders"]:
                raise InputError(
                    f"encoders.{member}: the sweep of encoders.{name} makes an encoder of this "
                    "name; rename one"
                )

    def listed(names: Any) -> Any:
        if not isinstance(names, list):
            return names
        return list(dict.fromkeys(m for name in names for m in families.get(name, [name])))

    encoders = {
        member: section | {"run": run}
        for name, section in config["encoders"].items()
        for member, run in families.get(name, {name: section["run"]}).items()
    }
    return config | {
        "encoders": encoders,
        "evaluations": {
            name: entry | {"encoders": listed(entry["encoders"])}
            for name, entry in config["evaluations"].items()
        },
        "analysis": config["analysis"] | {"encoders": listed(config["analysis"]["encoders"])},
    }


def _swept(config: dict[str, Any], run: str | None) -> list[str]:
    """Return the runs of a sweep; none for a single run or another name."""
    if run is None or not config["training"].get(run, {}).get("sweep"):
        return []
    return training.expand(config, run)


def spec(config: dict[str, Any], encoder: str) -> dict[str, Any]:
    """Return all that the features of `encoder` depend on, besides the files of `inputs`.

    The registry is resolved here, so that an edit of one of its entries concerns that model alone.
    Keys: `name`, `source` (see `registry.load_encoder`), `image`, `compute`, and `weights`, which
    identifies the files of the weights (see `identity`).
    """
    section = config["encoders"][encoder]
    image = {key: section[key] for key in IMAGE_KEYS}
    if section["registry"] is not None:
        entry = registry()[section["registry"]]
        own = {key: entry.get(key) for key in ("image_size", "mean", "std", "channel_order")}
        image |= {key: own[key] for key in own if image[key] is None}
    return {
        "name": encoder,
        "source": _source(section),
        "image": image,
        "compute": {key: section[key] for key in COMPUTE_KEYS},
        "weights": _identity(config, encoder),
    }


@derived
def inputs(config: dict[str, Any], encoder: str) -> list[str]:
    """Return the files that the encoder is made of: a change of one makes its features stale."""
    section = config["encoders"][encoder]
    if section["run"] is not None:
        folder = paths.run_dir(section["run"])
        return [f"{folder}/encoder.safetensors", f"{folder}/spec.json"]
    if section["entry_point"] is not None:
        return [*_entry_file(section["entry_point"]), *section["files"]]
    if _weights(section) == "checkpoint":
        return [_checkpoint_file(section)]
    return [str(path) for path in _folder_files(section)]


@derived
def _identity(config: dict[str, Any], encoder: str) -> dict[str, str] | None:
    section = config["encoders"][encoder]
    if section["model"] is None or _weights(section) != "pretrained" or _folder(section):
        return fingerprint.of_files(inputs(config, encoder)) or None
    now = identity.of_cache(identity.cached_weights(*_split(section["model"])))
    return identity.planned(now, paths.weights_note(encoder))


def shards(config: dict[str, Any], encoder: str, dataset: str, split: str, code: str) -> int:
    """Return among how many jobs the images of a data set are divided for `encoder`.

    Args:
        config: the checked config.
        encoder, dataset, split: whose features.
        code: digest of the code that encodes; features that are finished keep their shards.
    """
    features, _ = paths.features(encoder, dataset, split)
    found = noted(features, spec(config, encoder), code)
    return found or int(config["encoders"][encoder]["shards"])


def shard_files(
    config: dict[str, Any], encoder: str, dataset: str, split: str, code: str
) -> list[str]:
    """Return the arrays and indices of all shards; none where one job makes all features."""
    count = shards(config, encoder, dataset, split, code)
    features, _ = paths.features(encoder, dataset, split)
    return [path for pair in shard_paths(features, count) for path in pair] if count > 1 else []


def threads(config: dict[str, Any]) -> int:
    """Return the threads of an extraction: a GPU needs several decoding cores to keep it busy."""
    return 2 if config["compute"]["gpus"] == 0 else 8 * int(config["compute"]["gpus"])


def missing(config: dict[str, Any], encoders: list[str] | None = None) -> list[str]:
    """Return one line for each weight file or entry point that is not there, and what to do.

    Args:
        config: the checked config.
        encoders: which encoders to look at; all by default. Training runs have nothing to miss.
    """
    names = config["encoders"] if encoders is None else encoders
    return [line for name in names for line in _missing(config, name)]


def from_libraries(config: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return library and model of the encoders whose weights a library keeps in its cache."""
    return {
        name: _split(section["model"])
        for name, section in config["encoders"].items()
        if section["model"] is not None
        and _weights(section) == "pretrained"
        and _folder(section) is None
    }


def check(config: dict[str, Any]) -> list[str]:
    """Return the semantic errors of the section, each beginning with its dotted key."""
    return [
        f"encoders.{name}{problem}"
        for name, section in config["encoders"].items()
        for problem in _problems(config, section)
    ]


def _problems(config: dict[str, Any], section: dict[str, Any]) -> Iterator[str]:
    given = [key for key in SOURCES if section[key] is not None]
    own_code = section["registry"] in registry() and _may_bring(section)
    if given == ["registry", "entry_point"] and own_code:
        given = ["registry"]
    if len(given) != 1:
        yield f": give exactly one of {', '.join(SOURCES)}; it has {', '.join(given) or 'none'}"
        return
    if section["registry"] is not None and section["registry"] not in registry():
        yield f".registry: {section['registry']!r} is not in resources/encoders.yaml"
        return
    if section["run"] is not None and section["run"] not in training.runs(config):
        known = ", ".join(training.runs(config)) or "none"
        yield f".run: {section['run']!r} is no training run; known: {known}"
    yield from _weight_problems(config, section, given[0])
    yield from _image_problems(section)


def _weight_problems(config: dict[str, Any], section: dict[str, Any], source: str) -> Iterator[str]:
    allowed = {
        "registry": {"checkpoint", "entry_point", "files", "weights"},
        "run": set(),
        "model": {"options", "weights", "seed", "checkpoint", *KEY_MAPPING},
        "entry_point": {"options", "files", "seed"},
    }[source]
    if source == "registry" and _may_bring(section):
        allowed |= {"options", "seed"}
    defaults = {"container": ".", "prefix": "", "seed": 0, "options": {}}
    for key in ("options", "files", "weights", "seed", "checkpoint", *KEY_MAPPING):
        if key not in allowed and section[key] not in (None, [], defaults.get(key)):
            yield f".{key}: has no meaning with `{source}`"
    if source == "registry" and section["weights"] not in (None, "checkpoint"):
        yield ".weights: a model of the registry takes its publisher's checkpoint"
    if source != "model":
        return
    yield from _model_problems(config, section)


def _model_problems(config: dict[str, Any], section: dict[str, Any]) -> Iterator[str]:
    weights = _weights(section)
    library, _ = _split(section["model"])
    if weights is None:
        yield ".weights: say `random` or `pretrained`, or name a `checkpoint`"
    if weights == "checkpoint" and section["checkpoint"] is None:
        yield ".checkpoint: needed with `weights: checkpoint`"
    if weights != "checkpoint":
        for key in ("checkpoint", *KEY_MAPPING):
            if section[key] not in (None, [], "", "."):
                yield f".{key}: has no meaning with `weights: {weights}`"
    if weights == "pretrained" and library == "cogworks":
        yield ".weights: this project's own architectures have no pretrained weights"
    if weights != "pretrained" and section["model"].startswith("timm:hf-hub:"):
        yield ".weights: a model of the hub comes with its own weights; use `pretrained`"
    yield from _rename_problems(section)


def _rename_problems(section: dict[str, Any]) -> Iterator[str]:
    for index, (regex, template) in enumerate(section["rename"]):
        try:
            groups = re.compile(regex).groups
        except re.error as error:
            yield f".rename[{index}]: {regex!r} is no regular expression ({error})"
            continue
        named = max(map(int, re.findall(r"\{(\d)", template)), default=0)
        if named > groups:
            yield f".rename[{index}]: {template!r} names group {named}, and {regex!r} has {groups}"


def _image_problems(section: dict[str, Any]) -> Iterator[str]:
    size, resize = section["image_size"], section["resize"]
    if size is not None and resize is not None and resize < size:
        yield f".resize: {resize} is smaller than image_size {size}; the crop would not fit"
    if section["geometry"] == "library":
        if section["model"] is None or section["model"].startswith("cogworks:"):
            yield ".geometry: `library` needs a `model` of torchvision, timm or transformers"
        for key in ("image_size", "resize", "interpolation"):
            if section[key] is not None:
                yield f".{key}: has no meaning with `geometry: library`, which takes the library's"
    if (section["mean"] is None) != (section["std"] is None):
        yield ".mean: give `mean` and `std` together, or neither"


def _may_bring(section: dict[str, Any]) -> bool:
    return bool(registry()[section["registry"]].get("own_code"))


def _source(section: dict[str, Any]) -> dict[str, Any]:
    if section["run"] is not None:
        return {"kind": "run", "folder": paths.run_dir(section["run"])}
    entry = registry().get(section["registry"], {})
    dim = entry.get("feature_dim")
    if section["entry_point"] is not None:
        target, options = section["entry_point"], section["options"]
        return {
            "kind": "entry_point",
            "target": target,
            "options": options,
            "seed": section["seed"],
            "feature_dim": dim,
        }
    library, name = _split(entry.get("architecture") or section["model"] or "none:none")
    if _folder(section) is not None:
        name = str(Path(name))  # `./model` is `model`
    source = {
        "kind": "model",
        "library": library,
        "name": name,
        "options": entry.get("options", section["options"]),
        "feature_dim": dim,
        "weights": _weights(section),
    }
    if source["weights"] == "random":
        source["seed"] = section["seed"]
    if source["weights"] == "checkpoint":
        source["checkpoint"] = _checkpoint(section, entry)
    return source


def _checkpoint(section: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    layout = entry if section["registry"] is not None else section
    containers = layout.get("container", ".")
    return {
        "file": _checkpoint_file(section),
        "containers": [containers] if isinstance(containers, str) else containers,
        "prefix": layout.get("prefix", ""),
        "drop": layout.get("drop", []),
        "rename": layout.get("rename", []),
    }


def _checkpoint_file(section: dict[str, Any]) -> str:
    if section["checkpoint"] is not None:
        return str(section["checkpoint"])
    return f"{WEIGHTS}/{registry()[section['registry']]['file']}"


def _weights(section: dict[str, Any]) -> str | None:
    """Return `weights`, deduced where it is null and can be."""
    if section["weights"] is not None:
        return str(section["weights"])
    if section["registry"] is not None or section["checkpoint"] is not None:
        return "checkpoint"
    return "pretrained" if _folder(section) else None


def _split(model: str) -> tuple[str, str]:
    library, _, name = model.partition(":")
    return LIBRARIES.get(library, library), name


def _folder(section: dict[str, Any]) -> str | None:
    """Return the local folder that `model` names, if it names one."""
    if section["model"] is None:
        return None
    library, name = _split(section["model"])
    looks_local = name.startswith(("/", "./", "../")) or Path(name).is_dir()
    return name if library in ("timm", "transformers") and looks_local else None


def _folder_files(section: dict[str, Any]) -> list[Path]:
    folder = _folder(section)
    if folder is None:
        return []
    return sorted(
        path
        for suffix in ("json", "safetensors", "bin")
        for path in Path(folder).glob(f"*.{suffix}")
        if not is_hidden(path.name)
    )


def _entry_file(entry_point: str) -> list[str]:
    """Return the file of an entry point, where it can be told without importing anything."""
    place = entry_point.rpartition(":")[0]
    if place.endswith(".py"):
        return [place]
    top, *rest = place.split(".")
    found = importlib.util.find_spec(top)
    if found is None or not found.origin:
        return []
    if not rest:
        return [found.origin]
    base = Path(found.origin).parent.joinpath(*rest)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return [str(path) for path in candidates if path.is_file()]


def _missing(config: dict[str, Any], name: str) -> Iterator[str]:
    section = config["encoders"][name]
    key = f"encoders.{name}"
    if section["run"] is not None:
        return
    if section["entry_point"] is not None:
        if not _entry_file(section["entry_point"]):
            yield f"{key}.entry_point: no module {section['entry_point'].rpartition(':')[0]}"
        for path in inputs(config, name):
            if is_missing_file(path):
                yield f"{key}.entry_point: no file {path}"
    elif _weights(section) == "checkpoint":
        yield from _missing_checkpoint(section, key)
    elif _weights(section) == "pretrained":
        yield from _missing_folder(section, key)


def _missing_checkpoint(section: dict[str, Any], key: str) -> Iterator[str]:
    path = _checkpoint_file(section)
    if not is_missing_file(path):
        return
    line = f"{key}: no file {path}"
    if section["registry"] is not None:
        entry = registry()[section["registry"]]
        line += f"; get {entry['file']} from {entry['publisher']}"
    yield f"{line}; put it there, or say where it is in `{key}.checkpoint`"


def _missing_folder(section: dict[str, Any], key: str) -> Iterator[str]:
    folder = _folder(section)
    if folder is None:
        return
    files = _folder_files(section)
    if not (Path(folder) / "config.json").is_file():
        yield f"{key}.model: no folder {folder} with config.json and weights"
    elif all(path.suffix == ".json" for path in files):
        yield f"{key}.model: {folder} holds no weights (*.safetensors or *.bin)"
