"""What the concepts section of the config stands for: files, slices for the rules, and its errors.

Imported while the DAG is planned: standard library only.
"""

from pathlib import Path
from typing import Any

from cogworks.concepts.counts import TABLE_SUFFIXES
from cogworks.concepts.similarities import SIMILARITIES
from cogworks.concepts.wnid_lists import NAMED
from cogworks.concepts.wordnet import DATA, find_wordnet
from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of
from cogworks.core.needs import is_missing

TABLES = ("eligible", "seen", "ranking", "levels")
SUMMARIES = ("filters", "level_summary")

Config = dict[str, Any]


def targets(config: Config, benchmark: str) -> list[str]:
    """Return all files that the room makes for a benchmark."""
    tables = [paths.concepts(benchmark, table) for table in TABLES]
    return tables + [summary(benchmark, name) for name in SUMMARIES]


def summary(benchmark: str, name: str) -> str:
    """Return the path of a CSV of the room: `filters`, `level_summary` or `image_counts`."""
    return f"results/concepts/{benchmark}/{name}.csv"


def scan_spec(config: Config, benchmark: str) -> Config:
    """Return the slice for counting the images of a benchmark."""
    return {
        "benchmark": benchmark,
        "sources": list_of(config["concepts"][benchmark]["image_counts"]),
    }


def scan_inputs(config: Config, benchmark: str) -> list[str]:
    """Return the tables and packs in which images are counted; folders are not tracked."""
    return [path for path in scan_spec(config, benchmark)["sources"] if _is_table(path)]


def select_inputs(config: Config, benchmark: str) -> list[str]:
    """Return the files that the selection of concepts reads."""
    section = config["concepts"][benchmark]
    lists = [section[key] for key in ("pool", "seen", "discard")]
    files = [path for path in lists if path is not None and path not in NAMED]
    files += [path for path in (_counts(section, benchmark), _members(section)) if path]
    return list(dict.fromkeys(files)) + wordnet_inputs(section["wordnet"])


def select_spec(config: Config, benchmark: str) -> Config:
    """Return the slice for the selection; the seed is in it where something is drawn."""
    section = config["concepts"][benchmark]
    keys = [
        "wordnet",
        "pool",
        "seen",
        "seen_limit",
        "min_images",
        "discard",
        "drop_seen_ancestors",
        "exclude_subtrees",
        "leaves_only",
    ]
    if section["seen_limit"] is not None:
        keys.append("seed")
    files = {"image_counts": _counts(section, benchmark), "members": _members(section)}
    return {"benchmark": benchmark} | {key: section[key] for key in keys} | files


def rank_inputs(config: Config, benchmark: str) -> list[str]:
    """Return the files that the ranking reads, besides the tables of the selection."""
    section = config["concepts"][benchmark]
    files = SIMILARITIES.load(section["similarity"]).files(section)
    return files + wordnet_inputs(section["wordnet"])


def similarity_module(config: Config, benchmark: str) -> str:
    """Return the module of a benchmark's similarity, on whose code its ranking depends."""
    return SIMILARITIES.module(config["concepts"][benchmark]["similarity"])


def rank_spec(config: Config, benchmark: str) -> Config:
    """Return the slice for the ranking: only the keys that its similarity and tie rule use."""
    section = config["concepts"][benchmark]
    similarity = SIMILARITIES.load(section["similarity"])
    keys = ["wordnet", "similarity", "ties", *similarity.keys]
    if section["ties"] == "random":
        keys.append("seed")
    return {"benchmark": benchmark} | {key: section[key] for key in keys}


def level_spec(config: Config, benchmark: str) -> Config:
    """Return the slice for splitting the ranking into levels."""
    return {"benchmark": benchmark} | config["concepts"][benchmark]["levels"]


def wordnet_inputs(folder: str | None) -> list[str]:
    """Return the database file of a named folder. WordNet 3.0 found by itself never changes."""
    if folder is None:
        return []
    source = find_wordnet(folder)
    return [str(source if source.suffix == ".zip" else source / DATA)]


def missing_paths(config: Config, benchmark: str | None = None) -> list[str]:
    """Return a line for each path of the section that does not exist.

    Args:
        config: the checked config.
        benchmark: the benchmark to look at; all by default.
    """
    lines = []
    for name in config["concepts"] if benchmark is None else [benchmark]:
        section = config["concepts"][name]
        given = {key: list_of(section[key]) for key in ("wordnet", "image_counts", "discard")}
        given |= {key: [section[key]] for key in ("pool", "seen") if section[key] not in NAMED}
        given["word_vectors.file"] = list_of(section["word_vectors"]["file"])
        for key, values in given.items():
            for value in values:
                if is_missing(value):
                    lines.append(f"concepts.{name}.{key}: {value} does not exist")
    return lines


def check(config: Config) -> list[str]:
    """Return the errors of the concepts section that a schema cannot see."""
    problems: list[str] = []
    for name, section in config["concepts"].items():
        key = f"concepts.{name}"
        problems += _check_counts(key, section)
        problems += _check_members(key, name, config["concepts"])
        problems += _check_wordnet(key, section["wordnet"])
        similarity = SIMILARITIES.load(section["similarity"])
        problems += [f"{key}.{problem}" for problem in similarity.problems(section)]
    return problems


def _counts(section: Config, benchmark: str) -> str | None:
    given = list_of(section["image_counts"])
    if not given:
        return None
    if len(given) == 1 and given[0].lower().endswith(TABLE_SUFFIXES):
        return given[0]
    return summary(benchmark, "image_counts")


def _is_table(path: str) -> bool:
    return path.lower().endswith((*TABLE_SUFFIXES, ".parquet")) and not Path(path).is_dir()


def _members(section: Config) -> str | None:
    other = section["members_of"]
    return None if other is None else paths.concepts(other, "levels")


def _check_counts(key: str, section: Config) -> list[str]:
    if section["min_images"] is not None and section["image_counts"] is None:
        return [
            f"{key}.min_images: {section['min_images']} needs image_counts, a table "
            "(wnid,images; .csv) or a folder to count in; or set min_images to null"
        ]
    return []


def _check_members(key: str, name: str, sections: Config) -> list[str]:
    visited = [name]
    other = sections[name]["members_of"]
    while other is not None:
        if other not in sections:
            known = ", ".join(sections)
            return [f"{key}.members_of: {other!r} is no benchmark; known: {known}"]
        if other in visited:
            return [f"{key}.members_of: {' -> '.join([*visited, other])} goes round in a circle"]
        visited.append(other)
        other = sections[other]["members_of"]
    return []


def _check_wordnet(key: str, folder: str | None) -> list[str]:
    try:
        wordnet_inputs(folder)
    except InputError as error:
        return [f"{key}.wordnet: {error}"]
    return []
