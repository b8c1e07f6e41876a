"""The thesis's published figures, from `resources/paper`."""

import hashlib
import io
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError

# The first half of each file's SHA-256, with line ends of one character. A number that somebody
# mended in place would pass for the thesis's own.
DIGESTS = {
    "cog_linear_probe": "d2af9c0737056c7c1a4b20ddcc163b07",
    "cog_models": "ef5195c494d17712aeb6527f8a0f8299",
    "in1k_blurred_counts": "ddbf010eb420ef9b088041ee87a29156",
    "sd_augmentation": "fbb573f473d50aa2391379d56348310b",
    "sd_cog": "8c33e87258f6426291812f806bf734d3",
    "sd_imagenet_sets": "0000d339686ce113aec8ab38df03edc2",
    "sd_transfer": "63b30fcb14b2d488a525efcaab7b6051",
    "trex_hyper_parameters": "b33cedc0e23d88d2da8993dcf2b90379",
    "trex_imagenet_sets": "ae5dda37d5e62a5df80fc752db132acf",
    "trex_long_tail": "c1db99b54a48fb5af33dfd6ab714c556",
    "trex_projector": "995236c24c45a03e3133bab631315e75",
    "trex_transfer": "2d32951a6522117dacee8727e99e4021",
}


def read_paper(folder: str | Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Return columns of one CSV of the published figures; an empty cell is an empty text.

    Raises:
        InputError: the file is missing or was edited.
    """
    path = Path(folder, f"{name}.csv")
    try:
        # A checkout may have the line ends of its system.
        content = path.read_bytes().replace(b"\r\n", b"\n")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; it belongs to the repository") from error
    if not hashlib.sha256(content).hexdigest().startswith(DIGESTS[name]):
        raise InputError(
            f"{path}: not the thesis's published figures as they come with the repository; take "
            "the file from there again (git restore). Own figures belong into files of their own"
        )
    return pd.read_csv(io.BytesIO(content), keep_default_na=False, usecols=columns)[columns]


def models(folder: str | Path) -> pd.DataFrame:
    """Return the models of table 3.2 in its order. Columns: model, category."""
    return read_paper(folder, "cog_models", ["model", "category"])


def linear_probe(folder: str | Path) -> pd.DataFrame:
    """Return tables B.1 to B.6 in their order.

    Columns: table, model, dataset, n_shot, top1_mean, top1_std.
    """
    names = ["table", "model", "dataset", "n_shot", "top1_mean", "top1_std"]
    return read_paper(folder, "cog_linear_probe", names)[names].astype({"n_shot": str})
