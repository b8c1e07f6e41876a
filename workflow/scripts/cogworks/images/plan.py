"""What the images section of the config stands for: data sets, their inputs, and its errors.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from typing import Any

from cogworks.concepts.wnid_lists import NAMED
from cogworks.concepts.wordnet import database_files as wordnet_inputs
from cogworks.core import paths
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of
from cogworks.core.needs import is_missing
from cogworks.core.patterns import expand as expand_paths
from cogworks.core.spec import canonical
from cogworks.images.sources.kinds import SOURCES

SPLITS = ("train", "val", "test")
# Bytes of class ids in the config: Linux takes an argument of at most 131,072.
LONGEST_LIST = 100_000
RULE_KEYS = (
    "max_images",
    "test_images",
    "test_share",
    "val_share",
    "min_images",
    "seed",
    "on_corrupt",
)
PATH_KEYS = ("path", "train_path", "test_path")
WORLD_KEYS = ("size", "format", "world_seed", "distinctness", "nuisance")


@derived
def datasets(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every data set by its expanded name, with its section of the config.

    A family (`classes.part: levels`) named `cog` becomes `cog_l1`, `cog_l2` and so on, each with
    `part: level` and its own level.
    """
    return {
        member: section | {"classes": classes}
        for name, section in config["images"].items()
        for member, classes in _members(config, name, section["classes"])
    }


@derived
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


def same_classes(config: dict[str, Any], one: str, other: str) -> bool:
    """Say whether two data sets are declared to have the same classes; clones have their model's.

    A list that comes with the images themselves (`part: source`) is the same for one source only.
    """
    names = [
        config["synthesis"]["clones"].get(name, {}).get("like") or name for name in (one, other)
    ]
    if names[0] == names[1]:
        return True
    sections = [datasets(config).get(name, {}).get("classes") for name in names]
    return sections[0] == sections[1] and (sections[0] or {}).get("part") != "source"


def classes_spec(config: dict[str, Any], dataset: str) -> dict[str, Any]:
    """Return the slice of the config that the class list of `dataset` depends on."""
    section = datasets(config)[dataset]
    classes = dict(section["classes"])
    if classes["limit"] is None:
        del classes["seed"]
    wordnet = config["concepts"].get(classes["benchmark"], {}).get("wordnet")
    spec = {"dataset": dataset, "classes": classes, "wordnet": wordnet}
    if classes["part"] == "source":
        spec["source"] = _source_spec(section["source"], dataset)
    return spec


def class_tables(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the tables of the concepts room from which the classes of `dataset` come."""
    classes = datasets(config)[dataset]["classes"]
    names = {"seen": ["seen"], "level": ["levels"], "all": ["seen", "levels"]}
    tables = names.get(classes["part"], [])
    return [paths.concepts(classes["benchmark"], table) for table in tables]


def class_files(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the user's own files from which the classes of `dataset` come."""
    classes = datasets(config)[dataset]["classes"]
    wordnet = wordnet_inputs(classes_spec(config, dataset)["wordnet"])
    if classes["part"] == "source":
        return source_inputs(config, dataset) + wordnet
    return _named_files(classes["file"]) + wordnet


def world_spec(config: dict[str, Any], dataset: str) -> dict[str, Any]:
    """Return the slice of the config that the drawn pack of `dataset` depends on."""
    section = datasets(config)[dataset]
    spec = {key: section["source"][key] for key in WORLD_KEYS}
    wordnet = classes_spec(config, dataset)["wordnet"]
    return spec | {"images": section["max_images"], "wordnet": wordnet}


def manifest_spec(config: dict[str, Any], dataset: str) -> dict[str, Any]:
    """Return the slice of the config that the manifests of `dataset` depend on."""
    section = datasets(config)[dataset]
    source = _source_spec(section["source"], dataset)
    return {"dataset": dataset, "source": source} | {key: section[key] for key in RULE_KEYS}


def source_inputs(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the files among the sources of `dataset` whose change makes its manifests stale.

    These are packs, named one by one, by a pattern or as the folder that they lie in, and mapping
    files. Folders of images and of class tars are not tracked: there are too many files to look at
    them in every plan, so after a change there the user forces the rules that read them (see
    README.md).
    """
    source = datasets(config)[dataset]["source"]
    kind = SOURCES.load(source["kind"])
    if kind.drawn:
        return [pack(dataset)]
    packs = [file for path in expand_paths(_places(source)) for file in kind.packs(source, path)]
    return packs + _named_files(source["mapping"])


def scan_threads(config: dict[str, Any], dataset: str) -> int:
    """Return how many threads the making of the manifests can use: packs are read by one."""
    section = datasets(config)[dataset]
    return 4 if section["verify"] or SOURCES.load(section["source"]["kind"]).parallel else 1


def source_module(config: dict[str, Any], dataset: str) -> str:
    """Return the module of the kind of a data set's source, as it is read."""
    return SOURCES.module(manifest_spec(config, dataset)["source"]["kind"])


def pack(dataset: str) -> str:
    """Return the pack into which a data set of the procedural world is drawn."""
    return f"results/images/{dataset}/pack.parquet"


def is_split(source: dict[str, Any]) -> bool:
    """Say whether the source itself divides its images into training and test images."""
    return SOURCES.load(source["kind"]).is_split(source)


def missing_paths(config: dict[str, Any], dataset: str | None = None) -> list[str]:
    """Return a line for each path of the images section that does not exist.

    Args:
        config: the checked config.
        dataset: the data set to look at; all by default.
    """
    lines = []
    for name in config["images"] if dataset is None else [_family(config)[dataset]]:
        section = config["images"][name]
        source, classes = section["source"], section["classes"]
        given = {f"source.{key}": list_of(source[key]) for key in PATH_KEYS}
        given["source.mapping"] = _named_files(source["mapping"])
        given["classes.file"] = _named_files(classes["file"])
        kind = SOURCES.load(source["kind"])
        if kind.fetch is not None and config["compute"]["online"]:
            del given["source.path"]
        for key, values in given.items():
            for value in expand_paths(values):
                if is_missing(value):
                    lines.append(f"images.{name}.{key}: {value} does not exist")
        lines += [f"images.{name}.source: {problem}" for problem in kind.missing(source)]
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


@derived
def _family(config: dict[str, Any]) -> dict[str, str]:
    """Return the name in the config of each data set: its own, or that of its family."""
    return {member: name for name in config["images"] for member in expand(config, name)}


def _members(
    config: dict[str, Any], name: str, classes: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if classes["part"] != "levels":
        yield name, classes
        return
    benchmark = config["concepts"].get(classes["benchmark"])
    for level in range(1, (benchmark["levels"]["count"] if benchmark else 0) + 1):
        yield f"{name}_l{level}", classes | {"part": "level", "level": level}


def _source_spec(source: dict[str, Any], dataset: str) -> dict[str, Any]:
    """Return a source without the keys of the world, and with lists of paths.

    A data set of the procedural world is, once drawn, a Parquet pack like any other.
    """
    spec = {key: value for key, value in source.items() if key not in WORLD_KEYS}
    spec |= {key: list_of(source[key]) for key in PATH_KEYS}
    if SOURCES.load(source["kind"]).drawn:
        spec |= {"kind": "parquet", "path": [pack(dataset)], "id_column": "id"}
    return spec


def _places(source: dict[str, Any]) -> list[str]:
    return [path for key in PATH_KEYS for path in list_of(source[key])]


def _named_files(value: str | list[str] | None) -> list[str]:
    """Return those of `value` that are files, not the names of lists such as imagenet1k."""
    return [name for name in list_of(value) if name not in NAMED]


def _check_source(key: str, source: dict[str, Any]) -> Iterator[str]:
    kind = SOURCES.load(source["kind"])
    if not kind.drawn:
        yield from _check_places(key, source)
        yield from _check_keys(key, source)
    yield from (f"{key}{problem}" for problem in kind.problems(source))


def _check_places(key: str, source: dict[str, Any]) -> Iterator[str]:
    if not _places(source):
        yield f"{key}.path: needed for kind {source['kind']}"
    if source["path"] is not None and (source["train_path"] or source["test_path"]):
        yield f"{key}: give either path, or train_path and test_path, not both"


def _check_keys(key: str, source: dict[str, Any]) -> Iterator[str]:
    """Yield the keys that only another kind has, and layouts that this one does not have."""
    for other in SOURCES:
        for name in SOURCES.load(other).only if other != source["kind"] else ():
            if source[name] is not None:
                yield f"{key}.{name}: only for kind {other}"
    known = SOURCES.load(source["kind"]).layouts
    for name in ("layout", "test_layout") if known else ():
        if source[name] is not None and source[name] not in known:
            yield (
                f"{key}.{name}: {source[name]!r} is no layout of kind {source['kind']}; "
                f"known: {', '.join(known)}"
            )


def _check_classes(config: dict[str, Any], key: str, section: dict[str, Any]) -> Iterator[str]:
    classes = section["classes"]
    given = [name for name in ("part", "file", "wnids") if classes[name] is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        yield f"{key}: give exactly one of part, file and wnids, not {found}"
        return
    if len(canonical(classes["wnids"]).encode()) > LONGEST_LIST:
        yield (
            f"{key}.wnids: {len(classes['wnids'])} class ids are too many for the config, which "
            "becomes part of command lines; put them in a text file, one a line, named by `file`"
        )
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
    if part == "source" and not SOURCES.load(section["source"]["kind"]).names_classes:
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
    kind = section["source"]["kind"]
    if SOURCES.load(kind).drawn and maximum is None:
        yield f"{key}.max_images: needed for kind {kind}, which draws that many images a class"


def _check_names(config: dict[str, Any]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, section in config["images"].items():
        for member, _ in _members(config, name, section["classes"]):
            if member in owners or (member != name and member in config["images"]):
                yield f"images.{name}: its data set {member} exists twice; rename one"
            owners[member] = name
            if member in config["synthesis"]["clones"]:
                yield f"images.{name}: {member} is the name of a clone in synthesis too"
