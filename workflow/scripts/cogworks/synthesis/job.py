"""One shard as a job: its slots, its lock, its partial file, its handover, and its table."""

import functools
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import diffusers
import pyarrow as pa
import torch
import transformers

from cogworks.core import lock
from cogworks.core.codehash import rule_code
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet, sha256_file, write_parquet
from cogworks.core.interrupt import StopFlag
from cogworks.core.progress import track
from cogworks.core.spec import digest
from cogworks.synthesis import names, sizes
from cogworks.synthesis.draw import Artist
from cogworks.synthesis.generator import read_marker
from cogworks.synthesis.multiples import span
from cogworks.synthesis.pipeline import open_pipeline
from cogworks.synthesis.produce import Producer, Slot
from cogworks.synthesis.shard import PartialShard, read_shard
from cogworks.synthesis.specs import PartSpec

INDEX_SCHEMA = pa.schema(
    [
        ("label", pa.int32()),
        ("wnid", pa.string()),
        ("index", pa.int64()),
        ("id", pa.string()),
        ("prompt", pa.string()),
        ("scene", pa.string()),
        ("seed", pa.int64()),
        ("rejected", pa.list_(pa.string())),
        ("sha256", pa.string()),
        ("phash", pa.string()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
    ]
)


def shard_slots(
    spec: PartSpec, prompts: Path, classes: Path, *, number: int, n_shards: int
) -> list[Slot]:
    """Return the images of shard `number`, in order (class, index).

    Args:
        spec: the multiples between which the images lie.
        prompts: the table of prompts.
        classes: the table of classes with the number of images of each at multiple 1.
        number: the shard, from 0.
        n_shards: how many each whole multiple has.
    """
    table = read_parquet(classes, columns=["label", "wnid", "images"])
    owners = sizes.shard_of(table["images"].tolist(), n_shards=n_shards)
    mine = table[[owner == number % n_shards for owner in owners]]
    columns = ["label", "turn", "prompt", "scene"]
    texts: dict[int, list[tuple[str, str | None]]] = {}
    for text in read_parquet(prompts, columns=columns).sort_values("turn").itertuples():
        scene = text.scene if isinstance(text.scene, str) else None
        texts.setdefault(text.label, []).append((text.prompt, scene))
    return [
        Slot(row.label, row.wnid, image, *texts[row.label][image % len(texts[row.label])])
        for row in mine.itertuples()
        for image in span(row.images, spec.start, spec.end)
    ]


def hashes_before(tables: Iterable[Path]) -> dict[int, list[int]]:
    """Return the perceptual hashes of the images in some shards' tables by label of their class."""
    found: dict[int, list[int]] = {}
    for path in tables:
        table = read_parquet(path, columns=["label", "phash"]).dropna()
        for label, phash in zip(table["label"], table["phash"], strict=True):
            found.setdefault(label, []).append(int(phash, 16))
    return found


def _tables_before(index: Path, *, number: int, n_shards: int) -> list[Path]:
    """Return the tables of the shards that hold the same classes' images of smaller multiples."""
    before = range(number % n_shards, number, n_shards)
    return [index.with_name(Path(names.index("", earlier)).name) for earlier in before]


def draw_shard(
    *,
    spec: PartSpec,
    marker: Path,
    prompts: Path,
    classes: Path,
    number: int,
    n_shards: int,
    batch_size: int,
    device: torch.device,
    output: Path,
    index: Path,
) -> bool:
    """Draw shard `number` of a drawing; return False if a signal stopped it on the way.

    What an earlier run of the same settings, inputs, code and libraries left behind is continued.

    Args:
        spec: what its images look like, and which they are.
        marker: the generator's marker.
        prompts: the table of prompts.
        classes: the table of classes.
        number: the shard, from 0.
        n_shards: how many each whole multiple has.
        batch_size: images between two looks at the stop signal; whole batches are drawn, so it is
            rounded up to a multiple of padded_batch.
        device: where to draw.
        output: the tar file to write.
        index: the table of its samples to write.

    Raises:
        InputError: bad inputs, another process at the same shard, or no space left.
    """
    place = {"number": number, "n_shards": n_shards}
    slots = shard_slots(spec, prompts, classes, **place)
    compared = spec.duplicate_distance is not None
    before = _tables_before(index, **place) if compared else []
    inputs = [sha256_file(path) for path in (marker, prompts, classes, *before)]
    identity = digest([spec.text, inputs, number, n_shards, str(device), _software()])

    @functools.cache
    def artist() -> Artist:  # not loaded where nothing is left to draw
        return Artist(open_pipeline(read_marker(marker), spec, device), spec)

    locked = output.with_name(f".{output.stem}.lock")
    with lock.hold(locked, what="this shard"), StopFlag() as flag:
        partial = _partial(output, identity)
        with PartialShard(partial, kind=spec.format) as shard:
            earlier = hashes_before(before)
            producer = Producer(slots, lambda orders: artist().draw(orders), spec, shard, earlier)
            _report(output, producer.done, len(slots))
            whole = sizes.whole_batches(batch_size, spec.padded_batch)
            rounds = producer.rounds(round_size=whole, stopped=lambda: flag.stop)
            try:
                _watch(rounds, output, producer.done, len(slots))
                finished = producer.done == len(slots)
                if finished:
                    shard.seal()
                    write_index(partial, index)
                    os.replace(partial, output)
            except OSError as error:
                raise InputError(
                    f"{output}: cannot be written ({error}); {producer.done} of {len(slots)} "
                    "images are kept: make room and run again"
                ) from error
        _report(output, producer.done, len(slots))
    return finished


def _watch(rounds: Iterator[int], output: Path, done: int, total: int) -> None:
    """Draw all rounds and show how far they are; each gives the images that it committed."""
    for _ in track(rounds, label=output.name, total=total, unit="images", count=int, done=done):
        pass


def write_index(shard: Path, path: Path) -> None:
    """Write the table of a sealed shard: the fields of `Record`, offset and size of each image.

    The file's metadata holds the size and the SHA-256 of the shard.
    """
    rows = [
        asdict(record) | {"id": record.key, "offset": offset, "size": size}
        for record, offset, size, _ in read_shard(shard)
    ]
    table = pa.Table.from_pylist(rows, schema=INDEX_SCHEMA)
    facts = {"size": shard.stat().st_size, "sha256": sha256_file(shard)}
    write_parquet(table, path, metadata=facts)


def _partial(output: Path, identity: str) -> Path:
    """Return the partial file of this identity; those of others are of no use any more."""
    partial = output.with_name(f".{output.stem}.{identity[:16]}.partial")
    for other in output.parent.glob(f".{output.stem}.*.partial"):
        if other != partial:
            other.unlink()
    return partial


def _software() -> list[str]:
    versions = [torch.__version__, diffusers.__version__, transformers.__version__]
    return [*versions, rule_code("generate_shard")]


def _report(output: Path, done: int, total: int) -> None:
    print(f"{output}: {done} of {total} images", file=sys.stderr, flush=True)
