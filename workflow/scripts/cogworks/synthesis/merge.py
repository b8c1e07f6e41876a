"""From shards to a data set: one manifest, one table of what went wrong."""

from pathlib import Path

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, write_parquet
from cogworks.images.manifest import write_manifest
from cogworks.synthesis import names
from cogworks.synthesis.multiples import scaled, steps_of
from cogworks.synthesis.reasons import REASONS
from cogworks.synthesis.specs import MergeSpec


def merge(
    spec: MergeSpec,
    *,
    n_shards: int,
    classes: Path,
    manifest: Path,
    quality: Path,
) -> pd.DataFrame:
    """Write the manifest and the quality table of a clone; return the latter.

    Args:
        spec: the clone, whose shards hold its images, and whether it may have fewer than were
            asked for.
        n_shards: how many shards each whole multiple has.
        classes: the clone's table of classes.
        manifest: where to write the manifest.
        quality: where to write the table of `count_quality`.

    Raises:
        InputError: a tar file that its table does not describe, images that no shard has, a class
            without any image, or a shortfall that is not accepted.
    """
    wanted = read_parquet(classes, columns=["label", "wnid", "images"])
    wanted["images"] = [scaled(count, spec.multiple) for count in wanted["images"]]
    numbers = range(steps_of(spec.multiple) * n_shards)
    samples = pd.concat([_read_index(spec.drawing, n) for n in numbers], ignore_index=True)
    # A larger clone may share the shards.
    most = wanted.set_index("label")["images"]
    samples = samples[samples["index"] < samples["label"].map(most)]
    table = count_quality(samples, wanted)
    _check_counts(spec, table)
    kept = samples[samples["sha256"].notna()]
    frame = pd.DataFrame(
        {
            "id": kept["id"],
            "path": kept["path"],
            "container": "tar",
            "locator": kept["offset"],
            "size": kept["size"],
            "wnid": kept["wnid"],
        }
    )
    write_parquet(table, quality)
    wnids = wanted["wnid"].tolist()
    write_manifest(frame, manifest, dataset=spec.name, split="train", classes=wnids)
    return table


def count_quality(samples: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per class: how many images were asked for, drawn and kept, and what was wrong.

    Columns: label, wnid, requested, images (kept), drawn (attempts), one for each of `REASONS`
    (attempts rejected for it), given_up (images without an accepted attempt).
    """
    groups = dict(iter(samples.groupby("label")))
    rows = []
    for label, wnid, requested in zip(
        classes["label"], classes["wnid"], classes["images"], strict=True
    ):
        group = groups.get(label, samples.iloc[:0])
        kept = int(group["sha256"].notna().sum())
        rejected = np.concatenate([[], *group["rejected"]]).tolist()
        rows.append(
            {"label": label, "wnid": wnid, "requested": requested, "images": kept}
            | {"drawn": kept + len(rejected)}
            | {reason: rejected.count(reason) for reason in REASONS}
            | {"given_up": len(group) - kept}
        )
    return pd.DataFrame(rows)


def _read_index(name: str, number: int) -> pd.DataFrame:
    shard, index = Path(names.shard(name, number)), Path(names.index(name, number))
    frame = read_parquet(index)
    described = read_metadata(index).get("size")
    found = shard.stat().st_size if shard.is_file() else "no"
    if found != described:
        raise InputError(
            f"{shard}: {found} bytes, but {index} describes {described}; delete both and let the "
            "workflow draw the shard again"
        )
    return frame.assign(path=str(shard))


def _check_counts(spec: MergeSpec, table: pd.DataFrame) -> None:
    name = spec.name
    missing = table["requested"] - table["images"] - table["given_up"]
    if missing.any():
        raise InputError(
            f"{name}: the shards lack {missing.sum()} images of {_names(table, missing != 0)}; "
            "were they drawn for other classes? Delete them and let the workflow draw them again"
        )
    if (table["images"] == 0).any():
        raise InputError(
            f"{name}: no acceptable image of {_names(table, table['images'] == 0)} in any "
            f"attempt; see the columns {', '.join(REASONS)} of the quality table, and change the "
            "prompt, the guidance or max_attempts"
        )
    short = table["given_up"] > 0
    if spec.shortfall == "error" and short.any():
        raise InputError(
            f"{name}: {table['given_up'].sum()} images were given up, of {_names(table, short)}; "
            "raise max_attempts, or set shortfall to drop"
        )


def _names(table: pd.DataFrame, chosen: pd.Series) -> str:
    wnids = table.loc[chosen, "wnid"].tolist()
    rest = f" and {len(wnids) - 5} more classes" if len(wnids) > 5 else ""
    return ", ".join(wnids[:5]) + rest
