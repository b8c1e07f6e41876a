"""What a tiny generator learns from: the images of a manifest, and prompts for its classes."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.progress import track
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.reader import ImageReader, decode_images
from cogworks.synthesis.prompts import ClassText, class_texts, prompt, require_texts
from cogworks.synthesis.scenes import read_scenes
from cogworks.synthesis.specs import TrainedSpec
from cogworks.synthesis.template import has_scene
from cogworks.synthesis.tiny.train import Lessons


def read_lessons(spec: TrainedSpec, manifest: Path) -> Lessons:
    """Read all images of a manifest, and make the prompts of its classes.

    Args:
        spec: the generator.
        manifest: the training manifest.

    Raises:
        InputError: bad inputs, see the functions that read them.
    """
    data = read_manifest(manifest)
    texts = class_texts(open_wordnet(spec.wordnet), data.classes)
    places = read_scenes(spec.scenes) if spec.scenes is not None else []
    for template in spec.prompts:
        require_texts(template, texts)
    images, rows = read_images(data, size=spec.image_size)
    return Lessons(
        images=images,
        labels=torch.from_numpy(data.labels[rows].astype(np.int64)),
        prompts=[[_fill(template, text, places) for template in spec.prompts] for text in texts],
    )


def read_images(manifest: Manifest, *, size: int) -> tuple[torch.Tensor, list[int]]:
    """Return all images as uint8 (N, 3, size, size), and their rows in the manifest.

    The shortest side is `size`, and the centre is cut out. Damaged images are left out where the
    manifest says `drop`.
    """
    reader = ImageReader(manifest)
    result = torch.empty(len(reader), 3, size, size, dtype=torch.uint8)
    rows: list[int] = []
    indices = track(range(len(reader)), label="images", unit="images")
    for index, image in decode_images(reader, indices, manifest.on_corrupt):
        result[len(rows)] = torch.from_numpy(np.array(fit(image, size))).permute(2, 0, 1)
        rows.append(index)
    return result[: len(rows)], rows


def fit(image: Image.Image, size: int) -> Image.Image:
    """Return the central square of `image` at `size` pixels, bicubic."""
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box)


def _fill(template: str, text: ClassText, scenes: list[str]) -> list[str]:
    if not has_scene(template):
        return [prompt(template, text)]
    return [prompt(template, text, scene=scene) for scene in scenes]
