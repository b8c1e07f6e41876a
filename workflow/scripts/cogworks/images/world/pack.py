"""Drawing a data set of the procedural world into a Parquet pack."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from cogworks.core.device import limit_blas
from cogworks.core.files import parquet_writer
from cogworks.core.parallel import map_ordered
from cogworks.core.seeds import derive_seed
from cogworks.images.specs import WorldSpec
from cogworks.images.world.canvas import Canvas
from cogworks.images.world.hierarchy import Hierarchy
from cogworks.images.world.looks import Look, look_of

SCHEMA = pa.schema([("id", pa.string()), ("wnid", pa.string()), ("image", pa.binary())])


def write_pack(
    spec: WorldSpec, wnids: Sequence[str], path: Path, *, hierarchy: Hierarchy, workers: int
) -> None:
    """Draw `spec.images` images of each synset into a pack: columns id, wnid, image.

    One row group a synset, not compressed, since the images are. The bytes depend on `spec` and
    `wnids` alone.

    Args:
        spec: how to draw.
        wnids: the synsets, in the order of the pack.
        path: the file to write.
        hierarchy: the tree on which the looks evolve.
        workers: processes.

    Raises:
        InputError: a class is not a synset; the procedural world cannot draw it.
    """
    hierarchy.wordnet.require(wnids, what="classes of a data set of the procedural world")
    looks = [
        (wnid, look_of(wnid, hierarchy, seed=spec.world_seed, distinctness=spec.distinctness))
        for wnid in wnids
    ]
    draw = partial(_draw_concept, spec=spec)
    drawn = map_ordered(draw, looks, workers=workers, label="drawing", unit="concepts")
    # The spec in the footer makes a pack drawn in another way differ in its digest at once.
    drawing = spec.model_dump(exclude={"wordnet"})
    with parquet_writer(path, SCHEMA, compression="none", use_dictionary=False) as pack:
        for wnid, images in zip(wnids, drawn, strict=True):
            ids = [f"{wnid}/{index:05d}" for index in range(len(images))]
            pack.add(pa.table([ids, [wnid] * len(images), images], schema=SCHEMA))
        pack.describe({"world": drawing})


def draw_images(look: Look, wnid: str, count: int, canvas: Canvas, *, seed: int) -> np.ndarray:
    """Return the first images of a synset, uint8 (count, S, S, 3).

    Image i is a function of i and of the other arguments alone: it is always drawn as the same
    member of the same batch, whatever `count` is.
    """
    batches = []
    for start in range(0, count, canvas.batch):
        rngs = [
            np.random.default_rng(derive_seed("world", seed, "image", wnid, index))
            for index in range(start, start + canvas.batch)
        ]
        batches.append(canvas.draw(look.instances(rngs), rngs))
    return np.concatenate(batches)[:count]


def _draw_concept(concept: tuple[str, Look], *, spec: WorldSpec) -> list[bytes]:
    wnid, look = concept
    canvas = Canvas(spec.size, nuisance=spec.nuisance)
    # Its products are small. Each worker would start as many threads as there are workers, and
    # these would wait for each other.
    with limit_blas(1):
        images = draw_images(look, wnid, spec.images, canvas, seed=spec.world_seed)
    return [_encode(image, spec.format) for image in images]


def _encode(pixels: np.ndarray, kind: str) -> bytes:
    options: dict[str, Any] = {"png": {"compress_level": 1}, "jpeg": {"quality": 92}}[kind]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind, **options)
    return buffer.getvalue()
