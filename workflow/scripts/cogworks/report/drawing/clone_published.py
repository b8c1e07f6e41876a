"""The thesis's numbers of tables 5.1 to 5.4, by row (see `clone_rows.row_name`)."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from cogworks.report.clone_rows import AUGMENTATIONS, MULTI_CROP, RANDOM, quoted, row_name
from cogworks.report.drawing.published import read_paper
from cogworks.report.reference import DATASETS

Key = TypeVar("Key")
# Numbers by the name of a row, and by column.
Rows = Mapping[str, Mapping[Key, float]]

# Prompts as the files have them.
_PROMPTS = {"c": "c", "c,hc": "c, h", "c,dc": "c, d", "c,hc_inside_b": "c, h inside b"}
# A clone's prompt, size and guidance scale as tables 5.3 and 5.4 have them.
_CLONE = re.compile(r"(?P<prompt>\S+?)( (?P<size>\d+)x)?[ _]gs(?P<scale>[\d.]+)")


def augmentations(folder: str | Path) -> dict[str, float]:
    """Return top-1 on IN-100 by training set and augmentation (table 5.1)."""
    keys = ["training_set", "augmentation", "in100_val_top1"]
    found = {}
    for data, text, value in read_paper(folder, "sd_augmentation", keys).itertuples(index=False):
        recipe, _, crops = text.partition("_")
        name = AUGMENTATIONS[recipe] + MULTI_CROP * bool(crops)
        found[row_name(_data(data), name)] = float(value)
    return found


def test_sets(folder: str | Path) -> Rows[tuple[str, str]]:
    """Return the numbers of table 5.2 by row, and by test set and metric."""
    keys = ["classes", "source", "size_multiple", "guidance_scale", "prompt", "model"]
    rows = read_paper(folder, "sd_imagenet_sets", [*keys, "test_set", "metric", "value"])
    return _by_row(
        (
            row_name(_data(f"{classes}_{source}"), model)
            if source == "real"
            else _clone(f"{classes}_{source}", prompt, scale, size),
            (test_set, metric),
            float(value),
        )
        for classes, source, size, scale, prompt, model, test_set, metric, value in rows.itertuples(
            index=False
        )
    )


def top1(folder: str | Path, file: str) -> Rows[str]:
    """Return the numbers of table 5.3 or 5.4 by row and data set."""
    rows = read_paper(folder, file, ["training_set", "model", "dataset", "value"])
    return _by_row(
        (_linear(data, model), dataset, float(value))
        for data, model, dataset, value in rows.itertuples(index=False)
    )


def _linear(data: str, model: str) -> str:
    clone = _CLONE.fullmatch(model)
    if clone is not None:
        return _clone(data, clone["prompt"], clone["scale"], clone["size"] or "1")
    return RANDOM if data == "-" else row_name(_data(data), model)


def _clone(data: str, prompt: str, scale: str, size: str) -> str:
    return row_name(_data(data), quoted(_PROMPTS[prompt]), float(scale), float(size))


def _data(text: str) -> str:
    """Return what the tables call the training set `in100_sd` of the files."""
    classes, _, source = text.partition("_")
    return DATASETS[classes][0] + "-SD" * (source == "sd")


def _by_row(numbers: Iterable[tuple[str, Key, float]]) -> dict[str, dict[Key, float]]:
    found: dict[str, dict[Key, float]] = {}
    for row, key, value in numbers:
        found.setdefault(row, {})[key] = value
    return found
