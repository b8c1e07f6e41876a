"""Each published model, loaded from a file with its publisher's layout of keys.

The files hold every tensor at its true shape but one number in memory: a constant made from the
key that it must end up under. So each test proves, key by key, that the right tensor arrives in
the right place. The layouts are written out here a second time, from the publishers' side: as the
code that saved each file writes it, with the heads, queues and states beside the encoder.
"""

import csv
import functools
import hashlib
import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from cogworks.concepts.wnid_lists import read_wnids
from cogworks.config.published import REGISTRY, benchmark, models, normalization
from cogworks.core.errors import InputError
from cogworks.encoders import registry
from cogworks.encoders.registry import load_encoder
from cogworks.encoders.specs import EncoderSpec
from cogworks.networks import backbones
from cogworks.networks.backbones import describe_backbone
from cogworks.networks.convert import convert
from cogworks.networks.specs import BackboneSpec
from cogworks.plan.networks import Model
from cogworks.plan.plan import Plan
from cogworks.probes.cells import Cell
from cogworks.probes.own import own_classifier

PAPER = Path(REGISTRY).parent / "paper" / "cog_models.csv"
Layout = dict[str, torch.Tensor]
OWN_CODE = ("a-T2T-ViT-t-14", "a-NAT-M4")


class NoInitialisation(TorchFunctionMode):
    """Skips random initialisation, which would take most of the time of these tests."""

    SKIPPED = (torch.Tensor.normal_, torch.Tensor.uniform_, torch.Tensor.erfinv_)

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return args[0] if function in self.SKIPPED else function(*args, **(kwargs or {}))


@pytest.fixture(autouse=True)
def one_forward_pass_an_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find the width of each architecture once: most of the models are the same ResNet50."""
    measure = backbones.output_width

    def width(module: nn.Module, image_size: int, name: str) -> int:
        # Parameters tell apart the sizes of one architecture.
        key = f"{name}, {sum(parameter.numel() for parameter in module.parameters())} parameters"
        if key not in WIDTHS:
            WIDTHS[key] = measure(module, image_size, name)
        return WIDTHS[key]

    monkeypatch.setattr(backbones, "output_width", width)
    monkeypatch.setattr(registry, "check_encoder", lambda *_: None)


WIDTHS: dict[str, int] = {}


def constant(key: str) -> float:
    """Return a number for a key, exact in float16 and different for nearly all keys."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big")
    return 1 + (number % 1000) / 1024


def tensor(key: str, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.full((), constant(key), dtype=dtype).expand(shape)


def under(prefix: str, layout: Layout) -> Layout:
    return {f"{prefix}{key}": value for key, value in layout.items()}


def linear(name: str, width_in: int, width_out: int) -> Layout:
    return {
        f"{name}.weight": tensor(f"{name}.w", (width_out, width_in)),
        f"{name}.bias": tensor(f"{name}.b", (width_out,)),
    }


def body(module: nn.Module, *, counters: bool = True) -> Layout:
    """Return the encoder's own weights under its own keys."""
    return {
        key: tensor(key, tuple(value.shape), value.dtype)
        for key, value in module.state_dict().items()
        if counters or not key.endswith("num_batches_tracked")
    }


def classifier(module: nn.Module, *, counters: bool = True) -> Layout:
    return body(module, counters=counters) | linear("fc", 2048, 1000)


def paws(module: nn.Module) -> dict[str, Any]:
    """PAWS: a projection of three layers called `fc`, a prediction head, the states of training."""
    head = (
        linear("fc.fc1", 2048, 2048) | linear("fc.fc2", 2048, 2048) | linear("fc.fc3", 2048, 2048)
    )
    head |= {"fc.bn1.running_mean": torch.zeros(2048), "pred.bn1.weight": torch.zeros(2048)}
    head |= linear("pred.fc1", 2048, 512) | linear("pred.fc2", 512, 2048)
    optimizer = {"state": {}, "param_groups": [{"lr": 6.4, "LARS_exclude": True}]}
    state = under("module.", body(module) | head)
    return {"encoder": state, "opt": optimizer, "epoch": 300, "unlabel_prob": 0.9, "amp": {}}


def supcon(module: nn.Module) -> dict[str, Any]:
    head = linear("module.head.0", 2048, 2048) | linear("module.head.2", 2048, 128)
    state = under("module.encoder.", body(module)) | head
    return {"opt": Namespace(model="resnet50"), "model": state, "optimizer": {}, "epoch": 350}


def imagenet_sd(module: nn.Module, *, classes: int) -> Layout:
    """ImageNet-SD: a classifier without a bias."""
    return body(module) | {"fc.weight": tensor("fc.w", (classes, 2048))}


def moco(module: nn.Module) -> dict[str, Any]:
    """MoCo and MoCHi: two encoders with projection heads, a queue, the optimizer."""
    head = linear("fc.0", 2048, 2048) | linear("fc.2", 2048, 128)
    state = under("module.encoder_q.", body(module) | head)
    state |= under("module.encoder_k.", {key: value + 1 for key, value in body(module).items()})
    state |= {"module.queue": torch.zeros(128, 1).expand(128, 65536)}
    state |= {"module.queue_ptr": torch.zeros(1, dtype=torch.long)}
    optimizer = {"state": {0: {"momentum_buffer": torch.zeros(1)}}, "param_groups": [{"lr": 0.03}]}
    return {"epoch": 800, "arch": "resnet50", "state_dict": state, "optimizer": optimizer}


def infomin(module: nn.Module) -> dict[str, Any]:
    """PyContrast: an encoder with a head for images and one for their jigsaws."""
    state = under("module.encoder.", body(module))
    state |= linear("module.head.0", 2048, 2048) | linear("module.head.2", 2048, 128)
    jigsaw = linear("fc1.0", 2048, 2048) | linear("fc1.2", 2048, 128) | linear("fc2", 1152, 128)
    state |= under("module.head_jig.", jigsaw)
    queues = {"memory": torch.zeros(1).expand(65536, 128), "memory_jig": torch.zeros(1, 128)}
    return {"model": state, "contrast": queues, "optimizer": {"param_groups": []}, "epoch": 800}


def swav(module: nn.Module) -> Layout:
    head = linear("projection_head.0", 2048, 2048) | linear("projection_head.3", 2048, 128)
    head |= {"projection_head.1.running_mean": torch.zeros(2048)}
    head |= {"prototypes.weight": torch.zeros(1).expand(3000, 128)}
    return under("module.", body(module) | head)


def cutmix(module: nn.Module) -> dict[str, Any]:
    return {
        "epoch": 300,
        "arch": "resnet",
        "state_dict": under("module.", classifier(module)),
        "best_err1": np.float64(22.6),
        "best_err5": np.float64(6.4),
        "optimizer": {"param_groups": []},
    }


def mopro(module: nn.Module) -> dict[str, Any]:
    """MoPro: its two networks have a classifier and a projection of two layers, `fc1` and `fc2`."""
    heads = linear("fc1", 2048, 2048) | linear("fc2", 2048, 128)
    heads |= linear("classifier", 2048, 1000)
    state = under("module.encoder_q.", body(module) | heads)
    state |= under("module.encoder_k.", {key: value + 1 for key, value in body(module).items()})
    state |= under("module.encoder_k.", heads)
    state |= {"module.queue": torch.zeros(1).expand(128, 8192)}
    state |= {"module.queue_ptr": torch.zeros(1, dtype=torch.long)}
    state |= {"module.prototypes": torch.zeros(1).expand(1000, 128)}
    optimizer = {"state": {}, "param_groups": [{"lr": 0.1}]}
    return {"epoch": 90, "arch": "resnet50", "state_dict": state, "optimizer": optimizer}


def nat(module: nn.Module) -> Layout:
    return body(module) | linear("classifier.linear", 1536, 1000)


def t2t(module: nn.Module) -> dict[str, Any]:
    """timm's saver of 2021, of whose weights only the average was published."""
    state = body(module) | linear("head", 384, 1000)
    args = Namespace(model="T2t_vit_t_14", lr=5e-4)
    return {"epoch": 309, "arch": "T2t_vit_t_14", "state_dict_ema": state, "args": args}


class AttackStep:
    """Stands for a class of the publisher's package, which the user does not have."""


def adv_robust(module: nn.Module) -> dict[str, Any]:
    state = under("module.model.", classifier(module))
    state |= under("module.attacker.model.", classifier(module))
    for place in ("normalizer", "attacker.normalize"):
        state |= {f"module.{place}.new_{key}": torch.zeros(3, 1, 1) for key in ("mean", "std")}
    return {
        "model": state,
        "optimizer": {"state": {}, "param_groups": []},
        "epoch": 90,
        "schedule": {"last_epoch": 90, "step": AttackStep()},
        "adv_prec1": torch.tensor(68.8),
    }


def simclr(module: nn.Module) -> dict[str, Any]:
    return {
        "resnet": {simclr_key(key): value for key, value in classifier(module).items()},
        "head": {"layers.0.weight": torch.zeros(2048, 1).expand(2048, 2048)},
    }


def simclr_key(key: str) -> str:
    """From torchvision's names to those of the TensorFlow converter's nested sequences."""
    fixed = {"conv1.weight": "net.0.0.weight"}
    if key in fixed or key.startswith("fc."):
        return fixed.get(key, key)
    if key.startswith("bn1."):
        return f"net.0.1.0.{key[4:]}"
    stage, block, rest = re.fullmatch(r"layer(\d)\.(\d)\.(.+)", key).groups()
    part, leaf = rest.rsplit(".", 1)
    place = {
        "conv1": "net.0",
        "bn1": "net.1.0",
        "conv2": "net.2",
        "bn2": "net.3.0",
        "conv3": "net.4",
        "bn3": "net.5.0",
        "downsample.0": "projection.shortcut",
        "downsample.1": "projection.bn.0",
    }[part]
    return f"net.{stage}.blocks.{block}.{place}.{leaf}"


def deit(module: nn.Module) -> dict[str, Any]:
    width = module.state_dict()["cls_token"].shape[-1]
    heads = linear("head", width, 1000)
    if "dist_token" in module.state_dict():
        heads |= linear("head_dist", width, 1000)
    return {"model": body(module) | heads}


def pycls(module: nn.Module) -> dict[str, Any]:
    state = {pycls_key(key): value for key, value in body(module).items()}
    state |= linear("head.fc", module.state_dict()["conv_head.weight"].shape[0], 1000)
    return {"epoch": 99, "model_state": state, "optimizer_state": {}, "cfg": "MODEL: effnet"}


def pycls_key(key: str) -> str:
    """From timm's names of an EfficientNet to those of pycls."""
    module, leaf = key.rsplit(".", 1)
    outer = {
        "conv_stem": "stem.conv",
        "bn1": "stem.bn",
        "conv_head": "head.conv",
        "bn2": "head.conv_bn",
    }
    if module in outer:
        return f"{outer[module]}.{leaf}"
    stage, block, part = re.fullmatch(r"blocks\.(\d)\.(\d)\.(.+)", module).groups()
    names = {"se.conv_reduce": "se.f_ex.0", "se.conv_expand": "se.f_ex.2"}
    if stage == "0":  # no expansion in the first stage
        names |= {
            "conv_dw": "dwise",
            "bn1": "dwise_bn",
            "conv_pw": "lin_proj",
            "bn2": "lin_proj_bn",
        }
    else:
        names |= {"conv_pw": "exp", "bn1": "exp_bn", "conv_dw": "dwise", "bn2": "dwise_bn"}
        names |= {"conv_pwl": "lin_proj", "bn3": "lin_proj_bn"}
    return f"s{int(stage) + 1}.b{int(block) + 1}.{names[part]}.{leaf}"


def clip_key(key: str) -> str:
    """From timm's names of CLIP's ResNet to CLIP's own."""
    match = re.fullmatch(r"stem\.conv(\d)\.(conv|bn)\.(\w+)", key)
    if match:
        return f"visual.{match[2]}{match[1]}.{match[3]}"
    stage, block, part, kind, leaf = re.fullmatch(
        r"stages\.(\d)\.(\d)\.([\w.]+)\.(conv|bn)\.(\w+)", key
    ).groups()
    place = f"visual.layer{int(stage) + 1}.{block}"
    if part == "shortcut.conv":
        return f"{place}.downsample.{0 if kind == 'conv' else 1}.{leaf}"
    return f"{place}.{kind}{part[4]}.{leaf}"


LAYOUTS: dict[str, Callable[[nn.Module], Any]] = {
    "ResNet50": lambda module: classifier(module, counters=False),
    "a-T2T-ViT-t-14": t2t,
    "a-NAT-M4": nat,
    "a-DeiT-S": deit,
    "a-DeiT-S-distilled": deit,
    "a-Inception-v3": lambda module: (
        classifier(module, counters=False)
        | linear("AuxLogits.fc", 768, 1000)
        | {"AuxLogits.conv0.conv.weight": torch.zeros(1).expand(128, 768, 1, 1)}
    ),
    "a-EfficientNet-B1": pycls,
    "a-EfficientNet-B4": pycls,
    "a-DeiT-B-distilled": deit,
    "a-ResNet152": lambda module: classifier(module, counters=False),
    "a-VGG19": lambda module: body(module) | linear("classifier.6", 4096, 1000),
    "s-SimCLR-v2": simclr,
    "s-MoCo-v2": moco,
    "s-BYOL": lambda module: classifier(module, counters=False),
    "s-MoCHi": moco,
    "s-InfoMin": infomin,
    "s-OBoW": lambda module: {"network": body(module) | linear("fc", 2048, 8192)},
    "s-SwAV": swav,
    "s-DINO": body,
    "s-BarlowTwins": body,
    "s-CompReSS": lambda module: {
        "opt": Namespace(teacher="simclr"),
        "model": under("module.", body(module) | linear("fc", 2048, 8192)),
        "optimizer": {"state": {}, "param_groups": []},
        "epoch": 130,
    },
    "r-MixUp": cutmix,
    "r-Manifold-MixUp": cutmix,
    "r-CutMix": cutmix,
    "r-ReLabel": lambda module: {"epoch": 300, "state_dict": classifier(module)},
    "r-MEAL-v2": lambda module: under("module.", classifier(module)),
    "d-MoPro": mopro,
    "d-Semi-Sup": lambda module: classifier(module, counters=False),
    "d-Semi-Weakly-Sup": lambda module: classifier(module, counters=False),
    "PAWS": paws,
    "SupCon": supcon,
    "RSB-A1": classifier,
    "t-ReX": body,
    "t-ReX*": body,
    "ImageNet-1K-SD": functools.partial(imagenet_sd, classes=1000),
    "ImageNet-100-SD": functools.partial(imagenet_sd, classes=100),
}
# Where the publisher's own name of the classifier is another one.
PUBLISHED_LAYER = dict.fromkeys(("a-EfficientNet-B1", "a-EfficientNet-B4"), "head.fc")


def published() -> dict[str, dict[str, str]]:
    with open(PAPER, newline="", encoding="utf-8") as handle:
        return {row["model"]: row for row in csv.DictReader(handle)}


def empty_backbone(name: str) -> nn.Module:
    """Build the registry's architecture without memory, for its keys and shapes."""
    entry = models()[name]
    return _empty(entry.architecture, entry.image_size, tuple(entry.options.items()))


@functools.cache
def _empty(architecture: str, size: int, options: tuple[tuple[str, Any], ...]) -> nn.Module:
    library, name = Model.read(architecture)
    spec = BackboneSpec(library=library, name=name, image_size=size, options=dict(options))
    with torch.device("meta"):
        return describe_backbone(spec).module


def load(spec: EncoderSpec) -> Any:
    with NoInitialisation():
        return load_encoder(spec, device="cpu")


def assert_every_tensor_is_in_place(module: nn.Module) -> None:
    for key, value in module.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            assert torch.all(value == constant(key)), key


def test_registry_is_the_papers_list() -> None:
    table, known = published(), models()
    assert benchmark() == list(table)
    # The others come last, and are ResNet50s that see what torchvision's does.
    assert list(known) == [*table, *(name for name in known if known[name].chapter > 3)]
    layout = {"architecture", "feature_dim", "image_size", "normalization", "channel_order"}
    for name in known.keys() - table.keys():
        own, usual = (known[n].model_dump(include=layout) for n in (name, "ResNet50"))
        assert own == usual
    for name, row in table.items():
        entry = known[name]
        assert entry.category == row["category"]
        assert entry.feature_dim == int(row["feature_dim"])
        assert entry.image_size == int(row["image_size"])
        expected = {"imagenet": 0.485, "clip": 0.48145466, "none": 0.0}[row["normalization"]]
        assert normalization(entry).mean[0] == expected
        assert entry.file
        assert entry.publisher


def test_every_loader_is_tested() -> None:
    assert {*LAYOUTS, "r-Adv-Robust", "d-CLIP"} == set(models())


@pytest.mark.parametrize("name", LAYOUTS)
def test_loader(name: str, tmp_path: Path, spec_of: Callable[..., Any]) -> None:
    path = tmp_path / "published.pth"
    torch.save(LAYOUTS[name](empty_backbone(name)), path)
    encoder = load(spec_of(registry=name, checkpoint=str(path)))
    assert_every_tensor_is_in_place(encoder.module)
    row = published()[name if name in benchmark() else "ResNet50"]
    assert encoder.feature_dim == int(row["feature_dim"])
    assert encoder.image.image_size == encoder.image.resize == int(row["image_size"])
    parameters = sum(parameter.numel() for parameter in encoder.module.parameters()) / 1e6
    # Table 3.2 counts an Inception-v3 with its auxiliary classifier, and a DeiT with its head.
    slack = {"a-Inception-v3": 3.5, "a-DeiT-B-distilled": 0.5}.get(name, 0.15)
    assert parameters == pytest.approx(float(row["params_millions"]), abs=slack)


CELL = Cell(shots="all", seed=0, params={}, val_top1=None, folder=Path())


@pytest.mark.parametrize("name", [name for name in LAYOUTS if models()[name].classifier])
def test_own_classifier(name: str, tmp_path: Path, plan_of: Callable[..., Plan]) -> None:
    path, entry = tmp_path / "published.pth", models()[name]
    layout = LAYOUTS[name](empty_backbone(name))
    torch.save(layout, path)
    encoder = plan_of(mine={"registry": name, "checkpoint": str(path)}).encoders["mine"]
    model = own_classifier(encoder.classifier).model(CELL)
    assert model.classes == sorted(read_wnids(entry.classes, key="x"))
    layer = PUBLISHED_LAYER.get(name, entry.classifier)
    bias = 0 if name.startswith("ImageNet-") else constant(f"{layer}.b")
    features = torch.zeros(1, entry.feature_dim)
    assert torch.equal(model.logits(features), torch.full((1, len(model.classes)), bias))
    features[0, -1] = 1
    expected = torch.full((1, len(model.classes)), constant(f"{layer}.w") + bias)
    assert torch.equal(model.logits(features), expected)


def test_a_file_without_its_classifier_is_refused(
    tmp_path: Path, plan_of: Callable[..., Plan]
) -> None:
    path = tmp_path / "published.pth"
    section = {"registry": "ImageNet-1K-SD", "checkpoint": str(path)}
    spec = plan_of(mine=section).encoders["mine"].classifier
    for layer, problem in (
        ({}, r"published\.pth: no fc\.weight, expected the classifier"),
        ({"fc.weight": torch.zeros(100, 2048)}, r"fc\.weight is \(100, 2048\), expected 1000 rows"),
    ):
        torch.save({"conv1.weight": torch.zeros(1)} | layer, path)
        with pytest.raises(InputError, match=problem):
            own_classifier(spec).model(CELL)


def test_adversarially_robust_goes_through_the_converter(
    tmp_path: Path, spec_of: Callable[..., Any], plan_of: Callable[..., Plan]
) -> None:
    name, path = "r-Adv-Robust", tmp_path / "resnet50_l2_eps0.1.ckpt"
    torch.save(adv_robust(empty_backbone(name)), path)
    with pytest.raises(InputError, match=r"AttackStep.*convert_checkpoint\.py"):
        load(spec_of(registry=name, checkpoint=str(path)))
    output = tmp_path / "weights.safetensors"
    convert(path, output, container="model")
    assert_every_tensor_is_in_place(load(spec_of(registry=name, checkpoint=str(output))).module)
    encoder = plan_of(mine={"registry": name, "checkpoint": str(output)}).encoders["mine"]
    assert own_classifier(encoder.classifier).model(CELL).logits(torch.zeros(1, 2048)).ne(0).all()


def test_clip_is_read_from_its_torchscript_archive(
    tmp_path: Path, spec_of: Callable[..., Any]
) -> None:
    path = tmp_path / "RN50.pt"
    state = {clip_key(key): value for key, value in body(empty_backbone("d-CLIP")).items()}
    state |= {"visual.attnpool.positional_embedding": torch.zeros(50, 2048)}
    state |= linear("visual.attnpool.c_proj", 2048, 1024)
    state |= {"transformer.resblocks.0.ln_1.weight": torch.zeros(512)}
    state |= {"token_embedding.weight": torch.zeros(1, 512), "positional_embedding": torch.zeros(1)}
    state |= {"ln_final.weight": torch.zeros(1), "text_projection": torch.zeros(1)}
    state |= {"logit_scale": torch.zeros(()), "input_resolution": torch.tensor(224)}
    state |= {"context_length": torch.tensor(77), "vocab_size": torch.tensor(49408)}
    archive(state).save(str(path))
    encoder = load(spec_of(registry="d-CLIP", checkpoint=str(path)))
    assert_every_tensor_is_in_place(encoder.module)
    assert encoder.feature_dim == int(published()["d-CLIP"]["feature_dim"])


def archive(state: Layout) -> torch.jit.ScriptModule:
    """Return a TorchScript module with these tensors, in half precision as published."""
    root = nn.Module()
    for key, value in state.items():
        *parts, leaf = key.split(".")
        module = root
        for part in parts:
            if not hasattr(module, part):
                module.add_module(part, nn.Module())
            module = getattr(module, part)
        module.register_buffer(leaf, value.half() if value.is_floating_point() else value)
    return torch.jit.script(root)


@pytest.mark.parametrize("name", OWN_CODE)
def test_the_publishers_code_may_take_the_place_of_ours(
    name: str, tmp_path: Path, plan_of: Callable[..., Plan], spec_of: Callable[..., Any]
) -> None:
    """NAT's own network squeezes the batch away from a single image; here it comes back."""
    lines = plan_of(mine={"registry": name}).encoders["mine"].missing
    assert len(lines) == 1
    assert models()[name].file in lines[0]
    width = models()[name].feature_dim
    for given, fits in ((width, True), (width + 1, False)):
        path = tmp_path / f"mine_{given}.py"
        path.write_text(
            "import torch\n"
            "class Net(torch.nn.Module):\n"
            "    def forward(self, images):\n"
            f"        return torch.squeeze(images.mean((1, 2, 3))[:, None].expand(-1, {given}))\n"
            "def build():\n"
            f"    return Net(), {given}\n"
        )
        spec = spec_of(registry=name, entry_point=f"{path}:build", image_size=8)
        if fits:
            encoder = load(spec)
            assert encoder.feature_dim == width
            for count in (1, 2):
                assert encoder.module(torch.zeros(count, 3, 8, 8)).shape == (count, width)
        else:
            with pytest.raises(InputError, match=f"gives {given} features, expected {width}"):
                load(spec)


def test_a_checkpoint_of_another_architecture_is_refused(
    tmp_path: Path, spec_of: Callable[..., Any]
) -> None:
    path = tmp_path / "published.pth"
    torch.save(classifier(empty_backbone("a-ResNet152")), path)
    with pytest.raises(InputError, match=r"encoder mine .*unexpected \(\d+\): layer2\.4\.conv1"):
        load(spec_of(registry="ResNet50", checkpoint=str(path)))


def own_spec(name: str, **options: Any) -> BackboneSpec:
    """Return one of this project's own architectures for images of 32 pixels."""
    return BackboneSpec(library="cogworks", name=name, image_size=32, options=options)


def test_same_padding_of_byol_is_tensorflows() -> None:
    module = describe_backbone(own_spec("resnet50_same")).module
    image = torch.rand(1, 3, 32, 32)
    padded = nn.functional.pad(image, (2, 3, 2, 3))
    expected = nn.functional.conv2d(padded, module.conv1.weight, stride=2)
    assert torch.allclose(module.conv1(image), expected, atol=1e-6)
    maps = torch.rand(1, 64, 16, 16)
    pooled = nn.functional.max_pool2d(nn.functional.pad(maps, (0, 1, 0, 1)), 3, 2)
    assert torch.equal(module.maxpool(maps), pooled)


def test_distilled_deit_gives_its_class_token() -> None:
    module = describe_backbone(own_spec("deit_distilled", width=16, heads=2, depth=1)).module.eval()
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(module(image), module.forward_features(image)[:, 0])


def test_nat_m4_is_the_published_subnet() -> None:
    """Two blocks and the head by hand, from the publishers' description of the subnet."""
    torch.manual_seed(0)
    module = describe_backbone(own_spec("nat_m4")).module.eval()
    state = module.state_dict()

    def conv(maps: torch.Tensor, key: str, *, stride: int = 1, groups: int = 1) -> torch.Tensor:
        weight = state[f"{key}.conv.weight"]
        padding = weight.shape[-1] // 2
        maps = nn.functional.conv2d(maps, weight, None, stride, padding, groups=groups)
        return maps / (1 + 1e-5) ** 0.5  # fresh statistics of batch norm

    def mish(maps: torch.Tensor) -> torch.Tensor:
        return maps * torch.tanh(torch.log1p(maps.exp()))

    image = torch.randn(1, 3, 32, 32)
    maps = mish(conv(image, "first_conv", stride=2))
    key = "blocks.0.mobile_inverted_conv"
    hidden = mish(conv(maps, f"{key}.depth_conv", groups=24))
    maps = maps + conv(hidden, f"{key}.point_linear")
    assert torch.allclose(module.blocks[0](module.first_conv(image)), maps, atol=1e-5)
    key, block = "blocks.5.mobile_inverted_conv", module.blocks[5]
    maps = torch.randn(1, 48, 8, 8)
    hidden = mish(conv(maps, f"{key}.inverted_bottleneck"))
    hidden = mish(conv(hidden, f"{key}.depth_conv", groups=192))
    squeeze = [state[f"{key}.depth_conv.se.fc.{name}"] for name in SQUEEZE]
    pooled = hidden.mean((2, 3), keepdim=True)
    pooled = nn.functional.conv2d(pooled, squeeze[0], squeeze[1]).relu()
    pooled = nn.functional.conv2d(pooled, squeeze[2], squeeze[3])
    hidden = hidden * ((pooled + 3).clamp(0, 6) / 6)
    assert torch.allclose(block(maps), maps + conv(hidden, f"{key}.point_linear"), atol=1e-5)
    strides = [block.mobile_inverted_conv.depth_conv.conv.stride[0] for block in module.blocks]
    assert [place for place, stride in enumerate(strides) if stride == 2] == [1, 4, 8, 16]
    assert module(image).shape == (1, 1536)


SQUEEZE = ("reduce.weight", "reduce.bias", "expand.weight", "expand.bias")


def test_t2t_vit_narrows_its_tokens_as_published() -> None:
    """The attention between the soft splits: one head, scaled by its input, added to the values."""
    torch.manual_seed(0)
    module = describe_backbone(own_spec("t2t_vit_t_14")).module.eval()
    layer = module.tokens_to_token.attention1
    tokens = torch.randn(2, 64, 147)
    state = layer.state_dict()
    normed = nn.functional.layer_norm(tokens, (147,), state["norm1.weight"], state["norm1.bias"])
    query, key, value = (normed @ state["attn.qkv.weight"].T).split(64, dim=-1)
    attended = (query @ key.transpose(1, 2) / 147**0.5).softmax(-1) @ value
    narrow = value + attended @ state["attn.proj.weight"].T + state["attn.proj.bias"]
    hidden = nn.functional.layer_norm(narrow, (64,), state["norm2.weight"], state["norm2.bias"])
    hidden = nn.functional.gelu(hidden @ state["mlp.fc1.weight"].T + state["mlp.fc1.bias"])
    expected = narrow + hidden @ state["mlp.fc2.weight"].T + state["mlp.fc2.bias"]
    assert torch.allclose(layer(tokens), expected, atol=1e-5)
    assert module.tokens_to_token(torch.randn(1, 3, 32, 32)).shape == (1, 4, 384)
    assert module.pos_embed.shape == (1, 5, 384)
