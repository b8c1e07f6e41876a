"""From a source of images to the names in its manifests, as the workflow makes them."""

from pathlib import Path
from typing import Any

from cogworks.config.parse import parse
from cogworks.images.build import build_manifests
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.plan.plan import Plan

WNIDS = ["n01440764", "n01443537"]


def manifests(folder: Path, source: dict[str, Any], **keys: Any) -> list[Manifest]:
    """Build and return the manifests of the splits of a data set `mine` with two classes."""
    section = {"source": source, "classes": {"wnids": WNIDS}, "test_images": 1} | keys
    found = Plan(parse({"images": {"mine": section}})).datasets["mine"]
    outputs = {split: folder / f"{split}.parquet" for split in ("train", "val", "test")}
    verify = found.section.verify
    build_manifests(found.manifest_spec, WNIDS, outputs, threads=1, verify=verify)
    return [read_manifest(path) for path in outputs.values()]


def names_in_manifests(folder: Path, source: dict[str, Any], **keys: Any) -> list[str]:
    """Return the file names of the images in these manifests, sorted."""
    found = manifests(folder, source, **keys)
    return sorted(name.split("/")[-1] for one in found for name in one.frame["id"])
