"""An encoder of your own."""

import torch
from torch import nn
from torchvision.models import resnet18


def build(weights: str | None = None) -> tuple[nn.Module, int]:
    """Return the network and the length of its features."""
    network = resnet18()
    network.fc = nn.Identity()
    if weights is not None:
        network.load_state_dict(torch.load(weights, weights_only=True))
    return network, 512
