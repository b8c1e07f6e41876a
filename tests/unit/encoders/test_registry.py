"""From specs to encoders: sources of weights, preparation, versions."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from cogworks.core.errors import InputError
from cogworks.encoders.registry import load_encoder
from cogworks.encoders.specs import EncoderSpec
from cogworks.networks.backbones import build_backbone
from cogworks.networks.specs import BackboneSpec

Spec = Callable[..., EncoderSpec]
NET = BackboneSpec(
    library="cogworks", name="small_resnet", image_size=16, options={"channels": [4, 4, 4, 6]}
)


def write_run(folder: Path) -> torch.nn.Module:
    """Write what the training room leaves: backbone weights and their spec."""
    torch.manual_seed(3)
    module, dim = build_backbone(NET)
    folder.mkdir(parents=True)
    safetensors.torch.save_file(module.state_dict(), folder / "encoder.safetensors")
    spec = {
        "backbone": NET.model_dump(),
        "feature_dim": dim,
        "image_size": 20,
        "mean": [0.1, 0.2, 0.3],
        "std": [0.4, 0.5, 0.6],
        "classes": ["n0", "n1"],
        "classifier": None,
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    return module


def test_training_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec_of: Spec) -> None:
    monkeypatch.chdir(tmp_path)
    module = write_run(tmp_path / "results/training/base")
    encoder = load_encoder(spec_of(run="base"), device="cpu")
    assert encoder.feature_dim == 6
    assert (encoder.image.image_size, encoder.image.mean) == (20, (0.1, 0.2, 0.3))
    assert not encoder.module.training
    assert not any(parameter.requires_grad for parameter in encoder.module.parameters())
    image = torch.randn(2, 3, 20, 20)
    assert torch.equal(encoder.module(image), module.eval()(image))
    other = load_encoder(spec_of(run="base", image_size=32, resize=36), device="cpu")
    assert (other.image.image_size, other.image.resize) == (32, 36)
    assert other.image.mean == (0.1, 0.2, 0.3)


def test_run_with_another_architectures_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec_of: Spec
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/training/base"
    write_run(folder)
    spec = json.loads((folder / "spec.json").read_text())
    spec["backbone"]["options"]["channels"] = [4, 4, 4, 8]
    (folder / "spec.json").write_text(json.dumps(spec))
    with pytest.raises(InputError, match=r"encoder mine .*layer4\.0\.branch\.0\.weight"):
        load_encoder(spec_of(run="base"), device="cpu")


def test_random_weights_follow_their_seed_alone(spec_of: Spec) -> None:
    torch.manual_seed(1)
    first = load_encoder(spec_of(seed=5), device="cpu")
    state = torch.random.get_rng_state()
    torch.manual_seed(2)
    second = load_encoder(spec_of(seed=5), device="cpu")
    assert first.version == second.version
    assert load_encoder(spec_of(seed=6), device="cpu").version != first.version
    torch.manual_seed(1)
    load_encoder(spec_of(seed=5), device="cpu")
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 20},
        {"resize": 18},
        {"interpolation": "bilinear"},
        {"decoder": "fast"},
        {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        {"channel_order": "bgr"},
        {"precision": "bfloat16"},
        {"dtype": "float16"},
        {"options": {"channels": [4, 4, 6, 6]}},
    ],
)
def test_version_follows_all_that_features_depend_on(spec_of: Spec, change: dict[str, Any]) -> None:
    plain = load_encoder(spec_of(), device="cpu").version
    assert load_encoder(spec_of(**change), device="cpu").version != plain


def test_version_ignores_name_and_batches(spec_of: Spec) -> None:
    spec = spec_of()
    other = spec_of(batch_size=7, shards=3).model_copy(update={"name": "other"})
    versions = [load_encoder(one, device="cpu").version for one in (spec, other)]
    assert versions[0] == versions[1]


def test_checkpoint_with_its_key_mapping(tmp_path: Path, spec_of: Spec) -> None:
    module, _ = build_backbone(NET)
    state = {f"module.ema.{key}": value for key, value in module.state_dict().items()}
    state |= {f"module.student.{key}": value + 1 for key, value in module.state_dict().items()}
    path = tmp_path / "mine.pth"
    torch.save({"epoch": 1, "weights": {"all": state}}, path)
    encoder = load_encoder(
        spec_of(
            model="cogworks:small_resnet",
            options=NET.options,
            image_size=16,
            checkpoint=str(path),
            container="weights.all",
            prefix="module.ema.",
            drop=["module.student."],
        ),
        device="cpu",
    )
    assert torch.equal(encoder.module.conv1.weight, module.conv1.weight)


def test_timm_models_bring_their_own_preparation(spec_of: Spec) -> None:
    spec = spec_of(model="timm:vit_tiny_patch16_224", weights="random", options={"depth": 1})
    image = load_encoder(spec, device="cpu").image
    assert (image.image_size, image.mean, image.std) == (224, (0.5,) * 3, (0.5,) * 3)


ENTRY = """
from __future__ import annotations

import dataclasses
import io
import random

import numpy
import torch
from helper import WIDTH
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Conv2d(3, width, 3)
    def forward(self, images):
        return self.layer(images).mean((2, 3))

def load(width=WIDTH):
    return Net(width), width

# What needs the module under its name: annotations that are text, and pickles of its classes.
@dataclasses.dataclass
class Settings:
    width: int = 4

def pickled():
    file = io.BytesIO()
    torch.save(Net(Settings().width), file)
    file.seek(0)
    return torch.load(file, weights_only=False), 4

def lies():
    return Net(4), 5

def not_a_tuple():
    return Net(4)

def fails():
    raise RuntimeError("no weights here")

def exits():
    raise SystemExit(2)

def not_a_number():
    return Net(4), 4.0

class Squeezed(Net):
    def forward(self, images):
        return super().forward(images).squeeze()

def squeezed():
    return Squeezed(4).double().train(), numpy.int64(4)

class Noisy(Net):
    def forward(self, images):
        return super().forward(images) + torch.rand(())

def noisy():
    return Noisy(4), 4

class Pair(Net):
    def forward(self, images):
        return super().forward(images), images

def pair():
    return Pair(4), 4

# Draws its weights from every generator there is, and some only when it is first used.
class Drawn(nn.Module):
    def __init__(self):
        super().__init__()
        torch.set_default_dtype(torch.float64)
        weights = [random.random(), float(numpy.random.rand()), float(torch.rand(()))]
        self.register_buffer("scale", torch.tensor(weights, dtype=torch.float32))
        self.late = nn.LazyLinear(2, dtype=torch.float32)
    def forward(self, images):
        return self.late(images.mean((2, 3)) * self.scale)

def drawn():
    return Drawn(), 2
"""


@pytest.fixture
def entry(tmp_path: Path) -> str:
    (tmp_path / "helper.py").write_text("WIDTH = 7\n")
    (tmp_path / "mine.py").write_text(ENTRY)
    return str(tmp_path / "mine.py")


def test_entry_point_of_a_file(entry: str, spec_of: Spec) -> None:
    spec = spec_of(entry_point=f"{entry}:load", image_size=8)
    assert load_encoder(spec, device="cpu").feature_dim == 7
    spec = spec_of(entry_point=f"{entry}:load", image_size=8, options={"width": 3})
    assert load_encoder(spec, device="cpu").feature_dim == 3


def test_an_entry_point_may_pickle_its_classes(entry: str, spec_of: Spec) -> None:
    spec = spec_of(entry_point=f"{entry}:pickled", image_size=8)
    assert load_encoder(spec, device="cpu").feature_dim == 4


def test_all_that_an_entry_point_draws_follows_the_seed(entry: str, spec_of: Spec) -> None:
    def version(seed: int) -> str:
        # Whatever else a job has drawn before.
        random.seed()
        np.random.seed()  # noqa: NPY002
        torch.seed()
        spec = spec_of(entry_point=f"{entry}:drawn", image_size=8, seed=seed)
        before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
        state = torch.random.get_rng_state()
        encoder = load_encoder(spec, device="cpu")
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
        assert torch.equal(torch.random.get_rng_state(), state)
        assert torch.get_default_dtype() == torch.float32
        return encoder.version

    assert version(0) == version(0)
    assert version(0) != version(1)
    assert version(2**40) != version(2**40 + 2**32)


def test_an_entry_point_that_draws_from_a_generator_of_its_own_is_refused(
    tmp_path: Path, spec_of: Spec
) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "import numpy, torch\n\n\ndef load():\n"
        "    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4))\n"
        "    drawn = numpy.random.default_rng().normal(size=4)\n"
        "    net[1].bias.data = torch.tensor(drawn, dtype=torch.float32)\n"
        "    return net, 4\n"
    )
    with pytest.raises(InputError, match="builds another network a second time"):
        load_encoder(spec_of(entry_point=f"{path}:load", image_size=8), device="cpu")


def test_an_entry_point_that_squeezes_takes_a_batch_of_one(entry: str, spec_of: Spec) -> None:
    encoder = load_encoder(spec_of(entry_point=f"{entry}:squeezed", image_size=8), device="cpu")
    assert encoder.feature_dim == 4
    images = torch.randn(3, 3, 8, 8, dtype=torch.float64)
    whole = encoder.module(images)
    assert not encoder.module.module.training
    assert encoder.module(images[:1]).shape == (1, 4)
    assert torch.allclose(encoder.module(images[:1]), whole[:1])


def test_entry_point_of_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec_of: Spec
) -> None:
    package = tmp_path / "lab_of_the_user"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "net.py").write_text(
        "from torch import nn\n"
        "def load():\n    return nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    spec = spec_of(entry_point="lab_of_the_user.net:load", image_size=8)
    assert load_encoder(spec, device="cpu").feature_dim == 3


def test_an_edited_entry_point_is_another_version(entry: str, spec_of: Spec) -> None:
    def version() -> str:
        spec = spec_of(entry_point=f"{entry}:load", image_size=8)
        return load_encoder(spec, device="cpu").version

    before = version()
    assert version() == before
    text = Path(entry).read_text().replace(".mean((2, 3))", ".amax((2, 3))")
    Path(entry).write_text(text)
    assert version() != before


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("lies", "promises 5 features and its module gives 4"),
        ("not_a_tuple", "returned Net, expected a tuple"),
        ("fails", "failed with RuntimeError: no weights here"),
        ("exits", "failed with SystemExit: 2"),
        ("not_a_number", r"returned \(Net, float\), expected a tuple"),
        ("noisy", "encoder mine: gives other features for the same images a second time"),
        ("pair", "returns tuple for one image of 8 px, expected one tensor"),
        ("nothing", "has no function nothing"),
    ],
)
def test_bad_entry_points_are_explained(
    entry: str, spec_of: Spec, function: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_encoder(spec_of(entry_point=f"{entry}:{function}", image_size=8), device="cpu")


def test_missing_entry_points_are_named(tmp_path: Path, spec_of: Spec) -> None:
    with pytest.raises(InputError, match=r"no file .*none\.py"):
        load_encoder(spec_of(entry_point=f"{tmp_path}/none.py:f"), device="cpu")
    with pytest.raises(InputError, match="ModuleNotFoundError"):
        load_encoder(spec_of(entry_point="no_such_package_here:f"), device="cpu")
