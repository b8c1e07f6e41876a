"""What the images section of the config stands for: data sets, their inputs, and its errors.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cogworks.core import paths
from cogworks.core.errors import InputError

SPLITS = ("train", "val", "test")
LAYOUTS = {"folder": ("wnid", "index", "flat"), "tar": ("wnid", "samples")}
PACK_SUFFIXES = (".parquet", ".tar")
# The sets of torchvision that come without a split of their own (protocol: per class, seeded).
UNSPLIT = ("EuroSAT",)


def datasets(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every data set by its expanded name, with the slice of the config that makes it.

    A family (`classes.part: levels`) named `cog` becomes `cog_l1`, `cog_l2` and so on, each with
    `part: level` and its own level. Each slice holds the WordNet folder of its benchmark too.
    """
    result = {}
    for name, section in config["images"].items():
        for member, classes in _members(config, name, section["classes"]):
            result[member] = section | {
                "name": member,
                "classes": classes,
                "wordnet": _wordnet(config, classes["benchmark"]),
            }
    return result


def expand(config: dict[str, Any], name: str) -> list[str]:
    """Return the data sets that `name` stands for: a family's members, else `name` itself.

    A clone of the synthesis room is a data set as well.

    Raises:
        InputError: there is no such data set.
    """
    if name in config["images"]:
        return [member for member, _ in _members(config, name, config["images"][name]["classes"])]
    if name in datasets(config) or name in config["synthesis"]["clones"]:
        return [name]
    raise InputError(f"{name!r} is no data set; known: {', '.join(known(config))}")


def known(config: dict[str, Any]) -> list[str]:
    """Return all names that `expand` accepts, families first."""
    names = [*config["images"], *datasets(config), *config["synthesis"]["clones"]]
    return list(dict.fromkeys(names))


def class_inputs(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the files from which the class list of `dataset` is made."""
    spec = datasets(config)[dataset]
    classes = spec["classes"]
    if classes["file"] is not None:
        return [classes["file"]] if _is_file_name(classes["file"]) else []
    if classes["part"] == "source":
        return source_inputs(config, dataset)
    tables = {
        "seen": ["seen"],
        "level": ["levels"],
        "all": ["seen", "levels"],
    }.get(classes["part"], [])
    return [paths.concepts(classes["benchmark"], table) for table in tables]


def source_inputs(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the files among the sources of `dataset` whose change makes its manifest stale.

    These are packs named one by one, and mapping files. Folders are not tracked: their dates say
    nothing of the images in them, so after a change there, run with `--forcerun build_manifest`.
    """
    source = datasets(config)[dataset]["source"]
    if source["kind"] == "world":
        return [pack(dataset)]
    files = [path for path in _places(source) if path.endswith(PACK_SUFFIXES)]
    if source["mapping"] is not None and _is_file_name(source["mapping"]):
        files.append(source["mapping"])
    return files


def pack(dataset: str) -> str:
    """Return the pack into which a data set of the procedural world is drawn."""
    return f"results/images/{dataset}/pack.parquet"


def is_split(source: dict[str, Any]) -> bool:
    """Say whether the source itself divides its images into training and test images."""
    if source["kind"] == "torchvision":
        return source["dataset"] not in UNSPLIT
    places = source["train_path"] is not None or source["test_path"] is not None
    return places or source["split_column"] is not None


def list_of(value: str | list[str] | None) -> list[str]:
    """Return a path, a list of paths or null as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def missing_paths(config: dict[str, Any]) -> list[str]:
    """Return a line for each path of the images section that does not exist (for the preflight)."""
    lines = []
    for name, section in config["images"].items():
        source, classes = section["source"], section["classes"]
        given = {
            f"source.{key}": list_of(source[key]) for key in ("path", "train_path", "test_path")
        }
        given["source.mapping"] = _named_files(source["mapping"])
        given["classes.file"] = _named_files(classes["file"])
        if source["kind"] == "torchvision" and config["compute"]["online"]:
            del given["source.path"]
        for key, values in given.items():
            for value in values:
                if not Path(value).exists():
                    lines.append(f"images.{name}.{key}: {value} does not exist")
    return lines


def check(config: dict[str, Any]) -> list[str]:
    """Return the errors of the images section that a schema cannot see."""
    problems: list[str] = []
    for name, section in config["images"].items():
        key = f"images.{name}"
        problems += _check_source(f"{key}.source", section["source"])
        problems += _check_classes(config, f"{key}.classes", section)
        problems += _check_rule(key, section)
    problems += _check_names(config)
    return problems


def _members(
    config: dict[str, Any], name: str, classes: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if classes["part"] != "levels":
        yield name, classes
        return
    benchmark = config["concepts"].get(classes["benchmark"])
    for level in range(1, (benchmark["levels"]["count"] if benchmark else 0) + 1):
        yield f"{name}_l{level}", classes | {"part": "level", "level": level}


def _wordnet(config: dict[str, Any], benchmark: str | None) -> str | None:
    folder: str | None = config["concepts"].get(benchmark, {}).get("wordnet")
    return folder


def _places(source: dict[str, Any]) -> list[str]:
    return [path for key in ("path", "train_path", "test_path") for path in list_of(source[key])]


def _is_file_name(value: str) -> bool:
    """Say whether `value` is a file rather than the name of a built-in list such as imagenet1k."""
    return "/" in value or "." in value


def _named_files(value: str | None) -> list[str]:
    return [value] if value is not None and _is_file_name(value) else []


def _check_source(key: str, source: dict[str, Any]) -> Iterator[str]:
    kind = source["kind"]
    places = _places(source)
    if kind == "world":
        if places:
            yield f"{key}: the procedural world has no path; remove path, train_path and test_path"
        return
    if not places:
        yield f"{key}.path: needed for kind {kind}"
    if source["path"] is not None and (source["train_path"] or source["test_path"]):
        yield f"{key}: give either path, or train_path and test_path, not both"
    if kind == "torchvision" and (source["dataset"] is None or source["path"] is None):
        yield f"{key}: kind torchvision needs dataset and path (the root folder)"
    if kind != "torchvision" and source["dataset"] is not None:
        yield f"{key}.dataset: only for kind torchvision"
    if kind in LAYOUTS and source["layout"] not in LAYOUTS[kind]:
        known = ", ".join(LAYOUTS[kind])
        yield f"{key}.layout: {source['layout']!r} is no layout of kind {kind}; known: {known}"
    needs_mapping = kind == "folder" and source["layout"] in ("index", "flat")
    if needs_mapping and source["mapping"] is None:
        yield f"{key}.mapping: needed for layout {source['layout']}"
    if kind != "parquet" and source["split_column"] is not None:
        yield f"{key}.split_column: only for kind parquet"


def _check_classes(config: dict[str, Any], key: str, section: dict[str, Any]) -> Iterator[str]:
    classes = section["classes"]
    given = [name for name in ("part", "file", "wnids") if classes[name] is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        yield f"{key}: give exactly one of part, file and wnids, not {found}"
        return
    benchmark, part = classes["benchmark"], classes["part"]
    if part in ("seen", "levels", "level", "all"):
        if benchmark not in config["concepts"]:
            known = ", ".join(config["concepts"]) or "none"
            yield f"{key}.benchmark: {benchmark!r} is no benchmark of concepts; known: {known}"
            return
        count = config["concepts"][benchmark]["levels"]["count"]
        if part == "level" and not 1 <= (classes["level"] or 0) <= count:
            yield f"{key}.level: {classes['level']} is no level; {benchmark} has 1 to {count}"
    if part != "level" and classes["level"] is not None:
        yield f"{key}.level: only with part: level"
    if part == "source" and section["source"]["kind"] in ("folder", "world"):
        yield (
            f"{key}.part: kind {section['source']['kind']} needs an explicit class list (a missing "
            "class folder would relabel all later classes); give file, wnids or a benchmark's part"
        )


def _check_rule(key: str, section: dict[str, Any]) -> Iterator[str]:
    maximum, test, share = section["max_images"], section["test_images"], section["test_share"]
    if is_split(section["source"]):
        if share is not None:
            yield f"{key}.test_share: the source has its own test split; remove test_share"
    elif (test is None) == (share is None):
        yield (
            f"{key}.test_images: the source has no split of its own; give either test_images "
            "(a number a class) or test_share"
        )
    if maximum is not None and test is not None and test >= maximum:
        yield f"{key}.test_images: {test} leaves no training image of max_images: {maximum}"
    if section["source"]["kind"] == "world" and maximum is None:
        yield f"{key}.max_images: needed for kind world, which draws that many images a class"


def _check_names(config: dict[str, Any]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, section in config["images"].items():
        for member, _ in _members(config, name, section["classes"]):
            if member in owners or (member != name and member in config["images"]):
                yield f"images.{name}: its data set {member} exists twice; rename one"
            owners[member] = name
            if member in config["synthesis"]["clones"]:
                yield f"images.{name}: {member} is the name of a clone in synthesis too"
