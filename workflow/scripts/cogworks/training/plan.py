"""What the training section of the config stands for: runs, their numbers, and its errors.

Imported while the DAG is planned: no torch, no data.
"""

import copy
import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any

from cogworks.config import idle
from cogworks.config.parse import parse
from cogworks.config.yaml_file import load_yaml
from cogworks.core import paths
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.core.needs import is_missing_file
from cogworks.core.place import ROOT
from cogworks.images import plan as images_plan

RECIPES = ROOT / "workflow" / "recipes" / "training.yaml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Keys of a run that are no numbers of its training; the first two choose where those come from.
OWN_KEYS = (
    *("recipe", "scale", "dataset", "start", "sweep"),
    *("compute", "validation", "traces", "seed"),
)
UNSWEPT = ("sweep", "compute", "validation", "traces")
KEY_MAPPING = ("container", "prefix", "drop")
# What the rule appends to a run's name for the folder in which an unfinished run keeps its state.
STATE = ".state"


@derived
def runs(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every run by its expanded name: its section of the config, without sweep."""
    return {
        member: section
        for name in config["training"]
        for member, section in _members(name, config["training"][name])
    }


def expand(config: dict[str, Any], name: str) -> list[str]:
    """Return the runs that `name` stands for: those of a sweep, else `name` itself.

    Raises:
        InputError: there is no such run.
    """
    if name in config["training"]:
        return [member for member, _ in _members(name, config["training"][name])]
    if name in runs(config):
        return [name]
    known = ", ".join(runs(config)) or "none"
    raise InputError(f"{name!r} is no training run; known: {known}")


def spec(config: dict[str, Any], run: str) -> dict[str, Any]:
    """Return every number on which the result of `run` depends, besides its images."""
    section = runs(config)[run]
    result = _numbers_of(section)
    result["backbone"]["image_size"] = result["augmentation"]["global_size"]
    if section["start"] is not None:
        result["start"] = {key: section["start"][key] for key in KEY_MAPPING}
    return result | {
        "seed": section["seed"],
        "traces": section["traces"],
        "validation": {"every_epochs": section["validation"]["every_epochs"]},
    }


def numbers(scale: str, recipe: str) -> dict[str, Any]:
    """Return all numbers of a recipe at a scale.

    Raises:
        InputError: there is no such scale or recipe.
    """
    book = _book()
    result: dict[str, Any] = copy.deepcopy(book["defaults"])
    for kind, name in (("scales", scale), ("recipes", recipe)):
        for layer in _lineage(book[kind], name, kind):
            result = _override(result, layer)
    return result


def names(kind: str) -> dict[str, str]:
    """Return the names of all `recipes` or `scales`, each with what it is."""
    return {name: entry["about"] for name, entry in _book()[kind].items()}


def manifest(config: dict[str, Any], run: str) -> str:
    """Return the manifest of the training images of `run`."""
    return paths.manifest(config, runs(config)[run]["dataset"], "train")


def validation_manifest(config: dict[str, Any], run: str) -> list[str]:
    """Return the manifest of the validation images of `run`; none where it has none."""
    section = runs(config)[run]
    chosen = section["validation"]
    if chosen["split"] == "none":
        return []
    return [paths.manifest(config, chosen["dataset"] or section["dataset"], chosen["split"])]


def start_file(config: dict[str, Any], run: str) -> list[str]:
    """Return the file of the weights with which `run` begins; none where they are random."""
    start = runs(config)[run]["start"]
    if start is None:
        return []
    if start["run"] is not None:
        return [f"{paths.run_dir(start['run'])}/encoder.safetensors"]
    return [start["checkpoint"]]


def missing_paths(config: dict[str, Any], run: str | None = None) -> list[str]:
    """Return a line for each path of the training section that does not exist.

    Args:
        config: the checked config.
        run: the run to look at; all by default.
    """
    lines = [
        f"training.{_sections(config)[name]}.start.checkpoint: {path} does not exist"
        for name in (runs(config) if run is None else [run])
        for path in start_file(config, name)
        if is_missing_file(path)
    ]
    return list(dict.fromkeys(lines))


def compute(config: dict[str, Any], run: str) -> dict[str, Any]:
    """Return how `run` is computed, `workers` as -1 where it is left open."""
    chosen = dict(runs(config)[run]["compute"])
    if chosen["workers"] is None:
        chosen["workers"] = -1
    return chosen


def cores(config: dict[str, Any], run: str) -> int:
    """Return the CPU cores that a job of `run` asks for on each node."""
    chosen = compute(config, run)
    return int(chosen["threads"] * chosen["processes"])


def mem_mb(config: dict[str, Any], run: str) -> int:
    """Return the memory that a job of `run` asks for on each node, in MB."""
    chosen = compute(config, run)
    return int(chosen["mem_mb"] * chosen["processes"])


def gpus(config: dict[str, Any], run: str) -> int:
    """Return the GPUs that a job of `run` asks for on each node."""
    return int(config["compute"]["gpus"] * compute(config, run)["processes"])


def check(config: dict[str, Any]) -> list[str]:
    """Return the errors of the training section that a schema cannot see."""
    problems = [*_check_sweeps(config), *_check_names(config)]
    if problems:
        return problems
    for name, section in config["training"].items():
        for member, run in _members(name, section):
            problems += _check_run(config, name, member, run)
    return list(dict.fromkeys(problems))


def idle_keys(given: dict[str, Any], config: dict[str, Any]) -> dict[str, str]:
    """Return the keys of runs that are written but do nothing, as `idle.idle_keys` does.

    What a key depends on may come from the recipe, and a key counts that one run of a sweep reads.
    """
    lines: dict[str, str] = {}
    for name, section in given.get("training", {}).items():
        full = dict(_members(name, config["training"][name]))
        found = [
            idle.idle_keys(
                {"training": {name: written}},
                {"training": {name: full[member] | _numbers_of(full[member])}},
            )
            for member, written in _members(name, {"sweep": [], **section})
        ]
        lines |= {key: found[0][key] for key in found[0] if all(key in other for other in found)}
        lines |= _overridden(f"training.{name}", section)
    return lines


def _overridden(key: str, section: dict[str, Any]) -> dict[str, str]:
    """Return the keys that a sweep sets in every run; `dataset` must be there in any case."""
    lines: dict[str, str] = {}
    for swept in [entry["key"] for entry in section.get("sweep", [])]:
        value: Any = section
        for part in swept.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if swept != "dataset" and not idle.is_blank(value):
            full = f"{key}.{swept}"
            lines[full] = f"{full}: does nothing here; the sweep sets it in every run. Remove it"
    return lines


@functools.cache
def _book() -> dict[str, Any]:
    book: dict[str, Any] = load_yaml(RECIPES)
    return book


def _lineage(entries: dict[str, Any], name: str, kind: str) -> list[dict[str, Any]]:
    """Return what an entry sets, after what those set that it is like."""
    if name not in entries:
        raise InputError(f"{name!r} is none of the {kind}; known: {', '.join(entries)}")
    entry = entries[name]
    before = _lineage(entries, entry["like"], kind) if "like" in entry else []
    return [*before, entry.get("set", {})]


def _override(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `changes` that are not None.

    Dicts are merged, but for `options`, which are arguments of one architecture alone.
    """
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            continue
        merge = isinstance(value, dict) and key != "options"
        result[key] = _override(base[key], value) if merge else copy.deepcopy(value)
    return result


@derived
def _sections(config: dict[str, Any]) -> dict[str, str]:
    """Return the name in the config of each run: its own, or that of its sweep."""
    return {member: name for name in config["training"] for member in expand(config, name)}


def _members(name: str, section: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the section of each run of a sweep; of the one run where there is none."""
    axes = [[(entry["key"], value) for value in entry["values"]] for entry in section["sweep"]]
    for choice in itertools.product(*axes):
        run = copy.deepcopy({key: value for key, value in section.items() if key != "sweep"})
        for key, value in choice:
            place = _holder(run, key)
            if isinstance(place, dict):  # anything else is an error of its own
                place[key.rpartition(".")[2]] = value
        yield "_".join([name, *(_word(value) for _, value in choice)]), run


def _word(value: Any) -> str:
    """Return a swept value as a part of a name."""
    if isinstance(value, list):
        return "-".join(map(_word, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_sweeps(config: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the keys and values of sweeps, which the schema has not seen yet."""
    swept: dict[str, Any] = {}
    for name, section in config["training"].items():
        key = f"training.{name}.sweep"
        keys = [entry["key"] for entry in section["sweep"]]
        for twice in sorted({name for name in keys if keys.count(name) > 1}):
            yield f"{key}: {twice} is swept twice; join the values"
        for entry in section["sweep"]:
            yield from _check_axis(key, section, entry)
        if section["sweep"]:
            swept |= dict(_members(name, section))
    if swept:
        try:
            parse({"training": swept})
        except InputError as error:
            yield from str(error).splitlines()[1:]


def _check_axis(key: str, section: dict[str, Any], entry: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one key of a sweep and its values."""
    if entry["key"].split(".")[0] in UNSWEPT:
        yield f"{key}: {entry['key']} cannot be swept"
    elif not isinstance(_holder(copy.deepcopy(section), entry["key"]), dict):
        group = entry["key"].rpartition(".")[0]
        yield f"{key}: {entry['key']} cannot be swept; {group} is no section here"
    for value in entry["values"]:
        if not NAME.fullmatch(_word(value)):
            yield f"{key}: {entry['key']} = {value!r} cannot be part of a run's name"


def _holder(section: dict[str, Any], key: str) -> Any:
    """Return the group in which a dotted key lies, made where it is not there yet."""
    value: Any = section
    for group in key.split(".")[:-1]:
        value = value.setdefault(group, {}) if isinstance(value, dict) else None
    return value


def _check_run(
    config: dict[str, Any], name: str, member: str, section: dict[str, Any]
) -> Iterator[str]:
    key = f"training.{name}"
    for kind, chosen in (("scale", section["scale"]), ("recipe", section["recipe"])):
        if chosen not in names(f"{kind}s"):
            known = ", ".join(names(f"{kind}s"))
            yield f"{key}.{kind}: {chosen!r} is no {kind}; known: {known}"
            return
    yield from _check_dataset(config, f"{key}.dataset", section["dataset"])
    yield from _check_validation(config, f"{key}.validation", section)
    yield from _check_start(config, f"{key}.start", member)
    where = key if member == name else f"{key} (its run {member})"
    for problem in _check_numbers(_numbers_of(section), section["compute"]):
        yield f"{where}.{problem}" if where == key else f"{where}: {problem}"


def _numbers_of(section: dict[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in section.items() if key not in OWN_KEYS}
    return _override(numbers(section["scale"], section["recipe"]), own)


def _check_dataset(config: dict[str, Any], key: str, name: str) -> Iterator[str]:
    try:
        members = images_plan.expand(config, name)
    except InputError as error:
        yield f"{key}: {error}"
        return
    if members != [name]:
        yield f"{key}: {name} stands for {len(members)} data sets; name one of {', '.join(members)}"


def _check_validation(config: dict[str, Any], key: str, section: dict[str, Any]) -> Iterator[str]:
    chosen = section["validation"]
    if chosen["split"] == "none":
        return
    name = chosen["dataset"] or section["dataset"]
    if name in config["synthesis"]["clones"]:
        yield (
            f"{key}.dataset: the clone {name} has training images only; name the data set of real "
            "images with the same classes, or set split to none"
        )
        return
    if chosen["dataset"] is not None:
        yield from _check_dataset(config, f"{key}.dataset", name)
    found = images_plan.datasets(config).get(name)
    if chosen["split"] == "val" and found is not None and not found["val_share"]:
        yield (
            f"{key}.split: val, but images.{name}.val_share sets no images apart; set it, or split "
            "to test or none"
        )


def _check_start(config: dict[str, Any], key: str, run: str) -> Iterator[str]:
    found = runs(config)
    start = found[run]["start"]
    if start is None:
        return
    if (start["run"] is None) == (start["checkpoint"] is None):
        yield f"{key}: give exactly one of run and checkpoint"
    visited = [run]
    while start is not None and start["run"] is not None:
        if start["run"] not in found:
            yield f"{key}.run: {start['run']!r} is no training run; known: {', '.join(found)}"
            return
        if start["run"] in visited:
            yield f"{key}.run: {' -> '.join([*visited, start['run']])} goes round in a circle"
            return
        visited.append(start["run"])
        start = found[start["run"]]["start"]


def _check_numbers(full: dict[str, Any], compute_: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the numbers of one run."""
    crops, optimizer = full["augmentation"], full["optimizer"]
    for name in ("global_scale", "local_scale"):
        low, high = crops[name]
        if not 0 < low <= high <= 1:
            yield f"augmentation.{name}: expected 0 < least <= greatest <= 1, got {low} and {high}"
    if min(crops["std"]) <= 0:
        yield f"augmentation.std: expected positive numbers, got {crops['std']}"
    if not 0 <= optimizer["warmup_epochs"] <= optimizer["epochs"]:
        yield (
            f"optimizer.warmup_epochs: {optimizer['warmup_epochs']} is not between 0 and the "
            f"{optimizer['epochs']} epochs"
        )
    pieces = compute_["nodes"] * compute_["processes"] * optimizer["accumulation"]
    if optimizer["batch"] % pieces:
        yield (
            f"optimizer.batch: {optimizer['batch']} images cannot be divided among {pieces} pieces "
            "(nodes x processes x accumulation)"
        )
    elif optimizer["batch"] == optimizer["accumulation"]:
        yield (
            f"optimizer.batch: {optimizer['batch']} images in {optimizer['accumulation']} pieces "
            "leave batch norm one image at a time, which has no variance; take a larger batch"
        )


def _check_names(config: dict[str, Any]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, section in config["training"].items():
        for member, _ in _members(name, section):
            if member in owners or (member != name and member in config["training"]):
                yield f"training.{name}: its run {member} exists twice; rename one"
            owners[member] = name
            if member.endswith(STATE):
                yield f"training.{name}: {member} ends in {STATE}, as states' folders do; rename it"
