"""The 31 published models and their architectures (thesis, tables 3.2 and 3.3)."""

from typing import Any

import pandas as pd

from cogworks.report.drawing.published import read_paper
from cogworks.report.reference import CATEGORIES
from cogworks.report.specs import ModelsSpec
from cogworks.report.table import GROUP, OWN, Column, Table, text_column

# What the heading of a category says of its models.
KINDS = {
    "reference": "ResNet50",
    "architecture": "other backbones",
    "self-supervision": "ResNet50 trained without labels",
    "regularization": "ResNet50 with additional regularization",
    "web-data": "ResNet50 with additional data",
}
# The categories whose models are told apart by their size too.
SIZED = ("reference", "architecture")
RESNET50 = "resnet50"
# The models of table 3.3, in its order, below those with a ResNet50.
WITH_OWN_BACKBONE = (
    "a-T2T-ViT-t-14",
    "a-DeiT-S",
    "a-DeiT-B-distilled",
    "a-NAT-M4",
    "a-EfficientNet-B1",
    "a-EfficientNet-B4",
    "a-VGG19",
)


def model_table(spec: ModelsSpec) -> Table:
    """Return the models by category, with a note on each; those of this run are marked."""
    models = _read(spec)
    frame = pd.DataFrame(
        {
            GROUP: models["category"].map(lambda name: f"{CATEGORIES[name]}: {KINDS[name]}"),
            "model": models["model"],
            "notes": [_note(row) for _, row in models.iterrows()],
            "here": models["model"].map(lambda name: spec.evaluated.get(name, "")),
            OWN: models["model"].isin(spec.evaluated),
        }
    )
    here = [text_column("here", "in this run")] if spec.evaluated else []
    return Table(
        title="Models evaluated on ImageNet-CoG",
        columns=[text_column("model", "model"), text_column("notes", "notes"), *here],
        frame=frame,
        note="In brackets: millions of parameters, or how much more data than IN-1K has.",
    )


def architecture_table(spec: ModelsSpec) -> Table:
    """Return the dimension of the features of each architecture."""
    models = _read(spec)
    dims = models.set_index("model")["feature_dim"]
    backbone = models[models["architecture"] == RESNET50]
    rows = {"all models with a ResNet50 backbone": backbone["feature_dim"].iloc[0]}
    rows |= {name: dims[name] for name in WITH_OWN_BACKBONE}
    left = dims.drop([*backbone["model"], *WITH_OWN_BACKBONE])
    frame = pd.DataFrame({"model": list(rows), "dim": [float(dim) for dim in rows.values()]})
    others = ", ".join(f"{name} ({dim})" for name, dim in left.items())
    return Table(
        title="Dimension of the features by architecture",
        columns=[
            text_column("model", "model"),
            Column("dim", "feature dim.", digits=0, best=None),
        ],
        frame=frame.assign(**{OWN: frame["model"].isin(spec.evaluated)}),
        note=f"Not in the thesis's table: {others}.",
    )


def _read(spec: ModelsSpec) -> pd.DataFrame:
    names = ["model", "category", "architecture", "feature_dim", "notes", "params_millions"]
    return read_paper(spec.paper.folder, "cog_models", names)[names]


def _note(row: Any) -> str:
    text = row["notes"][0].upper() + row["notes"][1:]
    return f"{text} ({row['params_millions']:g}M)" if row["category"] in SIZED else text
