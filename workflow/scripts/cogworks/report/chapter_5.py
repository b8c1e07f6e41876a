"""Which clones and runs are those of chapter 5, by their settings (thesis, section 5.5).

Which row of a table a clone is, its prompt, guidance scale, steps and size tell (`clone_rows`). The
settings here are those that all of them share. What the thesis does not give does not count: seeds,
how images are stored, and which of them are drawn again. Nor does how something is computed.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cogworks.config import training as config
from cogworks.core.fingerprint import fingerprint
from cogworks.core.place import ROOT
from cogworks.plan.clones import Clone
from cogworks.plan.runs import Run
from cogworks.report.comparable import clause, differing

# What the folder of the generator, or its id on the hub, ends in. The weights of one release are
# not told from another's by their architecture.
GENERATOR = "stable-diffusion-v1-4"
_CLONE: Mapping[str, object] = {
    "images_per_class": None,
    "negative_prompt": "",
    "width": 512,
    "height": 384,
    "safety_checker": False,
}
SCHEDULER = "pndm"
# Multi-crop and a classifier without a projector, on ResNet50 (section 5.5).
RECIPE, SCALE = "base_mc", "imagenet"
# The two augmentations of table 5.1. Of PyTorch's the thesis gives no numbers: these are its own
# defaults.
DINO, PYTORCH = "dino", "pytorch"
_AUGMENTATIONS = {
    DINO: config.Augmentation(),
    PYTORCH: config.Augmentation(recipe=PYTORCH, local_crops=0, global_scale=[0.08, 1.0]),
}
_IGNORED = {"seed", "precision", "channels_last", "compile", "augmentation.implementation"}


def of_clone(clone: Clone) -> Iterator[str]:
    """Yield the settings by which a clone is drawn otherwise than the thesis's.

    Each is a clause as of `comparable.of_scores`.
    """
    section, key = clone.section, f"synthesis.clones.{clone.name}"
    generator = f"synthesis.generators.{section.generator}"
    path = clone.plan.config.synthesis.generators[section.generator].path
    if path is None or not any(part.endswith(GENERATOR) for part in Path(path).parts):
        yield clause(f"{generator}.path", path, GENERATOR)
    yield from differing(key, section, _CLONE)
    if section.scheduler not in (None, SCHEDULER):
        yield clause(f"{key}.scheduler", section.scheduler, SCHEDULER)
    scenes = clone.prompt_spec.scenes
    if scenes is not None and fingerprint(scenes) != fingerprint(ROOT / "resources" / "scenes.txt"):
        yield clause(f"{key}.scenes", scenes, "the 365 of Places")


def is_plain(run: Run) -> bool:
    """Say whether a run has PyTorch's augmentation of table 5.1: one crop, and flips."""
    crops = run.numbers.augmentation
    return crops.recipe == PYTORCH and not crops.local_crops


def of_run(run: Run, augmentation: str = DINO) -> Iterator[str]:
    """Yield the settings by which a run is trained otherwise than the thesis's.

    Clauses as for `of_clone`.

    Args:
        run: the run.
        augmentation: which of the two of table 5.1 it should have.
    """
    section, key = run.section, f"training.{run.declared}"
    if section.scale != SCALE:  # All its numbers follow.
        yield clause(f"{key}.scale", section.scale, SCALE)
        return
    theirs = config.Run(
        dataset=section.dataset,
        recipe=RECIPE,
        scale=SCALE,
        augmentation=_AUGMENTATIONS[augmentation],
    )
    yield from _unequal(key, run.effective, replace(run, section=theirs).effective)


def _unequal(key: str, own: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*theirs, *own]):
        if name not in _IGNORED and own.get(name) != theirs.get(name):
            yield clause(f"{key}.{name}", own.get(name), theirs.get(name))
