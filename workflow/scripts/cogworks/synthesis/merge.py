"""From shards to a data set: one manifest, one table of what went wrong.

The rows stream: at no time are more of them held than a row group of the manifest and a batch of
each shard that has images of the class at hand. A clone of 50 times ImageNet has 64 million.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cogworks.core.errors import InputError
from cogworks.core.files import read_batches, read_metadata, read_parquet, write_parquet
from cogworks.core.progress import track
from cogworks.images.manifest import SCHEMA, manifest_writer
from cogworks.synthesis import names
from cogworks.synthesis.multiples import scaled, steps_of
from cogworks.synthesis.reasons import REASONS
from cogworks.synthesis.sizes import shard_of
from cogworks.synthesis.specs import MergeSpec

# Rows of each shard that are held: a clone of 50 times ImageNet has 50 shards with a class.
BATCH = 2**12
COLUMNS = ("label", "index", "id", "rejected", "sha256", "offset", "size")


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
        quality: where to write the table of `Tally.table`.

    Raises:
        InputError: a tar file that its table does not describe, images that no shard has, a class
            without any image, or a shortfall that is not accepted.
    """
    table = read_parquet(classes, columns=["wnid", "images"])
    wnids, counts = table["wnid"].tolist(), table["images"].tolist()
    tally = Tally(wnids, [scaled(count, spec.multiple) for count in counts])
    steps = steps_of(spec.multiple)
    with manifest_writer(manifest, dataset=spec.name, split="train", classes=wnids) as writer:
        samples = _samples(spec.drawing, shard_of(counts, n_shards=n_shards), n_shards, steps)
        total = sum(tally.requested)
        for label, path, batch in track(
            samples, label=spec.name, total=total, unit="images", count=lambda found: len(found[2])
        ):
            # A larger clone may share the shard.
            batch = batch.filter(pc.less(batch["index"], tally.requested[label]))
            tally.add(label, batch)
            writer.add(_manifest_rows(batch, path, label, wnids[label]))
        found = tally.table()
        _check_counts(spec, found)
    write_parquet(found, quality)
    return found


class Tally:
    """Counts, class by class, of what was asked for, drawn and kept, and of what was wrong."""

    def __init__(self, wnids: Sequence[str], requested: Sequence[int]) -> None:
        """Take the classes, and how many images of each were asked for."""
        self.requested = requested
        self._wnids = wnids
        self._samples, self._kept = ([0] * len(wnids) for _ in range(2))
        self._rejected = [Counter[str]() for _ in wnids]

    def add(self, label: int, batch: pa.RecordBatch) -> None:
        """Count samples of a class (columns rejected and sha256)."""
        self._samples[label] += len(batch)
        self._kept[label] += len(batch) - batch["sha256"].null_count
        self._rejected[label].update(pc.list_flatten(batch["rejected"]).to_pylist())

    def table(self) -> pd.DataFrame:
        """Return one row per class.

        Columns: label, wnid, requested, images (kept), drawn (attempts), one for each of `REASONS`
        (attempts rejected for it), given_up (images without an accepted attempt).
        """
        return pd.DataFrame(
            {"label": label, "wnid": wnid, "requested": requested, "images": kept}
            | {"drawn": kept + rejected.total()}
            | {reason: rejected[reason] for reason in REASONS}
            | {"given_up": samples - kept}
            for label, (wnid, requested, kept, rejected, samples) in enumerate(
                zip(
                    self._wnids,
                    self.requested,
                    self._kept,
                    self._rejected,
                    self._samples,
                    strict=True,
                )
            )
        )


def _samples(
    drawing: str, owners: Sequence[int], n_shards: int, steps: int
) -> Iterator[tuple[int, str, pa.RecordBatch]]:
    """Yield the samples of shards in order (label, index): label, tar file, and `COLUMNS`.

    Args:
        drawing: whose shards they are.
        owners: the shard of each class, see `shard_of`.
        n_shards: how many shards each whole multiple has.
        steps: how many whole multiples.
    """
    for owner, labels in itertools.groupby(range(len(owners)), key=owners.__getitem__):
        shards = [_Shard(drawing, step * n_shards + owner) for step in range(steps)]
        for label in labels:
            for shard in shards:
                for batch in shard.take(label):
                    yield label, shard.path, batch


class _Shard:
    """The table of a shard, whose rows are taken class by class."""

    def __init__(self, drawing: str, number: int) -> None:
        self.path = names.shard(drawing, number)
        index = Path(names.index(drawing, number))
        _check_described(Path(self.path), index)
        self._batches = read_batches(index, columns=COLUMNS, rows=BATCH)
        self._rest: pa.RecordBatch | None = None

    def take(self, label: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows up to the end of this class."""
        while (rows := self._rest or next(self._batches, None)) is not None:
            count = int(np.searchsorted(rows["label"].to_numpy(), label, side="right"))
            if count:
                yield rows.slice(0, count)
            self._rest = rows.slice(count) if count < len(rows) else None
            if self._rest is not None:
                return


def _check_described(shard: Path, index: Path) -> None:
    described = read_metadata(index).get("size")
    found = shard.stat().st_size if shard.is_file() else "no"
    if found != described:
        raise InputError(
            f"{shard}: {found} bytes, but {index} describes {described}; delete both and let the "
            "workflow draw the shard again"
        )


def _manifest_rows(batch: pa.RecordBatch, path: str, label: int, wnid: str) -> pa.Table:
    """Return samples of one class in one tar file as rows of a manifest."""
    kept = batch.filter(pc.is_valid(batch["sha256"]))
    columns = {
        "id": kept["id"],
        "path": pa.repeat(path, len(kept)),
        "container": pa.repeat("tar", len(kept)),
        "locator": kept["offset"],
        "size": kept["size"],
        "label": pa.repeat(pa.scalar(label, pa.int32()), len(kept)),
        "wnid": pa.repeat(wnid, len(kept)),
    }
    return pa.table(columns, schema=SCHEMA)


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
