"""Architectures without their classifier: one function from a spec to a module and its width."""

import dataclasses
import difflib
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.networks.options import NAMES
from cogworks.networks.specs import BackboneSpec, Options
from cogworks.networks.trial import features

# Auxiliary classifiers of torchvision's Inceptions, which serve training from scratch only.
AUXILIARY = {"inception_v3": ("AuxLogits.",), "googlenet": ("aux1.", "aux2.")}


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A module (B, 3, H, W) to (B, feature_dim), and where its classifier stood.

    `heads` are the prefixes of the classifier's parameters in a checkpoint of the full model.
    """

    module: nn.Module
    feature_dim: int
    heads: tuple[str, ...]


def build_backbone(spec: BackboneSpec) -> tuple[nn.Module, int]:
    """Build an architecture, randomly initialised, without its classifier (section 3.3.4.1).

    Nothing is downloaded. The weights follow torch's global generator.

    Returns:
        The module, normalised images (B, 3, S, S) to features (B, D), and D. It is in train mode.

    Raises:
        InputError: the name is unknown, an option does not fit, or the module does not give one
            vector for each image of that size.
    """
    backbone = describe_backbone(spec)
    return backbone.module, backbone.feature_dim


def describe_backbone(spec: BackboneSpec) -> Backbone:
    """Build as `build_backbone` does, and say which checkpoint keys belong to the classifier."""
    build = {
        "torchvision": _torchvision,
        "timm": _timm,
        "transformers": _transformers,
        "cogworks": _own,
    }[spec.library]
    module, heads = build(spec.name, spec.image_size, spec.options)
    width = output_width(module, spec.image_size, f"{spec.library}:{spec.name}")
    return Backbone(module, width, heads)


def output_width(module: nn.Module, image_size: int, name: str) -> int:
    """Return D of a module by running one blank image; its mode and its buffers stay as they are.

    Raises:
        InputError: the module fails on (1, 3, S, S) or does not return (1, D).
    """
    training = module.training
    parameter = next(module.parameters(), torch.empty(0))
    image = torch.zeros(
        1, 3, image_size, image_size, device=parameter.device, dtype=parameter.dtype
    )
    try:
        with torch.no_grad():
            return int(features(module.eval(), image, name).shape[1])
    finally:
        module.train(training)


def torchvision_weights(name: str) -> Any:
    """Return torchvision's entry for the weights that a name's tag says, its best without a tag.

    Raises:
        InputError: torchvision has no such model, or no such weights of it.
    """
    from torchvision import models

    architecture, _, tag = name.partition(".")
    every = models.list_models(module=models)
    if architecture not in every:
        close = difflib.get_close_matches(architecture, every, n=5)
        raise InputError(
            f"torchvision:{name}: torchvision has no such classification model; it has "
            f"{', '.join(close) or '...'}"
        )
    known = models.get_model_weights(architecture)
    if tag and tag not in known.__members__:
        raise InputError(
            f"torchvision:{name}: no weights {tag}; it has {', '.join(known.__members__)}"
        )
    return known[tag] if tag else known.DEFAULT


def timm_config(name: str) -> Any:
    """Return what timm publishes with a model, by its name and tag; None where it is nothing.

    Raises:
        InputError: timm has no such model, or no such weights of it.
    """
    import timm

    architecture, _, tag = name.partition(".")
    if not timm.is_model(name):
        close = difflib.get_close_matches(architecture, timm.list_models(), n=5)
        raise InputError(f"timm:{name}: timm has no such model; it has {', '.join(close) or '...'}")
    try:
        return timm.get_pretrained_cfg(name)
    except RuntimeError as error:
        known = [found.partition(".")[2] for found in timm.list_pretrained(architecture)]
        raise InputError(f"timm:{name}: no weights {tag}; it has {', '.join(known)}") from error


def _torchvision(name: str, size: int, options: Options) -> tuple[nn.Module, tuple[str, ...]]:
    from torchvision import models

    torchvision_weights(name)
    name = name.partition(".")[0]
    if name in AUXILIARY:
        # Their truncated normal initialisation takes half a minute.
        options = {"aux_logits": False, "init_weights": False, **options}
    if name.startswith("vit_"):
        options = {"image_size": size, **options}
    try:
        model = models.get_model(name, weights=None, **options)
    except (TypeError, ValueError) as error:
        raise InputError(f"torchvision:{name}: {error}") from error
    linears = [key for key, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise InputError(f"torchvision:{name}: has no linear classifier to take off")
    head = linears[-1]
    model.set_submodule(head, nn.Identity())
    # Published files hold them even where the network is built without.
    auxiliary = AUXILIARY.get(name, ()) if getattr(model, "aux_logits", None) is False else ()
    return model, (f"{head}.", *auxiliary)


def _timm(name: str, size: int, options: Options) -> tuple[nn.Module, tuple[str, ...]]:
    import timm

    config = timm_config(name)
    if config is not None and config.fixed_input_size:
        options = {"img_size": size, **options}
    try:
        model = timm.create_model(name, pretrained=False, num_classes=0, **options)
    except (TypeError, ValueError, AssertionError) as error:
        raise InputError(f"timm:{name}: {error}") from error
    heads = model.default_cfg.get("classifier") or ()  # null where it was published without one
    return model, tuple(f"{head}." for head in ([heads] if isinstance(heads, str) else heads))


def _transformers(name: str, size: int, options: Options) -> tuple[nn.Module, tuple[str, ...]]:
    # Imports transformers, which takes seconds that other libraries need not pay.
    from cogworks.networks.hf import build_hf

    return build_hf(name, size, options), ()


def _own(name: str, size: int, options: Options) -> tuple[nn.Module, tuple[str, ...]]:
    from cogworks.networks.small_resnet import small_resnet

    if name == "small_resnet":
        return small_resnet(**options), ()
    # Imports timm, which takes seconds that a small network need not pay.
    from cogworks.networks import natnet, published, t2t_vit

    try:
        if name == "resnet50_same":
            return published.resnet50_same(**options), ("fc.",)
        if name == "deit_distilled":
            return published.deit_distilled(size, **options), ("head.", "head_dist.")
        if name == "nat_m4":
            return natnet.NATM4(**options), ("classifier.",)
        if name == "t2t_vit_t_14":
            return t2t_vit.T2TViT(size, **options), ("head.",)
    except TypeError as error:
        raise InputError(f"cogworks:{name}: {error}") from error
    raise InputError(f"cogworks:{name}: no such architecture here; known: {', '.join(NAMES)}")
