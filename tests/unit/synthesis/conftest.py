"""A random tiny pipeline, and clones made with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cogworks.synthesis.specs import Autoencoder, Denoiser, PartSpec, TextEncoder, TrainedSpec

# Four classes whose names, parents and definitions WordNet knows: two dogs, a fox, a fire engine.
WNIDS = ["n02086910", "n02099601", "n02120079", "n03345487"]

SPEC = TrainedSpec(
    name="tiny",
    dataset="seen",
    wordnet=None,
    image_size=16,
    prompts=["c", "c, d"],
    scenes=None,
    seed=0,
    autoencoder=Autoencoder(
        downscale=4, channels=6, latent_channels=4, steps=3, batch_size=4, lr=1.0e-3
    ),
    text_encoder=TextEncoder(vocabulary=560, length=20, width=8, layers=1),
    denoiser=Denoiser(channels=[8, 16], steps=4, batch_size=4, lr=1.0e-3, drop_prompt=0.1, ema=0.9),
)

DRAWING = PartSpec(
    name="clone",
    generator="tiny",
    negative_prompt="",
    width=16,
    height=16,
    steps=2,
    guidance=2.0,
    scheduler=None,
    precision="float32",
    channels_last=True,
    compile=False,
    vae_slicing=False,
    safety_checker=False,
    seed=0,
    padded_batch=4,
    format="png",
    quality=95,
    max_attempts=3,
    duplicate_distance=0,
    start=0.0,
    end=1.0,
)


@pytest.fixture
def spec() -> TrainedSpec:
    """Settings of a tiny generator that trains in a second."""
    return SPEC


@pytest.fixture
def drawing() -> PartSpec:
    """What decides the images of a clone of multiple 1."""
    return DRAWING


@pytest.fixture(scope="session")
def pipeline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion pipeline with random weights that draws 16 x 16 pixels. Read only."""
    from cogworks.synthesis.tiny.parts import assemble, make_parts

    folder = tmp_path_factory.mktemp("generator") / "tiny"
    assemble(make_parts(SPEC, ["tabby cat", "fire coal, a burning lump"])).save_pretrained(folder)
    return folder


@pytest.fixture
def marker(pipeline_folder: Path, tmp_path: Path) -> Path:
    """The marker of that pipeline."""
    from cogworks.synthesis.generator import write_marker

    path = tmp_path / "tiny.json"
    write_marker(path, name="tiny", folder=pipeline_folder)
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A training manifest: 3, 4, 5 and 6 random images of the four classes."""
    return write_images(tmp_path / "real", WNIDS, counts=[3, 4, 5, 6])


def write_images(folder: Path, wnids: list[str], *, counts: list[int]) -> Path:
    """Write random PNGs of 20 x 16 pixels and their manifest."""
    from cogworks.images.manifest import write_manifest
    from cogworks.synthesis.quality import encode

    rng = np.random.default_rng(0)
    rows = []
    for wnid, count in zip(wnids, counts, strict=True):
        for number in range(count):
            path = folder / wnid / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (16, 20, 3), dtype=np.uint8)
            path.write_bytes(encode(pixels, kind="png", quality=0))
            rows.append(
                {"id": f"{wnid}/{number}", "path": str(path), "container": "file"}
                | {"locator": 0, "size": -1, "wnid": wnid}
            )
    path = folder / "train.parquet"
    write_manifest(pd.DataFrame(rows), path, dataset="real", split="train", classes=sorted(wnids))
    return path
