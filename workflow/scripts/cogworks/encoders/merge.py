"""From the shards of a feature file to the file, as one job would have written it."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.encoders.partial import write_header
from cogworks.encoders.store import CHANGING, Features, read_features, read_rows, write_index

OWN = ("start", "stop", "dropped", "sha256")
COPY_BYTES = 2**26


def merge(parts: list[tuple[Path, Path]], *, npy: Path, index: Path) -> None:
    """Join shards (array and index each), given in any order.

    Raises:
        InputError: a damaged shard, shards of different encoders or manifests, or a gap.
    """
    shards = [read_features(array, table) for array, table in parts]
    # A shard may be empty, where there are more shards than chunks: it goes before its neighbour.
    order = sorted(range(len(shards)), key=lambda i: _span(shards[i]))
    shards = [shards[i] for i in order]
    _check(shards, [str(parts[i][0]) for i in order])
    common = {key: value for key, value in shards[0].metadata.items() if key not in OWN}
    metadata = common | {
        "start": 0,
        "stop": common["images"],
        "dropped": [name for shard in shards for name in shard.metadata["dropped"]],
        "sha256": _write(shards, npy),
    }
    write_index(_table(shards), index, metadata=metadata)


def _span(shard: Features) -> tuple[int, int]:
    return shard.metadata["start"], shard.metadata["stop"]


def _check(shards: list[Features], names: list[str]) -> None:
    first, row = shards[0].metadata, 0
    for shard, name in zip(shards, names, strict=True):
        for key in first:
            if key not in OWN and shard.metadata[key] != first[key]:
                raise InputError(
                    f"{name}: its {key} is not that of {names[0]}; delete the folder of both and "
                    f"run again.{CHANGING if key == 'version' else ''}"
                )
        start, stop = _span(shard)
        if start != row:
            raise InputError(
                f"{name}: begins at image {start}, expected {row}; "
                "a shard is missing or was made with another batch size"
            )
        row = stop
    if row != first["images"]:
        raise InputError(f"{names[-1]}: ends at image {row} of {first['images']}")


def _write(shards: list[Features], npy: Path) -> str:
    """Write the joined array; return the SHA-256 of the file."""
    digest = hashlib.sha256()
    dim, dtype = shards[0].x.shape[1], shards[0].x.dtype
    step = max(1, COPY_BYTES // (dim * dtype.itemsize))
    with atomic(npy) as partial:
        with open(partial, "wb") as handle:
            write_header(handle, sum(len(shard.x) for shard in shards), dim, dtype)
        digest.update(partial.read_bytes())
        with open(partial, "ab") as handle:
            for shard in shards:
                for first in range(0, len(shard.x), step):
                    data = read_rows(shard.x, first, first + step).tobytes()
                    handle.write(data)
                    digest.update(data)
    return digest.hexdigest()


def _table(shards: list[Features]) -> pa.Table:
    ids = np.concatenate([shard.ids for shard in shards])
    labels = np.concatenate([shard.labels for shard in shards])
    wnids = np.asarray(shards[0].classes, dtype=object)[labels]
    return pa.table({"id": ids, "label": labels, "wnid": wnids})
